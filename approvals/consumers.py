"""The socket of an open page. It says *that* something happened; what, the page asks over HTTP, which checks access."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import Error
from django.urls import path
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string

from accounts.models import User

from . import access, hub, nudge

SIGNED_OUT = 4401
TRY_AGAIN = 1013  # IANA: the page says since when it hears of nothing, and tries again
RECHECK = 20.0  # seconds between two looks at the session and the duties
WAITING = 200  # messages kept for a slow reader; beyond that it is told to look at everything


@dataclass(slots=True)
class Seen:
    """What a person hears of: the checkpoints on which they hold duties, and actions they were asked beside those."""

    person: int | None = None
    checkpoints: set[int] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)


class InboxSocket(AsyncJsonWebsocketConsumer):
    """Sends `{"event", "actions": [ids]}` for checkpoints the person may see.

    `{"event": "all"}` when some were lost.
    """

    async def connect(self) -> None:
        self.seen = Seen()
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING)
        self.tasks: list[asyncio.Task[None]] = []
        self.look = asyncio.Event()
        self.unsubscribe = lambda: None
        await self.accept()
        if not await self._may_stay():
            return
        self.unsubscribe = hub.subscribe(self._hear)
        await hub.started()
        self.tasks = [asyncio.create_task(self._tell()), asyncio.create_task(self._guard())]
        await self.send_json({"event": "all"})  # what happened between the page and this subscription

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: object) -> None:
        """Pages have nothing to say here, and what they say is not even parsed."""

    async def disconnect(self, code: int) -> None:
        self.unsubscribe()
        for task in self.tasks:
            task.cancel()

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("event") == nudge.SIGNED_OUT:
            if message.get("person") == self.seen.person:
                self.look.set()
            return
        actions, checkpoints = message.get("actions", ()), message.get("checkpoints", ())
        people = message.get("people") or {}
        self.seen.actions.update(action for action, ids in people.items() if self.seen.person in ids)
        ids = [
            action
            for action, checkpoint in zip(actions, checkpoints, strict=False)
            if checkpoint in self.seen.checkpoints or action in self.seen.actions
        ]
        if not ids:
            return
        with contextlib.suppress(asyncio.QueueFull):
            self.queue.put_nowait({"event": message.get("event"), "actions": ids})
            return
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait({"event": "all"})

    async def _tell(self) -> None:
        while True:
            await self.send_json(await self.queue.get())

    async def _guard(self) -> None:
        """Close when the session ended, was revoked, or the password changed; say so when hints may have been lost."""
        deaf = False
        while await self._may_stay():
            if deaf or not hub.here().connected:
                await self.send_json({"event": "all"})
            deaf = not hub.here().connected
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.look.wait(), RECHECK)

    async def _may_stay(self) -> bool:
        """Whether the session still is somebody's; else the socket is closed. Nobody can say without the database."""
        try:
            if await self._look():
                return True
            await self.close(SIGNED_OUT)
        except Error:
            await self.close(TRY_AGAIN)
        return False

    async def _look(self) -> bool:
        self.look.clear()  # before the row is read: a hint that comes meanwhile asks for another look
        found = await database_sync_to_async(_seen_in_session)(self.scope["session"].session_key)
        self.seen = found or Seen()
        return found is not None


def _seen_in_session(session_key: str | None) -> Seen | None:
    """Return what the session's person may hear of; None when the session is nobody's any more."""
    store = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
    session = store(session_key).load() if session_key else {}
    if not session.get(BACKEND_SESSION_KEY):
        return None
    user = User.objects.filter(pk=session[SESSION_KEY], is_active=True).first()
    if user is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    beside = {str(action) for action in access.asked_beside(user)}
    return Seen(user.pk, set(access.duties(user, at=timezone.now())), beside)


websocket_urlpatterns = [path("ws/inbox", InboxSocket.as_asgi())]

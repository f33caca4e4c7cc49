"""The reader: takes signed asks from the queue in batches, has them admitted in one transaction, then acknowledges.

In this order, so that a kill at any moment leaves each ask either on record or still in the queue. An ask that is both
is admitted again, and its idempotency key finds it.
"""

import logging
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, connection

from accounts import servers
from accounts.servers import Identity

from .. import delivery, intake, queue
from ..errors import Refusal, SecretFound, TooMany
from ..errors.sealed import SealingKeyMissing
from ..models import State
from ..wire import envelope
from . import BrokerAway, DeadLetter, Intake, Message, letters
from .broker import BrokerIntake
from .patience import Patience
from .stream import StreamIntake
from .turns import Turns

BATCH = 200
PATIENCE = 0.5  # seconds a read waits for the first message; also how long a stop may take
BACKOFF = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = logging.getLogger("placet.queue")

type Read = tuple[Message, intake.Item]


def run(stop: threading.Event) -> None:
    """Read until `stop` is set. Survives a broker and a database that go away, and come back."""
    url = queue.url()
    if not url:
        log.warning("no queue is read: neither BROKER_URL nor REDIS_URL is set")
        return
    failures = 0
    source, patience = Turns(opened(url)), Patience()
    try:
        while not stop.is_set():
            try:
                turn(source, patience=patience)
                failures = 0
            except Exception as error:
                _report(error)
                connection.close()
                with suppress(BrokerAway):
                    source.give_back()
                stop.wait(BACKOFF[min(failures, len(BACKOFF) - 1)])
                failures += 1
    finally:
        source.close()
        connection.close()


def opened(url: str) -> Intake:
    return StreamIntake(url) if queue.is_redis(url) else BrokerIntake(url)


def turn(source: Intake, *, patience: Patience | None = None) -> int:
    """Take one batch through: read, admit, bury, acknowledge. Returns how many messages that were.

    What is one too many for now is neither: it waits for its place.
    """
    messages = source.receive(limit=BATCH, seconds=PATIENCE)
    if messages:
        at, patience = datetime.now(UTC), patience or Patience()
        tried, deferred = patience.hopeless(messages, at=at)
        dead, refused = admit(tried, at=at)
        deferred += patience.put_off(refused, at=at)
        _bury(source, dead, at=at)
        later = {each.message.handle for each in deferred}
        source.forget([message for message in messages if message.handle not in later])
        source.defer(deferred)
    return len(messages)


def admit(messages: Sequence[Message], *, at: datetime) -> tuple[list[DeadLetter], list[tuple[Message, TooMany]]]:
    """Have the messages' asks admitted. Returns what cannot be, as dead letters, and what cannot be yet."""
    good, dead = _read(messages, at=at)
    refused: list[tuple[Message, TooMany]] = []
    answers = _submitted([item for _, item in good], at=at)
    for (message, item), answer in zip(good, answers, strict=True):
        if isinstance(answer, TooMany):
            refused.append((message, answer))
        elif isinstance(answer, SecretFound):
            # Kept with its reason and without its envelope: the dead letters are a store too.
            without = Message(message.handle, b"")
            dead.append(DeadLetter(without, answer.code, _placed(answer), item.server.id))
        elif isinstance(answer, Refusal):
            dead.append(DeadLetter(message, answer.code, answer.message, item.server.id))
        elif isinstance(answer, Exception):
            log.error("an ask cannot be admitted", exc_info=answer)
            dead.append(DeadLetter(message, "internal", type(answer).__name__, item.server.id))
    _owe_again(answers, at=at)
    return dead, refused


def _placed(found: SecretFound) -> str:
    return f"{found.message} Look at {found.pointer}."


def _bury(source: Intake, dead: Sequence[DeadLetter], *, at: datetime) -> None:
    if dead:
        letters.note(dead, at=at)
        source.bury(letters.without_secrets(dead))
        log.warning("buried", extra={"count": len(dead), "code": ", ".join(sorted({each.code for each in dead}))})


def _read(messages: Sequence[Message], *, at: datetime) -> tuple[list[Read], list[DeadLetter]]:
    sealed = [message.envelope for message in messages]
    found = servers.identify_envelopes(sealed, audience=settings.PUBLIC_URL, at=at)
    good, dead = [], []
    for message, who in zip(messages, found, strict=True):
        server = None if isinstance(who, Refusal) else who[0].id
        try:
            good.append((message, _item(message, who)))
        except Refusal as refusal:
            dead.append(DeadLetter(message, refusal.code, refusal.message, server))
        except Exception as error:  # our fault, and of this message alone: the others must not wait behind it
            log.error("an ask cannot be read", exc_info=error)
            dead.append(DeadLetter(message, "internal", type(error).__name__, server))
    return good, dead


def _item(message: Message, who: tuple[Identity, dict] | Refusal) -> intake.Item:
    if isinstance(who, Refusal):
        raise who
    server, claims = who
    key, ask = envelope.read(claims, sealed=len(message.envelope))
    return intake.Item(server, key, ask)


def _submitted(items: Sequence[intake.Item], *, at: datetime) -> Sequence[intake.Answer | Exception]:
    """Admit them together; when the batch fails for a reason of its own, find out whose it was."""
    if not items:
        return []
    try:
        return intake.submit_many(items=items, at=at)
    except Exception as error:
        if _is_weather(error):
            raise
        return [_alone(item, at=at) for item in items]


def _alone(item: intake.Item, *, at: datetime) -> intake.Answer | Exception:
    try:
        return intake.submit_many(items=[item], at=at)[0]
    except Exception as error:
        if _is_weather(error):
            raise
        return error


def _is_weather(error: Exception) -> bool:
    """Whether the database has trouble of its own, away, full or not migrated, or nothing can be sealed: then the asks
    wait where they are.
    """
    if isinstance(error, SealingKeyMissing):
        return True
    return isinstance(error, (DatabaseError, InterfaceError)) and not isinstance(error, (DataError, IntegrityError))


def _owe_again(answers: Iterable[object], *, at: datetime) -> None:
    """Who asks again for what is decided has lost its reply: it is sent again."""
    known = [a.action for a in answers if isinstance(a, intake.Admitted) and not a.new]
    lost = [action.pk for action in known if action.state != State.PENDING]
    if lost:
        delivery.owe_again(action_ids=lost, at=at)


def _report(error: Exception) -> None:
    if isinstance(error, BrokerAway) or _is_weather(error):
        log.warning("the queue waits", extra={"error": type(error).__name__})
    else:
        log.error("the queue stumbled", exc_info=error)

"""The console, as one who asks sees it: submit, wait, act, report. `AsyncConsole` is the same with `await`.

console = Console("https://console.example.org", token=…, pin="jwks.json")
action = console.submit(kind="tool_call", name="refund", arguments={"order": "A1"})
approved = console.wait(action)  # verified and consumed, or an exception
approved.run(refund)             # refund(order="A1"); the outcome is reported
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Self, Unpack

import anyio
import httpx2

from placet import flows
from placet.answers import Answer
from placet.approved import Approved, AsyncApproved, Status
from placet.credentials import chosen, urn
from placet.flows import Call, Flow, Pause, Reply, Tool, Trust
from placet.jws import Signer
from placet.receipts import Floor, MemorySpent, Pin, Spent
from placet.receipts.directory import Source, demanded
from placet.submissions import Action, Asked, Submission, prepare

type PinSource = Pin | Mapping[str, Any] | str | os.PathLike[str]

FIRST_USE = "first-use"


class _Side:
    """What both consoles have: an address, a credential, and what they believe.

    `pin` says whose receipts count: a JWK Set as a mapping or a file, or `"first-use"`, which believes the keys that
    the console shows first, for the life of the process. `issuer` is the console's name in receipts, when it is neither
    in the pin nor the address. `server` is our own name; without it, it is learned from the first receipt that answers
    our ask. `floor` is the least we accept; a `directory` of whose passkeys count makes it level 2. `spent` remembers
    what was used (in memory unless a file is given), `patience` is how many seconds a console may be away before a call
    gives up.
    """

    def __init__(
        self,
        url: str,
        *,
        pin: PinSource,
        token: str | None = None,
        key: Signer | str | os.PathLike[str] | None = None,
        server: str | None = None,
        issuer: str | None = None,
        floor: Floor | None = None,
        directory: Source | None = None,
        spent: Spent | None = None,
        patience: float = 60.0,
    ) -> None:
        self.url = url.rstrip("/")
        self._prefix = httpx2.URL(self.url).path.rstrip("/")
        least, people = demanded(floor, directory)
        self._credential = chosen(token=token, key=key, server=server)
        self.trust = Trust(
            base=self.url, pin=pinned(pin, issuer=issuer, url=self.url), audience=urn(server) if server else None,
            floor=least, directory=people, spent=spent or MemorySpent(), patience=patience,
        )  # fmt: skip

    def _request(self, call: Call) -> dict[str, Any]:
        """The call in the words of the HTTP client."""
        audience = self.trust.pin.issuer if self.trust.pin and self.trust.pin.issuer else self.url
        headers = {"Accept": "application/json"}
        if call.target.startswith("/api/"):
            headers["Authorization"] = self._credential.authorize(
                method=call.method, target=self._prefix + call.target, body=call.body, audience=audience
            )
        if call.body:
            headers["Content-Type"] = "application/json"
        if call.key:
            headers["Idempotency-Key"] = call.key
        timeout = httpx2.Timeout(call.seconds, connect=5.0)
        return {
            "method": call.method, "url": self.url + call.target, "content": call.body or None, "headers": headers,
            "timeout": timeout,
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"


class Console(_Side):
    """A console over blocking HTTP. Threads may share it."""

    def __init__(self, url: str, *, transport: httpx2.BaseTransport | None = None, **terms: Any) -> None:
        super().__init__(url, **terms)
        self._http = httpx2.Client(transport=transport)

    def submit(self, **asked: Unpack[Asked]) -> Action:
        """Put an ask on record; see `Asked` for what it may say. Raises `Refused` when it is no ask, `Unreachable`."""
        return self.send(prepare(**asked))

    def send(self, submission: Submission) -> Action:
        """Put a prepared ask on record. Sent twice it is still one ask."""
        return self._run(flows.submit(submission, trust=self.trust))

    def wait(self, action: Action, *, timeout: float | None = None) -> Approved:
        """Wait for the decision, verify and consume it. Returns what may run.

        Raises `Denied`, `Expired` or `Withdrawn`; `NotVerified` for a receipt that proves nothing; `OutcomeUnknown`
        when the approval was used before; `Unreachable`; and `StillPending` after `timeout` seconds, if given.
        """
        return Approved(self._run(flows.wait(action, trust=self.trust, timeout=timeout)), self)

    def redeem(self, action: Action, receipt: bytes) -> Approved:
        """Verify and consume a receipt that came by another way: a queue, a webhook. Raises what `wait` raises."""
        return Approved(self._run(flows.redeem(action, receipt=receipt, edit=None, trust=self.trust)), self)

    def answer(self, action: Action | str, *, timeout: float | None = None) -> Answer:
        """Wait for what the subject of a released elicitation says on the console (it was asked with `answer`).

        Get the approval first, with `wait`; then this; then report the outcome, after which the console forgets what
        was said. Raises `Unanswered` when the time to answer is over, `StillPending` after `timeout` seconds, `Refused`
        (`not_released`) when it is not approved, `Unreachable`. An answer is not signed.
        """
        return self._run(flows.answer(_id(action), trust=self.trust, timeout=timeout))

    def report(self, action: Action | str, status: Status, note: str | None = None) -> None:
        """Say what came of a used approval: succeeded or failed."""
        self._run(flows.report(_id(action), status=status, note=note, trust=self.trust))

    def tools(self, listed: Sequence[Tool]) -> int:
        """Tell which tools a server lists (at most 500 at once), so that the console's map shows what no rule stops.

        Each is `{"name": …}`, with the digest of its definition as `dig` if it is known. Returns how many of the names
        are on record. It lets nothing through and holds nothing.
        """
        return self._run(flows.tools(listed, trust=self.trust))

    def withdraw(self, action: Action | str) -> str:
        """Take a pending ask back. Returns the state it ended in: somebody may have decided it just before."""
        return self._run(flows.withdraw(_id(action), trust=self.trust))

    def read(self, action: Action | str) -> dict[str, Any]:
        """The action as the console tells it. Nothing here is verified."""
        return self._run(flows.read(_id(action), trust=self.trust))

    def directory(self) -> dict[str, Any]:
        """People, roles and passkeys as the console tells them. Pin them only over a way you trust."""
        return self._run(flows.directory(trust=self.trust))

    def actions(self, *, session: str | None = None, state: str | None = None) -> Iterator[dict[str, Any]]:
        """Your own actions as the console tells them, newest first. Nothing here is verified."""
        cursor: str | None = None
        while True:
            page = self._run(flows.page(session=session, state=state, cursor=cursor, trust=self.trust))
            yield from page["items"]
            if not (cursor := page["next"]):
                return

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _run[Result](self, flow: Flow[Result]) -> Result:
        reply: Reply | None = None
        try:
            while True:
                match flow.send(reply):
                    case Call() as call:
                        reply = self._exchange(call)
                    case Pause(seconds):
                        time.sleep(seconds)
                        reply = None
        except StopIteration as end:
            return end.value

    def _exchange(self, call: Call) -> Reply | None:
        try:
            response = self._http.request(**self._request(call))
        except httpx2.TransportError:
            return None
        return Reply(response.status_code, response.headers, response.content)


class AsyncConsole(_Side):
    """A console over awaited HTTP, on asyncio or trio."""

    def __init__(self, url: str, *, transport: httpx2.AsyncBaseTransport | None = None, **terms: Any) -> None:
        super().__init__(url, **terms)
        self._http = httpx2.AsyncClient(transport=transport)

    async def submit(self, **asked: Unpack[Asked]) -> Action:
        """See `Console.submit`."""
        return await self.send(prepare(**asked))

    async def send(self, submission: Submission) -> Action:
        """See `Console.send`."""
        return await self._run(flows.submit(submission, trust=self.trust))

    async def wait(self, action: Action, *, timeout: float | None = None) -> AsyncApproved:
        """See `Console.wait`."""
        return AsyncApproved(await self._run(flows.wait(action, trust=self.trust, timeout=timeout)), self)

    async def redeem(self, action: Action, receipt: bytes) -> AsyncApproved:
        """See `Console.redeem`."""
        return AsyncApproved(await self._run(flows.redeem(action, receipt=receipt, edit=None, trust=self.trust)), self)

    async def answer(self, action: Action | str, *, timeout: float | None = None) -> Answer:
        """See `Console.answer`."""
        return await self._run(flows.answer(_id(action), trust=self.trust, timeout=timeout))

    async def report(self, action: Action | str, status: Status, note: str | None = None) -> None:
        """See `Console.report`."""
        await self._run(flows.report(_id(action), status=status, note=note, trust=self.trust))

    async def tools(self, listed: Sequence[Tool]) -> int:
        """See `Console.tools`."""
        return await self._run(flows.tools(listed, trust=self.trust))

    async def withdraw(self, action: Action | str) -> str:
        """See `Console.withdraw`."""
        return await self._run(flows.withdraw(_id(action), trust=self.trust))

    async def read(self, action: Action | str) -> dict[str, Any]:
        """See `Console.read`."""
        return await self._run(flows.read(_id(action), trust=self.trust))

    async def directory(self) -> dict[str, Any]:
        """See `Console.directory`."""
        return await self._run(flows.directory(trust=self.trust))

    async def actions(self, *, session: str | None = None, state: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """See `Console.actions`."""
        cursor: str | None = None
        while True:
            page = await self._run(flows.page(session=session, state=state, cursor=cursor, trust=self.trust))
            for action in page["items"]:
                yield action
            if not (cursor := page["next"]):
                return

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def _run[Result](self, flow: Flow[Result]) -> Result:
        reply: Reply | None = None
        try:
            while True:
                match flow.send(reply):
                    case Call() as call:
                        reply = await self._exchange(call)
                    case Pause(seconds):
                        await anyio.sleep(seconds)
                        reply = None
        except StopIteration as end:
            return end.value

    async def _exchange(self, call: Call) -> Reply | None:
        try:
            response = await self._http.request(**self._request(call))
        except httpx2.TransportError:
            return None
        return Reply(response.status_code, response.headers, response.content)


def pinned(source: PinSource, *, issuer: str | None, url: str | None) -> Pin | None:
    """The pin, or None when it is to be made on first use."""
    if source == FIRST_USE:
        return None
    if isinstance(source, Mapping):
        pin = Pin(source, issuer=issuer)
    else:
        pin = source if isinstance(source, Pin) else Pin.file(source, issuer=issuer)
    pin.issuer = pin.issuer or url
    return pin


def _id(action: Action | str) -> str:
    return action.id if isinstance(action, Action) else action

"""The same asks over a message broker: signed envelopes go in, receipts come back, what gets lost is asked for again.

    queue = Queue("redis://…", server="shop", key="shop.pem", pin="jwks.json", issuer="https://console.example.org")
    submission = queue.submit(name="refund", arguments={"order": "A1"})
    approved = queue.wait(submission)

With a `console`, an approval is also consumed online, and lost replies are read there. Without one, this process's own
`spent` file is what keeps an approval from being used twice, so it has to be one that survives. Needs the extra
`placet[queue]` (Redis) or `placet[kombu]` (other brokers).
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self, Unpack

from placet import envelopes, receipts
from placet.approved import Approved, Status
from placet.console import Console, pinned
from placet.credentials import urn
from placet.errors import NotVerified, OutcomeUnknown, StillPending, Unreachable
from placet.jws import Signer
from placet.lines import Reply, opened
from placet.receipts import Expected, FileSigner, Floor, MemorySpent, Pin, Spent
from placet.receipts.directory import Source, demanded
from placet.submissions import Action, Asked, Submission, identifier, prepare

ENVELOPE_TYPE = "placet-envelope+jwt"
#: An ask may wait this long for a console that is down. Read twice, it is still one ask.
ENVELOPE_SECONDS = 86_400
#: Seconds without a reply after which it counts as lost, and is asked for.
LOST_AFTER = 30.0
GLANCE = 1.0

logger = logging.getLogger("placet")


class Queue:
    """One server's asks and receipts on a broker. Threads may share it."""

    def __init__(
        self,
        url: str,
        *,
        server: str,
        key: Signer | str | os.PathLike[str],
        pin: Pin | Mapping[str, Any] | str | os.PathLike[str],
        issuer: str | None = None,
        console: Console | None = None,
        floor: Floor | None = None,
        directory: Source | None = None,
        spent: Spent | None = None,
        lost_after: float = LOST_AFTER,
    ) -> None:
        if console is None and (spent is None or isinstance(spent, MemorySpent)):
            raise TypeError(
                "Without a console, give spent=SqliteSpent(…): it alone keeps an approval from running twice."
            )
        found = pinned(pin, issuer=issuer, url=console.url if console else None)
        if found is None or not found.issuer:
            raise TypeError("Give the console's name: as issuer=, or in the pin.")
        self._pin = found
        self._signer = FileSigner.load(key) if isinstance(key, str | os.PathLike) else key
        self._urn, self._console = urn(server), console
        self._floor, self._directory = demanded(floor, directory)
        self._spent, self._lost_after = spent or MemorySpent(), lost_after
        self._line = opened(url, server=server)
        self._turn = threading.Lock()
        self._replies: dict[str, Reply | None] = {}

    def submit(self, **asked: Unpack[Asked]) -> Submission:
        """Hand an ask to the broker; see `Asked`. Whether it is one is only known from the reply."""
        submission = prepare(**asked)
        self.send([submission])
        return submission

    def send(self, submissions: Iterable[Submission]) -> None:
        """Hand prepared asks to the broker, all in one go. Sent twice they are still the same asks."""
        submissions = list(submissions)
        for submission in submissions:
            self._replies.setdefault(submission.key)
        self._line.put([self._sealed(submission) for submission in submissions])

    def wait(self, submission: Submission, *, timeout: float | None = None) -> Approved:
        """Wait for the receipt, verify it and use it up. Returns what may run; raises what `Console.wait` raises."""
        until = time.monotonic() + timeout if timeout is not None else float("inf")
        while True:
            reply = self._awaited(submission.key, until=min(until, time.monotonic() + self._lost_after))
            if reply is not None:
                return self._redeemed(submission, reply)
            if time.monotonic() >= until:
                raise StillPending("the ask is not decided yet")
            if found := self._asked_again(submission, until=until):
                return found

    def close(self) -> None:
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _sealed(self, submission: Submission) -> bytes:
        now = int(time.time())
        claims = {
            "iss": self._urn, "aud": self._pin.issuer, "iat": now, "exp": now + ENVELOPE_SECONDS, "jti": identifier(),
            "key": submission.key, "ask": submission.value,
        }  # fmt: skip
        return envelopes.seal(claims, typ=ENVELOPE_TYPE, signer=self._signer)

    def _awaited(self, key: str, *, until: float) -> Reply | None:
        """The reply to one ask. Whoever holds the turn reads for everybody."""
        self._replies.setdefault(key)
        while True:
            with self._turn:
                if self._replies[key] is None:
                    self._read(max(0.0, min(GLANCE, until - time.monotonic())))
                if reply := self._replies[key]:
                    del self._replies[key]
                    return reply
            if time.monotonic() >= until:
                return None

    def _read(self, seconds: float) -> None:
        try:
            arrived = self._line.take(seconds=seconds)
        except Unreachable as away:
            logger.warning("the broker is away: %s", away)
            time.sleep(min(GLANCE, seconds))
            return
        for reply in arrived:
            if reply["key"] in self._replies:
                self._replies[reply["key"]] = reply

    def _asked_again(self, submission: Submission, *, until: float) -> Approved | None:
        """The reply seems lost. Ask the console; where there is none, ask the broker: what is decided is told again."""
        try:
            if self._console is None:
                self._line.put([self._sealed(submission)])
                return None
            action = self._console.send(submission)
        except Unreachable as away:
            logger.warning("a lost reply cannot be asked for yet: %s", away)
            return None
        if action.state == "pending":
            return None
        return self._console.wait(action, timeout=max(0.0, min(60.0, until - time.monotonic())))

    def _redeemed(self, submission: Submission, reply: Reply) -> Approved:
        action = Action(reply["action"], submission, reply["state"], datetime.now(UTC))
        receipt = reply["receipt"].encode("ascii", "replace")
        if self._console is not None:
            return self._console.redeem(action, receipt)
        expect = Expected(
            audience=self._urn, kind=submission.kind, effective=submission.effective, action=action.id,
            nonce=submission.nonce, edit=_edit(reply),
        )  # fmt: skip
        terms = {"pin": self._pin, "floor": self._floor, "directory": self._directory}
        verified = receipts.check(receipt, expect=expect, now=time.time(), **terms)
        try:
            receipts.spend(verified, spent=self._spent)
        except NotVerified as error:
            raise OutcomeUnknown(f"action {action.id}: {error.message}") from error
        return Approved(verified, _Mute())


def _edit(reply: Reply) -> dict[str, Any] | None:
    """What came beside the receipt, as what an owner made of the ask; whether it is that, the receipt tells."""
    try:
        said = json.loads(reply.get("edit") or "null")
    except ValueError:
        said = None
    return said if isinstance(said, dict) else None


class _Mute:
    """Stands where no console is: outcomes have nowhere to go."""

    def report(self, action: str, status: Status, note: str | None = None) -> None:
        raise Unreachable("outcomes are reported to a console, and none was given")

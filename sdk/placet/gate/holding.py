"""The conversation with the console about one ask: submit, wait, verify, consume. How it ended comes back as a value.

An approval is consumed when it is decided, not when it is used: the asks of one bundle are decided minutes apart, and
hosts come back when they like. What was consumed is written down at once, used at most once, and reported.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from placet.approved import Status
from placet.canonical import NotCanonical
from placet.console import AsyncConsole
from placet.errors import Denied, NotApproved, NotVerified, OutcomeUnknown, Refused, Unreachable
from placet.gate.answers import Outcome
from placet.gate.memory import Memory
from placet.submissions import Action, Submission, prepare

logger = logging.getLogger("placet.gate")

#: Seconds that last words (a withdrawal, an outcome) may take before the gate goes on without them.
LAST_WORDS = 5.0


class Holding:
    """The asks of one gate process."""

    def __init__(self, console: AsyncConsole, memory: Memory) -> None:
        self.console = console
        self.memory = memory
        self._words: set[asyncio.Task[Any]] = set()

    async def settle(self, ask: Held) -> Outcome:
        """Put an ask on record and wait until it is over, one way or another. Cancelled, it is taken back."""
        try:
            outcome = ask.decided or await self._settled(ask)
            if outcome.released and ask.on_console and outcome.answer is None:
                outcome = self._decided(replace(outcome, answer=await self._answered(outcome.action or "")))
        except asyncio.CancelledError:
            if not ask.left:
                await self.last_words(self._take_back(ask))
            raise
        return outcome

    async def _settled(self, ask: Held) -> Outcome:
        try:
            if ask.action is None:
                ask.action = await self._submitted(ask)
            approved = await self.console.wait(ask.action)
        except (NotApproved, NotCanonical) as no:
            logger.info("an ask was not released: %s", no)
            if isinstance(no, Unreachable) and ask.submission:
                self._later(self._take_back(ask))
            return self._decided(_ended(no, ask.action.id if ask.action else None))
        released = Outcome(
            "released", approved.action, approved.params, approved.edited, result_review=approved.result_review
        )
        return self._decided(released)

    def report(self, outcome: Outcome, status: Status, note: str = "") -> None:
        """Say what came of an approval, without anybody waiting for it."""
        if not outcome.action:
            return
        self.memory.forget(outcome.action)
        if outcome.released:
            self._later(self._reported(outcome.action, status, note))

    async def listed(self, tools: list[dict[str, str]]) -> bool:
        """Tell the console which tools the server lists; whether it heard."""
        try:
            await self.console.tools(tools)
        except (NotApproved, NotCanonical) as lost:
            logger.info("the console was not told which tools there are: %s", lost)
            return False
        return True

    async def clean_up(self) -> None:
        """Withdraw what gate processes that died have left waiting.

        Sending again under the same key tells the id of what they never heard of, or makes it, for this moment.
        """
        for submission in self.memory.unanswered():
            try:
                await self.console.withdraw(await self.console.send(submission))
            except Refused as no:
                logger.info("what was being sent is not wanted: %s", no)
            except NotApproved:
                return
            self.memory.sent(submission.key)
        for action in self.memory.abandoned():
            try:
                await self.console.withdraw(action)
            except Refused as no:
                logger.info("what was left waiting is not there any more: %s", no)
            except NotApproved:
                return
            self.memory.forget(action)

    async def last_words(self, words: Coroutine[Any, Any, None]) -> None:
        """Finish this even while being cancelled, within bounds."""
        await asyncio.wait({self._later(words)}, timeout=LAST_WORDS)

    async def close(self) -> None:
        if self._words:
            await asyncio.wait(self._words, timeout=LAST_WORDS)
        await self.console.close()

    async def _submitted(self, ask: Held) -> Action:
        ask.submission = ask.submission or prepare(**ask.asked)
        self.memory.sending(ask.submission)
        try:
            action = await self.console.send(ask.submission)
        except Refused:
            self.memory.sent(ask.submission.key)
            raise
        self.memory.asked(action, same=ask.same)
        return action

    async def _take_back(self, ask: Held) -> None:
        """Sending again under the same key tells the action's id, also when the first answer never arrived."""
        if ask.submission is None and ask.action is None:
            return
        with contextlib.suppress(NotApproved):
            action = ask.action or await self.console.send(ask.submission)  # type: ignore[arg-type]
            await self.console.withdraw(action)
            self.memory.forget(action.id)
            self.memory.sent(action.submission.key)

    async def _reported(self, action: str, status: Status, note: str) -> None:
        try:
            await self.console.report(action, status, note or None)
        except NotApproved as lost:
            logger.warning("the outcome of action %s was not reported: %s", action, lost)

    async def _answered(self, action: str) -> dict[str, Any]:
        """What the subject answers on the console, as an ElicitResult; `cancel` when there will be no answer."""
        try:
            told = await self.console.answer(action)
        except NotApproved as no:
            logger.info("no answer to action %s: %s", action, no)
            return {"action": "cancel"}
        return {"action": told.action} | ({"content": told.content} if told.content is not None else {})

    def _decided(self, outcome: Outcome) -> Outcome:
        if outcome.action and outcome.ending != "unreachable":
            self.memory.decided(outcome.action, outcome)
        return outcome

    def _later(self, words: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(words)
        self._words.add(task)
        task.add_done_callback(self._words.discard)
        return task


class Held:
    """One ask on its way to a decision. `same` is equal for byte-identical asks of one principal."""

    def __init__(
        self, asked: dict[str, Any], *, same: str, action: Action | None = None, decided: Outcome | None = None
    ) -> None:
        self.asked = asked
        self.same = same
        self.action = action
        self.decided = decided
        self.submission: Submission | None = action.submission if action else None
        self.left = False
        self.outcome: asyncio.Task[Outcome] | None = None

    @property
    def on_console(self) -> bool:
        """Whether its subject answers on the console, once it is released."""
        said = self.asked or (self.submission.value if self.submission else {})
        return said.get("answer") == "console"


#: Denials that no person spoke: the console's rules found nobody to ask.
_UNOWNED = {"no_checkpoint": "no checkpoint covers it", "no_owner": "its checkpoint has no owner"}


def _ended(no: Exception, action: str | None) -> Outcome:
    if isinstance(no, Denied):
        return Outcome(no.decision, action, note=_UNOWNED.get(no.reason, no.note))
    if isinstance(no, Refused):
        return Outcome("refused", action, note=f"{no.code}: {no.detail}"[:300])
    if isinstance(no, NotCanonical):
        return Outcome("refused", action, note=f"{no.code} at {no.pointer or 'the top'}"[:300])
    if isinstance(no, OutcomeUnknown):
        return Outcome("unknown", action)
    if isinstance(no, NotVerified):
        return Outcome("expired" if no.code == "expired" else "refused", action, note=no.message[:300])
    return Outcome("unreachable", action, note=str(no)[:300])

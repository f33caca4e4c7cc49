"""What a caller holds after a yes: the one object that may run, once, and the place to say what came of it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from placet.errors import NotApproved, OutcomeUnknown
from placet.receipts import Verified

logger = logging.getLogger("placet")

type Status = Literal["succeeded", "failed"]


class Approval:
    """Verified, consumed, and used up: what is in here may run, and only that. See `Verified` for the receipt."""

    def __init__(self, verified: Verified) -> None:
        self.verified = verified
        self._ran = False

    @property
    def action(self) -> str:
        """The action's id."""
        return self.verified.action

    @property
    def receipt(self) -> bytes:
        """The receipt, for whoever wants proof later."""
        return self.verified.receipt

    @property
    def method(self) -> str:
        return self.verified.method

    @property
    def params(self) -> dict[str, Any]:
        """The MCP params that may run: the caller's own, or what an owner made of them (`edited`)."""
        return self.verified.params

    @property
    def name(self) -> str:
        """The tool that may run."""
        return self.params["name"]

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments the tool may run with."""
        return self.params.get("arguments", {})

    @property
    def edited(self) -> bool:
        return self.verified.edited

    @property
    def basis(self) -> str:
        """What the yes rests on: `reviewed`, or what your floor takes beside it."""
        return self.verified.basis

    @property
    def result_review(self) -> bool:
        """Whether the policy wants a second yes for what comes of it: submit a sampling's completion before use."""
        return self.verified.result_review

    @property
    def reviewers(self) -> list[str]:
        """Who said yes, as `user:name`."""
        return self.verified.reviewers

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.verified.claims["exp"], tz=UTC)

    def _once(self) -> None:
        if self._ran:
            raise OutcomeUnknown(f"action {self.action} ran before in this process")
        self._ran = True


class Reporter(Protocol):
    def report(self, action: str, status: Status, note: str | None = None) -> None: ...


class AsyncReporter(Protocol):
    async def report(self, action: str, status: Status, note: str | None = None) -> None: ...


class Approved(Approval):
    """An approval from `Console.wait`."""

    def __init__(self, verified: Verified, console: Reporter) -> None:
        super().__init__(verified)
        self._console = console

    def report(self, status: Status, note: str | None = None) -> None:
        """Tell the console what came of it. The same report again changes nothing."""
        self._console.report(self.action, status, note)

    def run[Result](self, function: Callable[..., Result]) -> Result:
        """Call the function with the approved arguments, once, and report how it went."""
        self._once()
        try:
            result = function(**self.arguments)
        except BaseException as error:
            self._tell("failed", type(error).__name__)
            raise
        self._tell("succeeded", None)
        return result

    def _tell(self, status: Status, note: str | None) -> None:
        try:
            self.report(status, note)
        except NotApproved as lost:  # the work is done, or failed, whether or not anybody hears of it
            logger.warning("the outcome of action %s was not reported: %s", self.action, lost)


class AsyncApproved(Approval):
    """An approval from `AsyncConsole.wait`."""

    def __init__(self, verified: Verified, console: AsyncReporter) -> None:
        super().__init__(verified)
        self._console = console

    async def report(self, status: Status, note: str | None = None) -> None:
        """Tell the console what came of it. The same report again changes nothing."""
        await self._console.report(self.action, status, note)

    async def arun[Result](self, function: Callable[..., Result | Awaitable[Result]]) -> Result:
        """Call the function (plain or async) with the approved arguments, once, and report how it went."""
        self._once()
        try:
            result = function(**self.arguments)
            result = await result if inspect.isawaitable(result) else result
        except BaseException as error:
            await self._tell("failed", type(error).__name__)
            raise
        await self._tell("succeeded", None)
        return result

    async def _tell(self, status: Status, note: str | None) -> None:
        try:
            await self.report(status, note)
        except NotApproved as lost:
            logger.warning("the outcome of action %s was not reported: %s", self.action, lost)

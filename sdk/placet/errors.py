"""Every way to be told no. Whatever is raised from this tree, nothing may run."""

from __future__ import annotations

from typing import Literal

type Ending = Literal["denied", "expired", "withdrawn"]


class NotApproved(Exception):
    """The root: there is no approval here, for whatever reason."""


class NotVerified(NotApproved):
    """A receipt that is no permission. `step` is the number of the check that said so, `code` names the reason."""

    def __init__(self, step: int, code: str, message: str) -> None:
        super().__init__(f"step {step}, {code}: {message}")
        self.step = step
        self.code = code
        self.message = message


class Denied(NotVerified):
    """A genuine no: signed by the console, about this very ask. `note` is what the owner wants the server to know."""

    def __init__(self, reason: str, note: str, decision: Ending) -> None:
        super().__init__(8, reason, note or f"the action was {decision}")
        self.reason = reason
        self.note = note
        self.decision = decision


class Expired(Denied):
    """Nobody decided in time. Silence is never yes."""


class Withdrawn(Denied):
    """The server took the ask back."""


class Unreachable(NotApproved):
    """The console did not answer, or not in time. The ask may still be waiting there; nothing was allowed."""


class StillPending(NotApproved):
    """The caller's own patience ended before the decision. The ask still waits; `wait` may be called again."""


class Unanswered(NotApproved):
    """The question was released, and its time is over: nobody answered, or the answer was used and erased."""


class OutcomeUnknown(NotApproved):
    """The approval was used before: by this caller before it died, or by another. It cannot be run a second time."""


class Refused(NotApproved):
    """The console refused the call itself. `code`, `status` and JSON `pointer` are those of its problem (RFC 9457)."""

    def __init__(self, code: str, status: int, detail: str, pointer: str | None = None) -> None:
        super().__init__(f"{code} ({status}): {detail}" + (f" at {pointer}" if pointer else ""))
        self.code = code
        self.status = status
        self.detail = detail
        self.pointer = pointer


def require(holds: bool, step: int, code: str, message: str) -> None:
    """One check of a verification."""
    if not holds:
        raise NotVerified(step, code, message)


def denial(*, decision: Ending, reason: str, note: str) -> Denied:
    """The kind of denial that a decision is."""
    kind = {"expired": Expired, "withdrawn": Withdrawn}.get(decision, Denied)
    return kind(reason, note, decision)

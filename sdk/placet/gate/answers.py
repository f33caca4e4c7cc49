"""What goes back. Pure: an ending in, the protocol's own words out.

| kind | approved | denied | expired, withdrawn, no console, not understood |
|---|---|---|---|
| elicitation | released to the host's user, or answered on the console | `decline` | `cancel` |
| sampling, legacy | forwarded to the host | error -1, "User rejected sampling request" | error -32603 |
| sampling, modern | forwarded to the host | the host's call ends with error -1, no retry | error -32603, no retry |
| link demanded by -32042 | the error passes | the host's call ends readably | the same |
| tool call | run, once | `isError` | `isError` |

Sources: MCP 2025-11-25 and 2026-07-28, client/sampling, client/elicitation, server/tools.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from placet.gate import messages
from placet.submissions import Kind

type Ending = Literal["released", "denied", "expired", "withdrawn", "unreachable", "refused", "unknown"]

#: Our own names in `_meta` and in error data begin with this.
PREFIX = "placet.gate"
#: "User rejected sampling request" in the specification's own example.
REJECTED = -1
PENDING_KEY, STARTED_OVER_KEY = f"{PREFIX}/pending", f"{PREFIX}/started-over"
REFUSED_KEY = f"{PREFIX}/refused"
#: Refusals of the console that only whoever wrote the ask can mend.
_ITS_WORDS = frozenset({"asks_for_secret", "holds_secret", "bad_url", "not_flat"})

_WHY: dict[str, str] = {
    "denied": "it was denied",
    "expired": "nobody decided in time",
    "withdrawn": "the ask was withdrawn",
    "unreachable": "the approval console could not be reached",
    "refused": "the console does not take this ask",
    "unknown": "it is not known what became of an approval that was used before",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an ask ended. Only `released` has params, and those are what may run: the server's own, or an owner's edit.

    `note` is what the owner wants the server to know, or what went wrong; `answer` the ElicitResult that the subject
    gave on the console, where it was to answer there; `result_review` whether the policy wants a completion seen too.
    """

    ending: Ending
    action: str | None = None
    params: dict[str, Any] | None = None
    edited: bool = False
    note: str = ""
    answer: dict[str, Any] | None = None
    result_review: bool = False

    @property
    def released(self) -> bool:
        return self.ending == "released"

    def words(self) -> str:
        """Why it was not released, for whoever reads the refusal."""
        why = _WHY.get(self.ending, self.ending)
        named = f" (approval {self.action})" if self.action else ""
        return f"{why}{named}" + (f": {self.note}" if self.note else "")


def elicitation(outcome: Outcome) -> dict[str, Any]:
    """An ElicitResult for what was not released. Only a person's no is `decline`.

    Where its own words were the reason, `_meta` says so: a form that asks for a secret belongs into URL mode, and its
    server has to learn of it.
    """
    said: dict[str, Any] = {"action": "decline" if outcome.ending == "denied" else "cancel"}
    worded = outcome.ending == "refused" and outcome.note.partition(":")[0] in _ITS_WORDS
    return said | ({"_meta": {REFUSED_KEY: outcome.note}} if worded else {})


def to_server(kind: Kind, identifier: bytes, outcome: Outcome, *, method: str = "") -> bytes:
    """The gate's own answer to a server's request (channels 1, 2 and 4) that was not released."""
    if kind in ("elicitation_form", "elicitation_url"):
        return messages.result(identifier, elicitation(outcome))
    if kind == "tool_call":
        return messages.result(identifier, tool_error(f"The tool did not run: {outcome.words()}."))
    code, why = sampling(outcome)
    return messages.error(identifier, code, why, _data(outcome))


def sampling(outcome: Outcome) -> tuple[int, str]:
    """The code and words of a sampling request, or a completion, that was not released."""
    if outcome.ending == "denied":
        return REJECTED, "User rejected sampling request"
    return messages.INTERNAL_ERROR, f"Sampling was not released: {outcome.words()}"


def tool_error(why: str, *, modern: bool = False, meta: dict[str, Any] | None = None) -> dict[str, Any]:
    """A CallToolResult that says in plain words what did not happen."""
    said: dict[str, Any] = {"content": [{"type": "text", "text": why}], "isError": True}
    return said | ({"resultType": "complete"} if modern else {}) | ({"_meta": meta} if meta else {})


def to_host(method: str, identifier: bytes, why: str, *, code: int = messages.INTERNAL_ERROR, modern: bool = False,
            meta: dict[str, Any] | None = None) -> bytes:  # fmt: skip
    """The end of a host's request that the gate answers itself: a tool's error is for the model, others are errors."""
    if method == "tools/call":
        return messages.result(identifier, tool_error(why, modern=modern, meta=meta))
    return messages.error(identifier, code, why, meta)


def not_released(kinds: Sequence[Kind], outcomes: Sequence[Outcome]) -> tuple[int, str]:
    """Code and words for a host's call that cannot go on, because some of its asks were not released."""
    failed = [(kind, outcome) for kind, outcome in zip(kinds, outcomes, strict=True) if not outcome.released]
    kind, outcome = failed[0]
    if kind in ("sampling", "sampling_result"):
        code, why = sampling(outcome)
        return code, why if code != REJECTED else f"{why}: {outcome.words()}"
    return messages.INTERNAL_ERROR, f"The server's ask was not released: {outcome.words()}."


def pending(actions: Sequence[str]) -> str:
    """The sentence for a host that cannot wait as long as people take."""
    if not actions:
        return (
            "The approval console has not taken this ask yet, so nobody could decide, and nothing has run beyond this "
            "point. Ask again later with exactly the same arguments."
        )
    return (
        f"Pending approval {', '.join(actions)}: a person has to decide first, and nothing has run beyond this point. "
        "Ask again later with exactly the same arguments; the decision will be honoured."
    )


def pending_meta(actions: Sequence[str]) -> dict[str, Any]:
    return {PENDING_KEY: {"actions": list(actions)}}


def _data(outcome: Outcome) -> dict[str, str] | None:
    said = {"action": outcome.action or "", "ending": outcome.ending, "note": outcome.note}
    return {name: text for name, text in said.items() if text}

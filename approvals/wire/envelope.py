"""The queue's dialect: the claims of a signed envelope as an idempotency key and a submission."""

from typing import Any

from placet import canonical

from .. import submission
from ..errors import NotAnAsk, TooLarge
from ..submission import MAX_BYTES, Submission


def read(claims: dict[str, Any], *, sealed: int) -> tuple[str, Submission]:
    """The idempotency key and the ask of an envelope whose signature holds; `sealed` is how many bytes it had.

    The ask is judged as REST judges it, by size too: it counts as many bytes as its canonical form has.
    """
    key, ask = claims.get("key"), claims.get("ask")
    if not isinstance(key, str):
        raise NotAnAsk("wrong_type", "key must be a string.", pointer="/key")
    if sealed > MAX_BYTES and len(canonical.canonical(ask)) > MAX_BYTES:
        raise TooLarge()
    return key, submission.read(ask)

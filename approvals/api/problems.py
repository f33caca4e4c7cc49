"""Every no of the REST door, as RFC 9457 problems: one table from our codes to a status and a title.

A refusal that is not in the table is a bug here and answers 500; it never becomes a verdict.
"""

import json
from collections.abc import Mapping

from ..errors import Refusal, SecretFound, TooMany

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:placet:problem:"

#: Who are you: the credential's codes.
WHO = (
    "unauthenticated", "unknown_token", "revoked_token", "stopped_server", "unknown_key", "revoked_key",
    "bad_signature", "wrong_audience", "bad_claims", "expired_token", "request_mismatch", "replayed_token",
)  # fmt: skip
#: Not strict I-JSON (RFC 7493).
NOT_JSON = (
    "not_utf8", "not_json", "duplicate_key", "not_finite", "lone_surrogate", "noncharacter", "integer_range",
    "too_deep", "wrong_type", "unknown_member",
)  # fmt: skip
#: JSON, but not an ask.
NOT_AN_ASK = (
    *NOT_JSON, "missing_member", "unknown_kind", "wrong_method", "wrong_mode", "bad_length", "bad_character",
    "bad_nonce", "bad_timeout", "bad_url", "not_flat", "bad_sampling_action",
    "bad_digest", "bad_answer",
)  # fmt: skip

#: code -> (status, title). The title says what kind of trouble it is, the detail what to do about it.
TABLE: dict[str, tuple[int, str]] = {
    "bad_idempotency_key": (400, "Bad idempotency key"),
    "missing_idempotency_key": (400, "No idempotency key"),
    "bad_parameter": (400, "Bad parameter"),
    **dict.fromkeys(WHO, (401, "Not authenticated")),
    "not_found": (404, "Not found"),
    "not_decided": (404, "Not decided yet"),
    "method_not_allowed": (405, "Method not allowed"),
    "idempotency_conflict": (409, "Idempotency conflict"),
    "already_terminal": (409, "Already decided"),
    "not_approved": (409, "Not approved"),
    "already_consumed": (409, "Already consumed"),
    "approval_expired": (409, "Approval expired"),
    "not_consumed": (409, "Not consumed"),
    "outcome_conflict": (409, "Outcome conflict"),
    "not_released": (409, "Not released"),
    "answer_over": (410, "Over"),
    "erased": (410, "Erased"),
    "too_large": (413, "Too large"),
    "unsupported_media_type": (415, "Unsupported media type"),
    **dict.fromkeys(NOT_AN_ASK, (422, "Not an ask")),
    "asks_for_secret": (422, "Asks for a secret"),
    "holds_secret": (422, "Holds a secret"),
    "bad_outcome": (422, "Not an outcome"),
    "text_too_long": (422, "Too long"),
    "too_many": (429, "Too many"),
    "internal": (500, "Internal error"),
    "unreadable": (500, "Unreadable"),
    "sealing_key_missing": (503, "Sealing key missing"),
    "not_in_a_head": (503, "Not in a head yet"),
    "overloaded": (503, "Overloaded"),
    "unavailable": (503, "Unavailable"),
}

#: Headers that belong to a status, whatever the code.
HEADERS: dict[int, dict[str, str]] = {401: {"WWW-Authenticate": 'Bearer realm="placet"'}, 503: {"Retry-After": "1"}}


class Problem(Exception):
    """A no, ready to be sent. `code` is stable and public, `pointer` an RFC 6901 path into the body."""

    def __init__(
        self, code: str, detail: str, *, pointer: str | None = None, headers: Mapping[str, str] | None = None,
        more: Mapping[str, str | int] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.code, self.detail, self.pointer, self.more = code, detail, pointer, more or {}
        self.status, self.title = answer_to(code)
        self.headers = {"Content-Type": MEDIA_TYPE, **HEADERS.get(self.status, {}), **(headers or {})}

    @property
    def body(self) -> bytes:
        """The problem document (RFC 9457, section 3)."""
        said = {
            "type": TYPE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **({} if self.pointer is None else {"pointer": self.pointer}),
            **self.more,
        }
        return json.dumps(said).encode()


def answer_to(code: str) -> tuple[int, str]:
    """Status and title of a code; KeyError when the table does not know it."""
    return TABLE[code]


def of(refusal: Refusal) -> Problem:
    """The problem that a verb's refusal is at this door."""
    later = {"Retry-After": str(refusal.seconds)} if isinstance(refusal, TooMany) else None
    return Problem(refusal.code, refusal.message, pointer=refusal.pointer, headers=later, more=_more(refusal))


def _more(refusal: Refusal) -> dict[str, str | int]:
    """Which check found a secret, and at which character; nothing of the secret."""
    if not isinstance(refusal, SecretFound):
        return {}
    return {"rule": refusal.rule} | ({"offset": refusal.offset} if refusal.offset >= 0 else {})

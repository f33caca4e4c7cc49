"""The OpenAPI 3.1 document: what django-ninja knows of the calls, with problems, headers and examples beside it."""

from collections import defaultdict
from functools import lru_cache
from http.client import responses
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import get_schema

from . import problems as table
from . import shapes

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_DESCRIPTION = """A machine asks, a named person answers, and what goes back is a signed receipt.

Every refusal is a problem (RFC 9457) with a stable `code`. Bodies are strict I-JSON (RFC 7493): UTF-8, no duplicate
keys, no NaN, whole numbers up to 2^53-1, at most 64 levels and 256 KiB. `HEAD` works wherever `GET` does."""

_ANY_CALL = (*table.WHO, "overloaded", "unavailable", "internal")

type Extra = dict[str, Any]


def problems(*codes: str) -> Extra:
    """The refusals of one call, by code. Those of any call go without saying here, and are said for every call."""
    by_status: dict[int, list[str]] = defaultdict(list)
    for code in (*codes, *_ANY_CALL):
        by_status[table.answer_to(code)[0]].append(code)
    return {"responses": {status: _refusal(status, known) for status, known in sorted(by_status.items())}}


def _refusal(status: int, codes: list[str]) -> Extra:
    return {
        "description": f"{responses[status]}: {', '.join(codes)}",
        "content": {table.MEDIA_TYPE: {"schema": _PROBLEM}},
    }


def _key(description: str) -> Extra:
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"}
    return {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema, "description": description}


def _body(schema: Extra, example: Extra) -> Extra:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


_KEY = ("missing_idempotency_key", "bad_idempotency_key")
_BODY = ("too_large", "unsupported_media_type")

SUBMIT: Extra = {
    "parameters": [_key("the same key with the same ask gives the same action, whatever was lost on the way")],
    "requestBody": _body({"$ref": "#/components/schemas/Submission"}, shapes.REFUND),
    **problems(*_KEY, "idempotency_conflict", *_BODY, *table.NOT_AN_ASK, "too_many"),
}
LIST: Extra = problems("bad_parameter")
READ: Extra = problems("bad_parameter", "not_found")
RECEIPT: Extra = problems("bad_parameter", "not_found", "not_decided", "not_in_a_head")
RECEIPT["responses"][200] = {
    "description": "The receipt, a compact JWS; with its proof, JSON",
    "content": {
        "application/jose": {"schema": {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}},
        "application/json": {"schema": {"$ref": "#/components/schemas/ProvenReceipt"}},
    },
}
RECEIPT["responses"][304] = {"description": "You have these bytes already"}
PACK: Extra = problems("not_found", "not_decided", "not_in_a_head")
PACK["responses"][200] = {
    "description": "The proof pack (placet.pack.v1): receipt, keys, people, what was shown, the ledger's proof, bytes",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
CONSUME: Extra = {
    "parameters": [_key("names this use; the same key again answers the same")],
    **problems(*_KEY, "not_found", "not_approved", "already_consumed", "approval_expired"),
}
OUTCOME: Extra = {
    "requestBody": _body({"$ref": "#/components/schemas/Outcome"}, {"status": "succeeded", "note": "refund r-17"}),
    **problems(
        "not_found", "not_consumed", "outcome_conflict", *_BODY, "bad_outcome", "text_too_long", *table.NOT_JSON
    ),
}
ANSWER: Extra = problems("bad_parameter", "not_found", "not_released", "answer_over")
TOOLS: Extra = {
    "requestBody": _body(shapes.TOOLS, {"tools": [{"name": "refund"}, {"name": "payout"}]}),
    **problems(*_BODY, "missing_member", "bad_length", "bad_character", "bad_digest", *table.NOT_JSON),
}
WITHDRAW: Extra = problems("not_found", "already_terminal")
HEADS: Extra = problems("bad_parameter", "not_found")
CONSISTENCY: Extra = problems("bad_parameter", "not_found")
PROOF: Extra = problems("bad_parameter", "not_found", "not_decided", "not_in_a_head")
_PROVEN = {"type": "string", "description": "the receipt, a compact JWS"}


@lru_cache(maxsize=2)
def build(api: NinjaAPI, *, origin: str) -> Extra:
    """The whole document, ready to be written as JSON. `origin` is where the console is reached."""
    document = dict(get_schema(api, path_prefix=""))
    document["info"] |= {"description": _DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    document["servers"] = [{"url": origin}]
    schemas = document["components"]["schemas"]
    schemas["Submission"] = shapes.SUBMISSION
    proven = schemas["Proof"]
    schemas["ProvenReceipt"] = {
        **proven, "title": "ProvenReceipt", "properties": {"receipt": _PROVEN, **proven["properties"]},
        "required": ["receipt", *proven["required"]],
    }  # fmt: skip
    for shape in (shapes.Problem, shapes.Outcome):
        schemas[shape.__name__] = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    return document

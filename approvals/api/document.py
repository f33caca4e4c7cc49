"""The OpenAPI 3.1 document: what django-ninja knows of the calls, and the problems, headers and examples it cannot know."""

from functools import lru_cache
from http.client import responses
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import get_schema

from . import problems as table
from . import shapes

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_DESCRIPTION = """A machine asks, a named person answers, and what goes back is a signed receipt.

Every refusal is a problem (RFC 9457) with a stable `code`. Bodies are strict I-JSON (RFC 7493): UTF-8, no duplicate keys, no
NaN, whole numbers up to 2^53-1, at most 64 levels and 256 KiB. `HEAD` works wherever `GET` does."""

type Extra = dict[str, Any]


def problems(*statuses: int) -> Extra:
    """The refusals of one call. 401 and 503 go without saying, and are said for every call."""
    return {"responses": {status: _refusal(status) for status in (*statuses, 503)}}


def _refusal(status: int) -> Extra:
    codes = [code for code, (known, _) in table.TABLE.items() if known == status]
    return {
        "description": f"{responses[status]}: {', '.join(codes)}",
        "content": {table.MEDIA_TYPE: {"schema": _PROBLEM}},
    }


def _key(description: str) -> Extra:
    schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"}
    return {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema, "description": description}


def _body(schema: Extra, example: Extra) -> Extra:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


SUBMIT: Extra = {
    "parameters": [_key("the same key with the same ask gives the same action, whatever was lost on the way")],
    "requestBody": _body({"$ref": "#/components/schemas/Submission"}, shapes.REFUND),
    **problems(400, 401, 409, 413, 415, 422),
}
READ: Extra = problems(400, 401, 404)
RECEIPT: Extra = problems(401, 404)
RECEIPT["responses"][200] = {
    "description": "The receipt, a compact JWS",
    "content": {"application/jose": {"schema": {"type": "string", "pattern": r"^[\w-]+\.[\w-]+\.[\w-]+$"}}},
}
RECEIPT["responses"][304] = {"description": "You have these bytes already"}
CONSUME: Extra = {
    "parameters": [_key("names this use; the same key again answers the same")],
    **problems(400, 401, 404, 409),
}
OUTCOME: Extra = {
    "requestBody": _body({"$ref": "#/components/schemas/Outcome"}, {"status": "succeeded", "note": "refund r-17"}),
    **problems(401, 404, 409, 413, 415, 422),
}


@lru_cache(maxsize=2)
def build(api: NinjaAPI, *, origin: str) -> Extra:
    """The whole document, ready to be written as JSON. `origin` is where the console is reached."""
    document = dict(get_schema(api, path_prefix=""))
    document["info"] |= {"description": _DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}}
    document["servers"] = [{"url": origin}]
    schemas = document["components"]["schemas"]
    schemas["Submission"] = shapes.SUBMISSION
    for shape in (shapes.Problem, shapes.Outcome):
        schemas[shape.__name__] = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    return document

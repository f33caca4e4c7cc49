"""What a grant covers: asks like one that was approved, each argument as it was, bounded above, or left open.

It is a JSON Schema (2020-12) about all of an ask's `params`, and strict: nothing may be missing, nothing may come on
top. Of a tool call, top-level arguments may be widened; asks of other kinds are covered as they were, and no other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jsonschema import Draft202012Validator
from placet import canonical

from accounts.words import said

from ..errors import BadGrant

MOST_BYTES = 32 * 1024  # a grant is read at every ask like it, and its signed statement repeats it
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}

type How = Literal["same", "most", "any"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How far one argument may go: the same value, a number up to `most`, or any value of its type."""

    how: How = "same"
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """One argument of a grant, for a page: `low` and `high` are there for numbers that have a bound."""

    name: str
    how: How
    type: str
    value: Any = None
    low: float | None = None
    high: float | None = None


SAME = Limit()


def arguments(*, kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a grant may widen, by name."""
    return dict(params.get("arguments", {})) if kind == "tool_call" else {}


def schema(*, kind: str, params: Mapping[str, Any], limits: Mapping[str, Limit]) -> bytes:
    """Return the canonical bytes of the schema; BadGrant says which limit makes no sense."""
    open_, unknown = arguments(kind=kind, params=params), set(limits)
    if unknown - open_.keys():
        raise BadGrant(said("This ask has no such argument."), pointer=f"/{sorted(unknown - open_.keys())[0]}")
    members = {name: {"const": value} for name, value in params.items()}
    if open_:
        members["arguments"] = _exactly({n: _limited(n, v, limits.get(n, SAME)) for n, v in open_.items()})
    covers = canonical.canonical(_exactly(members))
    if len(covers) > MOST_BYTES:
        raise BadGrant(said("This ask is too large for a grant: a grant repeats what it covers, in at most 32 KiB."))
    return covers


def covers(covered: bytes, *, params: Mapping[str, Any]) -> bool:
    """Whether an ask with these params is covered."""
    return _validator(covered).is_valid(params)


def bounds(covered: bytes) -> list[Bound]:
    """What stands in the schema, argument by argument; of kinds without arguments, member by member."""
    members = json.loads(covered)["properties"]
    inner = members.get("arguments", {}).get("properties")
    return [_bound(name, said) for name, said in (members if inner is None else inner).items()]


@lru_cache(maxsize=512)
def _validator(covered: bytes) -> Draft202012Validator:
    return Draft202012Validator(json.loads(covered))


def _exactly(members: dict[str, Any]) -> dict[str, Any]:
    """These members, all of them, and no others."""
    return {"type": "object", "properties": members, "required": sorted(members), "additionalProperties": False}


def _limited(name: str, value: Any, limit: Limit) -> dict[str, Any]:
    if limit.how == "same" or value is None:
        return {"const": value}
    if limit.how == "any":
        return {"type": TYPES[type(value)]}
    most = _most(name, value, limit.most)
    return {"type": TYPES[type(value)], "minimum": min(0, value), "maximum": most}


def _most(name: str, value: Any, most: float | None) -> float:
    """The upper bound. The lower is nought, or the value itself if that is less: a payment may not turn round."""
    if type(value) not in (int, float):
        raise BadGrant(said("Only a number can be at most something."), pointer=f"/{name}")
    if most is None or most < value:
        raise BadGrant(
            said("The bound must be a number, and not under the value of this very ask."), pointer=f"/{name}"
        )
    return most


def _bound(name: str, said: dict[str, Any]) -> Bound:
    if "const" in said:
        return Bound(name, "same", TYPES.get(type(said["const"]), "null"), value=said["const"])
    high = said.get("maximum")
    return Bound(name, "any" if high is None else "most", said["type"], low=said.get("minimum"), high=high)

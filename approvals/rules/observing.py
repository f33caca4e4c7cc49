"""What a rule saw of an ask: the values that its condition names, and where the arguments leave its schema."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadPolicy
from . import conditions
from .policies import Rule

MOST = 12  # values of one rule
LONGEST = 160  # characters of one value
_TEXT = re.compile(r"""(?<!\[)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_PATH = re.compile(
    rf"""(?<![\w.])(?:{"|".join(conditions.VARIABLES)})\b(?:\.[A-Za-z_]\w*\b(?!\s*\()|\[(?:"[^"\\]*"|'[^'\\]*'|\d+)\])*"""
)
_MEMBER = re.compile(r"""\.(\w+)|\["([^"]*)"\]|\['([^']*)'\]|\[(\d+)\]""")


@dataclass(frozen=True, slots=True)
class Value:
    """A value by its name, and as short JSON; `there` is False when the ask has no such member."""

    name: str
    text: str = ""
    there: bool = True
    value: Any = None


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where the arguments leave a schema: at which member, which word of the schema, and what that word wants."""

    at: str
    word: str
    wants: str


def values(rule: Rule, known: Mapping[str, Any]) -> list[Value]:
    """The values of the ask that the rule's condition names, in its order, each once."""
    source = _TEXT.sub(lambda match: " " * len(match[0]), rule.when)
    paths = list(dict.fromkeys(match[0] for match in _PATH.finditer(source)))
    return [_value(path, known) for path in paths[:MOST]]


def misfits(rule: Rule, known: Mapping[str, Any]) -> list[Misfit]:
    """Where the arguments leave the rule's schema."""
    if rule.arguments is None:
        return []
    try:
        schema = conditions.schema(rule.arguments)
        if schema.fits(known["args"]):
            return []
    except BadPolicy:
        return []
    errors = sorted(schema.validator.iter_errors(known["args"]), key=lambda error: str(error.json_path))
    return [
        Misfit(
            "/".join(map(str, each.absolute_path)) or "the whole", str(each.validator), _written(each.validator_value)
        )
        for each in errors[:MOST]
    ]


def _value(path: str, known: Mapping[str, Any]) -> Value:
    variable = re.match(r"\w+", path)[0]
    found = known[variable]
    for dotted, double, single, index in _MEMBER.findall(path[len(variable) :]):
        try:
            found = found[int(index)] if index else found[dotted or double or single]
        except (KeyError, IndexError, TypeError):
            return Value(path, there=False)
    plain = found if isinstance(found, str | int | float | dict | list | None) else str(found)
    return Value(path, _written(found), value=plain)


def _written(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

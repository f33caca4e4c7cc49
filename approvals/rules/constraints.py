"""What a rule wants of single arguments, in the few forms that people fill in, and as the JSON Schema it is stored as.

A schema that says more than these forms can is left to experts: `simple` answers None, and nothing is lost.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.words import said

#: How a form may bound an argument, and the words for it.
FORMS = {
    "is": said("is"), "one_of": said("is one of"), "at_most": said("is at most"), "at_least": said("is at least"),
    "under": said("is under"), "over": said("is over"), "like": said("looks like"),
}  # fmt: skip
NUMBERS = {"at_most": "maximum", "at_least": "minimum", "under": "exclusiveMaximum", "over": "exclusiveMinimum"}
MOST = 20
LONGEST_NAME = 100
LONGEST_VALUE = 500
_ANYTHING = "[\\s\\S]*"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,6})?")
_QUOTED = re.compile(r'\s*("(?:[^"\\]|\\.)*")\s*(?:,|\Z)')
_BARE = re.compile(r"([^,]*)(?:,|\Z)")
_WORDS = {"true": True, "false": False, "null": None}


class BadConstraint(Exception):
    """What was typed cannot be read; says why in a sentence, and in which row."""

    def __init__(self, message: str, *, row: int = 0) -> None:
        super().__init__(message)
        self.message, self.row = message, row


@dataclass(frozen=True, slots=True)
class Constraint:
    """One row of the form: the argument's name, one of FORMS, and the value as it is typed."""

    argument: str
    form: str
    value: str


def schema(rows: Sequence[Constraint]) -> dict[str, Any] | None:
    """The JSON Schema that wants all of these, None for no rows. An argument that is bounded has to be there."""
    properties: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        try:
            wanted = _wanted(row)
            bounds = properties.setdefault(row.argument, {})
            if bounds.keys() & wanted.keys() - {"type"} or (bounds and bounds.get("type") != wanted.get("type")):
                raise BadConstraint(
                    said("{name} is bounded in a row above already, and both cannot be kept apart.", name=row.argument)
                )
            bounds |= wanted
        except BadConstraint as bad:
            raise BadConstraint(bad.message, row=number) from bad
    if not properties:
        return None
    return {"type": "object", "properties": properties, "required": list(properties)}


def simple(wanted: dict[str, Any] | None) -> tuple[Constraint, ...] | None:
    """The rows that say exactly this schema; None when no rows do."""
    if wanted is None:
        return ()
    properties = wanted.get("properties")
    if not isinstance(properties, dict) or len(properties) > MOST:
        return None
    try:
        rows = [row for name, bounds in properties.items() for row in _rows(name, bounds)]
        return tuple(rows) if _same(schema(rows), wanted) else None
    except (BadConstraint, AttributeError, TypeError, ValueError):
        return None


def spelt(value: Any) -> str:
    """A value as it is typed into a form: text bare where that is clear, in quotation marks where it is not."""
    if not isinstance(value, str):
        return json.dumps(value)
    clear = value == value.strip() and value and not re.search(r'[",\\]|[^\x20-\U0010ffff]', value)
    return (
        value
        if clear and value not in _WORDS and not _NUMBER.fullmatch(value)
        else json.dumps(value, ensure_ascii=False)
    )


def read(text: str) -> list[Any]:
    """Values as they are typed, apart by commas: 42 is a number, "42" the text, true, false and null themselves."""
    found, position = [], 0
    while position <= len(text):
        quoted = _QUOTED.match(text, position)
        match = quoted or _BARE.match(text, position)
        found.append(_text(quoted[1]) if quoted else _bare(match[1].strip()))
        position = match.end() if match[0].endswith(",") else len(text) + 1
    return found


def _wanted(row: Constraint) -> dict[str, Any]:
    if not row.argument or len(row.argument) > LONGEST_NAME:
        raise BadConstraint(said("Name the argument."))
    if row.form not in FORMS or len(row.value) > LONGEST_VALUE:
        raise BadConstraint(said("Choose how the argument is bounded, in at most 500 characters."))
    if row.form in NUMBERS:
        return {"type": "number", NUMBERS[row.form]: _number(row.value)}
    if row.form == "like":
        return {"type": "string", "pattern": _pattern(row.value)}
    values = read(row.value)
    if row.form == "one_of":
        return {"enum": values}
    if len(values) != 1:
        raise BadConstraint(
            said("Give one value here, or choose “is one of”; a text with a comma stands in quotation marks.")
        )
    return {"const": values[0]}


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text.strip()):
        raise BadConstraint(said("Give a number here, such as 1000 or 99.5."))
    return json.loads(text)


def _pattern(text: str) -> str:
    if not text or text.count("*") > 4:
        raise BadConstraint(said("A pattern has at most four stars, each for any run of characters, such as ACME-*."))
    return f"^{_ANYTHING.join(map(re.escape, text.split('*')))}$"


def _bare(text: str) -> Any:
    if not text or '"' in text:
        raise BadConstraint(said('A value is missing, or its quotation marks are not closed, such as "one, two".'))
    if text in _WORDS:
        return _WORDS[text]
    return json.loads(text) if _NUMBER.fullmatch(text) else text


def _text(quoted: str) -> str:
    try:
        return json.loads(quoted)
    except ValueError as error:
        raise BadConstraint(said("What stands in quotation marks cannot be read.")) from error


def _rows(name: str, bounds: dict[str, Any]) -> list[Constraint]:
    if "const" in bounds:
        return [Constraint(name, "is", spelt(bounds["const"]))]
    if "enum" in bounds:
        return [Constraint(name, "one_of", ", ".join(map(spelt, bounds["enum"])))]
    if "pattern" in bounds:
        typed = "*".join(re.sub(r"\\(.)", r"\1", part) for part in bounds["pattern"][1:-1].split(_ANYTHING))
        return [Constraint(name, "like", typed)]
    forms = {word: form for form, word in NUMBERS.items()}
    return [Constraint(name, forms[word], json.dumps(bounds[word])) for word in bounds if word in forms]


def _same(one: Any, other: Any) -> bool:
    """Whether two documents are the same JSON: 1 is not true, and members have no order."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

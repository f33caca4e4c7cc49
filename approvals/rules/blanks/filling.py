"""What a person typed or ticked, read as values; and blanks as a page shows them, filled in or not yet."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from accounts import words

from .checking import UNANSWERED
from .reading import WHOLE, Blank

LEFT = "-"  # what a page sends for a choice that is left open
_WHOLE = re.compile(r"[+-]?\d{1,16}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?", re.ASCII)
_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?", re.ASCII)
_ABSENT = object()

type Typed = Mapping[str, Sequence[str]]


class NotRead(Exception):
    """What was typed is no such value."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A blank and what stands in it: `text`, or the indexes `chosen`; and what was wrong with that."""

    blank: Blank
    text: str = ""
    chosen: frozenset[str] = frozenset()
    wrong: str = ""


def start(blanks: Sequence[Blank]) -> list[Filled]:
    """The blanks with their defaults filled in."""
    return [_started(blank) for blank in blanks]


def again(blanks: Sequence[Blank], given: Typed, wrong: Mapping[str, str]) -> list[Filled]:
    """The blanks as they were sent, and what was wrong with them."""
    return [
        Filled(blank, _first(given, blank), frozenset(given.get(blank.key, ())), wrong.get(blank.key, ""))
        for blank in blanks
    ]


def typed(blanks: Sequence[Blank], given: Typed) -> tuple[dict[str, Any], dict[str, str]]:
    """Read what was sent: the content, and what could not be read, by key. What was left empty is not in it."""
    content, wrong = {}, {}
    for blank in blanks:
        try:
            value = _READERS.get(blank.control, _read_text)(blank, list(given.get(blank.key, ())))
        except NotRead as error:
            wrong[blank.key] = str(error)
            continue
        if value is not _ABSENT:
            content[blank.name] = value
        elif blank.required:
            wrong[blank.key] = UNANSWERED
    return content, wrong


def _started(blank: Blank) -> Filled:
    value = blank.default
    if value is None:
        return Filled(blank)
    if blank.control == "yes-no":
        return Filled(blank, chosen=frozenset({"yes" if value else "no"}))
    if blank.control in ("one", "many"):
        wanted = value if isinstance(value, list) else [value]
        return Filled(blank, chosen=frozenset(str(at) for at, each in enumerate(blank.choices) if each in wanted))
    return Filled(blank, text=_shown(blank))


def _shown(blank: Blank) -> str:
    """The default as a control takes it; a moment in UTC, without its zone."""
    if blank.control == "moment" and blank.default:
        try:
            moment = datetime.fromisoformat(blank.default.upper()).astimezone(UTC)
        except OverflowError:  # in the year 1, or 9999, and on the other side of it in UTC
            return ""
        return _as_typed(moment.replace(tzinfo=None).isoformat())
    return str(blank.default) if blank.default is not None else ""


def _as_typed(moment: str) -> str:
    """As a browser sends it: to the minute, unless it is more exact, and to the thousandth at most."""
    whole = moment[:23].rstrip("0").removesuffix(".") if "." in moment else moment
    return whole.removesuffix(":00") if len(whole) == len("2026-11-23T10:30:00") else whole


def _first(given: Typed, blank: Blank) -> str:
    return next(iter(given.get(blank.key, ())), "")


def _read_text(blank: Blank, given: list[str]) -> Any:
    text = (given[0] if given else "").replace("\r\n", "\n")
    if blank.control != "long" and blank.control != "text":
        text = text.strip()
    return text if text or blank.default == "" else _ABSENT


def _read_moment(blank: Blank, given: list[str]) -> Any:
    text = (given[0] if given else "").strip()
    if not text:
        return _ABSENT
    if blank.default and _as_typed(text) == _shown(blank):
        return blank.default
    if _LOCAL.fullmatch(text):
        return f"{text.replace(' ', 'T')}{':00' if len(text) == 16 else ''}Z"
    return text


def _read_integer(blank: Blank, given: list[str]) -> Any:
    text = (given[0] if given else "").strip()
    if not text:
        return _ABSENT
    if not _WHOLE.fullmatch(text) or abs(int(text)) > WHOLE:
        raise NotRead(words.said("This must be a whole number, in figures."))
    return int(text)


def _read_number(blank: Blank, given: list[str]) -> Any:
    text = (given[0] if given else "").strip()
    if not text:
        return _ABSENT
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise NotRead(words.said("This must be a number, like 12 or 12.5."))
    return int(number) if number.is_integer() and abs(number) <= WHOLE else number


def _read_yes_no(blank: Blank, given: list[str]) -> Any:
    said = given[0] if given else LEFT
    if said not in ("yes", "no", LEFT):
        raise NotRead(words.said("This must be yes or no."))
    return _ABSENT if said == LEFT else said == "yes"


def _read_one(blank: Blank, given: list[str]) -> Any:
    said = given[0] if given else LEFT
    return _ABSENT if said == LEFT else _choice(blank, said)


def _read_many(blank: Blank, given: list[str]) -> Any:
    """Nothing ticked is an answer too, unless so few are not allowed."""
    if not given and not blank.required and blank.rule.get("minItems", 0):
        return _ABSENT
    return [_choice(blank, said) for said in dict.fromkeys(given)]


def _choice(blank: Blank, said: str) -> Any:
    at = int(said) if said.isascii() and said.isdigit() and len(said) <= 4 else len(blank.choices)
    if at >= len(blank.choices):
        raise NotRead(words.said("Choose from what is offered."))
    return blank.choices[at]


_READERS = {
    "moment": _read_moment,
    "integer": _read_integer,
    "number": _read_number,
    "yes-no": _read_yes_no,
    "one": _read_one,
    "many": _read_many,
}

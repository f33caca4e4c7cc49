"""Whether an answer keeps the rules of its form, checked by `jsonschema`, and what to say when it does not."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

if TYPE_CHECKING:
    from .reading import Blank

UNANSWERED = "This needs an answer."
_MAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:[!-~]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FORMS = {
    "email": "This is no mail address, like dana@example.org.",
    "uri": "This is no address, like https://example.org/.",
    "date": "This is no date, like 2026-11-23.",
    "date-time": "This is no moment, like 2026-11-23T10:30:00Z.",
}
_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "string": "text",
    "array": "a list",
}
_BOUNDS = {
    "minLength": "At least {} characters are wanted; this has {}.",
    "maxLength": "At most {} characters are allowed; this has {}.",
    "minItems": "Choose at least {}.",
    "maxItems": "Choose at most {}.",
    "minimum": "At least {} is wanted.",
    "maximum": "At most {} is allowed.",
}
_formats = FormatChecker(formats=())


def _text(check: Callable[[str], object]) -> Callable[[object], bool]:
    """A format speaks of texts; what is none is the type's business."""
    return lambda value: bool(check(value)) if isinstance(value, str) else True


def _is_uri(text: str) -> bool:
    return bool(_URI.fullmatch(text) and urlsplit(text).scheme)


def _is_date(text: str) -> bool:
    return bool(_DATE.fullmatch(text) and date.fromisoformat(text))


def _is_moment(text: str) -> bool:
    return bool(_MOMENT.fullmatch(text) and datetime.fromisoformat(text.upper()))


_formats.checks("email")(_text(lambda text: len(text) <= 254 and _MAIL.fullmatch(text)))
_formats.checks("uri", raises=ValueError)(_text(_is_uri))
_formats.checks("date", raises=ValueError)(_text(_is_date))
_formats.checks("date-time", raises=ValueError)(_text(_is_moment))


def is_right(value: Any, rule: dict[str, Any]) -> bool:
    """Whether one value keeps one blank's rule."""
    return value is not None and Draft202012Validator(rule, format_checker=_formats).is_valid(value)


def problems(blanks: "Sequence[Blank]", content: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with this content: the blank's key (or "" for none of them) -> a sentence."""
    by_name = {blank.name: blank for blank in blanks}
    schema = {
        "type": "object",
        "properties": {name: blank.rule for name, blank in by_name.items()},
        "required": [name for name, blank in by_name.items() if blank.required],
        "additionalProperties": False,
    }
    found: dict[str, str] = {}
    for error in Draft202012Validator(schema, format_checker=_formats).iter_errors(dict(content)):
        if error.validator == "required":
            missing = [name for name in error.validator_value if name not in content]
            found |= {by_name[name].key: UNANSWERED for name in missing}
        elif error.absolute_path:
            found.setdefault(by_name[str(error.absolute_path[0])].key, _said(error))
        else:
            found[""] = "This form does not ask for that."
    return found


def _said(error: ValidationError) -> str:
    wanted = error.validator_value
    if error.validator in _BOUNDS:
        size = len(error.instance) if isinstance(error.instance, str | list) else ""
        return _BOUNDS[error.validator].format(wanted, size)
    if error.validator == "format":
        return _FORMS[wanted]
    if error.validator == "type":
        return f"This must be {_TYPES[wanted]}."
    return "Choose from what is offered."

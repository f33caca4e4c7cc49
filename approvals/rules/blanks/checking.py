"""Whether an answer keeps the rules of its form, checked by `jsonschema`, and what to say when it does not."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from accounts.words import said

if TYPE_CHECKING:
    from .reading import Blank

UNANSWERED = said("This needs an answer.")
_MAIL = re.compile(r"[^\s@\"(),:;<>\[\\\]]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:[!-~]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_FORMS = {
    "email": said("This is no mail address, like dana@example.org."),
    "uri": said("This is no address, like https://example.org/."),
    "date": said("This is no date, like 2026-11-23."),
    "date-time": said("This is no moment, like 2026-11-23T10:30:00Z."),
}
_TYPES = {
    "integer": said("This must be a whole number."),
    "number": said("This must be a number."),
    "boolean": said("This must be yes or no."),
    "string": said("This must be text."),
    "array": said("This must be a list."),
}
_BOUNDS = {
    "minLength": lambda wanted, size: said(
        "At least {wanted} characters are wanted; this has {size}.", wanted=wanted, size=size
    ),
    "maxLength": lambda wanted, size: said(
        "At most {wanted} characters are allowed; this has {size}.", wanted=wanted, size=size
    ),
    "minItems": lambda wanted, size: said("Choose at least {wanted}.", wanted=wanted),
    "maxItems": lambda wanted, size: said("Choose at most {wanted}.", wanted=wanted),
    "minimum": lambda wanted, size: said("At least {wanted} is wanted.", wanted=wanted),
    "maximum": lambda wanted, size: said("At most {wanted} is allowed.", wanted=wanted),
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
            found[""] = said("This form does not ask for that.")
    return found


def _said(error: ValidationError) -> str:
    wanted = error.validator_value
    if error.validator in _BOUNDS:
        size = len(error.instance) if isinstance(error.instance, str | list) else ""
        return _BOUNDS[error.validator](wanted, size)
    if error.validator == "format":
        return _FORMS[wanted]
    if error.validator == "type":
        return _TYPES[wanted]
    return said("Choose from what is offered.")

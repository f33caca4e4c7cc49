"""How a blank becomes a control."""

from django import template
from django.utils.translation import gettext_lazy as _

from approvals.rules.blanks import Blank

register = template.Library()

INPUTS = {
    "email": "email", "url": "url", "date": "date", "moment": "datetime-local", "integer": "number", "number": "number",
}  # fmt: skip
BOUNDS = {
    ("", True, True): _("{least} to {most}"),
    ("", True, False): _("at least {least}"),
    ("", False, True): _("at most {most}"),
    ("characters", True, True): _("{least} to {most} characters"),
    ("characters", True, False): _("at least {least} characters"),
    ("characters", False, True): _("at most {most} characters"),
}
HINTS = {
    "integer": _("a whole number"), "number": _("a number"), "moment": _("in UTC"), "many": _("tick any"),
}  # fmt: skip
FEW = 6  # choices that stand as buttons; more go into a list that opens


@register.filter
def input_type(blank: Blank) -> str:
    return INPUTS.get(blank.control, "text")


@register.filter
def is_few(blank: Blank) -> bool:
    return len(blank.choices) <= FEW


@register.filter
def twice(length: int | None) -> int | str:
    """A browser counts UTF-16 units, the rule characters: of these there may be half as many."""
    return "" if length is None or length > 100_000 else 2 * length


@register.filter
def hint(blank: Blank) -> str:
    """What the rule wants, in words."""
    least, most = blank.least, blank.most
    if blank.control == "many":
        least, most, unit = blank.rule.get("minItems"), blank.rule.get("maxItems"), ""
    else:
        unit = "characters" if blank.rule.get("type") == "string" else ""
    known = (unit, least is not None, most is not None)
    wanted = str(BOUNDS[known]).format(least=least, most=most) if known in BOUNDS else ""
    return ", ".join(words for words in (str(HINTS.get(blank.control, "")), wanted) if words)


@register.filter
def as_text(number: int) -> str:
    return str(number)


@register.filter
def plain_number(number: float) -> str:
    """A bound as an attribute takes it: never with separators."""
    return repr(number)

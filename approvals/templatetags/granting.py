"""What a grant covers, in words. Names and values come from a server: each is drawn as payloads are."""

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from approvals.rules.covering import Bound
from approvals.templatetags.payload import drawn

register = template.Library()

ANY = {
    "string": _("any text"), "integer": _("any whole number"), "number": _("any number"), "boolean": _("yes or no"),
    "array": _("any list"), "object": _("any values"),
}  # fmt: skip


@register.filter
def covered(bound: Bound) -> SafeString:
    """How far one argument may go."""
    if bound.how == "same":
        return format_html(gettext("exactly {value}"), value=drawn(bound.value))
    if bound.how == "any":
        return format_html("<b>{}</b>", ANY[bound.type])
    whole = gettext("any whole number from {low} to <b>{high}</b>")
    words = whole if bound.type == "integer" else gettext("any number from {low} to <b>{high}</b>")
    return format_html(words, low=_number(bound.low), high=_number(bound.high))


def _number(number: float | None) -> str:
    return number_format(number, force_grouping=True) if number is not None else ""


@register.filter
def value_at(values: dict[str, object], name: str) -> object:
    return values.get(name)

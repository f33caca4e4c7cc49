"""What a grant covers, in words. Names and values come from a server: each passes `faithful_text`."""

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from approvals.rules.covering import Bound
from approvals.templatetags.faithful import faithful_text

register = template.Library()

SHOWN = 400  # characters of a value; the ask's own page has all of it
ANY = {
    "string": "any text", "integer": "any whole number", "number": "any number", "boolean": "yes or no",
    "array": "any list", "object": "any values",
}  # fmt: skip


@register.filter
def written(value: object) -> SafeString:
    """A value as JSON, at most 400 characters of it."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= SHOWN:
        return format_html("<code>{}</code>", faithful_text(text))
    words = '<code>{}</code> <span class="quiet">… {} characters, all of them covered as they are</span>'
    return format_html(words, faithful_text(text[:SHOWN]), f"{len(text):,}")


@register.filter
def covered(bound: Bound) -> SafeString:
    """How far one argument may go."""
    if bound.how == "same":
        return format_html("exactly {}", written(bound.value))
    if bound.how == "any":
        return format_html("<b>{}</b>", ANY[bound.type])
    whole = "whole number" if bound.type == "integer" else "number"
    return format_html("any {} from {} to <b>{}</b>", whole, _number(bound.low), _number(bound.high))


def _number(number: float | None) -> str:
    return f"{number:,}" if number is not None else ""


@register.filter
def value_at(values: dict[str, object], name: str) -> object:
    return values.get(name)

"""The way from what no rule maps to the form of the rule that would."""

from urllib.parse import urlencode

from django import template

register = template.Library()


@register.simple_tag
def about(server: str, kind: str, pattern: str) -> str:
    """The query by which the form of a new rule is filled in beforehand."""
    return "?" + urlencode({"server": server, "kind": kind, "pattern": pattern})

"""What pages about the map say of rules and of how they change."""

from typing import Any

import yaml
from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from approvals import changes
from approvals.rules import readings
from approvals.rules.policies import Rule

from .faithful import faithful_text, spoken

register = template.Library()


@register.simple_tag
def acting_alone() -> str:
    """Why nobody confirms what is changed now: `sole` admin, or `off` by setting; "" when somebody does."""
    if not changes.alone(at=timezone.now()):
        return ""
    return "sole" if settings.SECOND_ADMIN else "off"


@register.filter
def duration(seconds: int | str) -> str:
    return readings.time(int(seconds))


@register.filter
def said(rule: Rule) -> SafeString:
    """The heart of a rule."""
    return spoken(readings.sentence(rule))


@register.filter
def as_yaml(document: dict[str, Any]) -> str:
    """A document as the map's file holds it."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


@register.filter
def indented(line: str) -> SafeString:
    """A line of a document: what it is indented by stays as it is, and the rest is made faithful."""
    words = line.lstrip(" ")
    return format_html("{}{}", line[: len(line) - len(words)], faithful_text(words))

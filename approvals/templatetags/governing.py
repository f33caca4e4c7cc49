"""What every page about the map says of how it changes."""

from django import template

from approvals.queries import changes

register = template.Library()


@register.simple_tag
def admins() -> list[str]:
    """The names of all who may change the map: with one alone, nobody confirms."""
    return changes.admins()

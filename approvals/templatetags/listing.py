"""What the template of a list asks of its rows."""

from uuid import UUID

from django import template

from approvals.queries.listing import Group

register = template.Library()


@register.filter
def holds(group: Group, chosen: UUID | None) -> bool:
    """Whether the chosen action is one of these, so that it is not folded away."""
    return any(row.action.pk == chosen for row in group.rows)

"""What became of an ask, and what would, in words."""

from django import template

register = template.Library()

WENT = {
    "approved": "approved by people", "denied": "denied by people", "expired": "expired", "withdrawn": "withdrawn",
    "pending": "still waiting", "glass": "approved by breaking the glass", "allowed": "allowed by a rule",
    "granted": "approved by a grant",
}  # fmt: skip
GOES = {
    "review": "asked of people", "others": "asked of other people", "allow": "allowed by a rule",
    "policy_denied": "denied by a rule", "policy_error": "denied: a condition cannot be evaluated",
    "outside_policy": "denied: outside of every rule", "no_checkpoint": "denied: no checkpoint",
    "no_owner": "denied: nobody could decide it", "not_listed": "denied: not on the server’s list",
}  # fmt: skip


@register.filter
def went(was: str) -> str:
    return WENT.get(was) or GOES.get(was, f"denied: {was.replace('_', ' ')}")


@register.filter
def goes(would: str) -> str:
    return GOES.get(would, f"denied: {would.replace('_', ' ')}")


@register.filter
def manner(way: str) -> str:
    """The colour of a way: red for what is refused, the accent for what goes through."""
    if way in ("approved", "allowed", "granted", "allow", "glass"):
        return "yes"
    return "" if way in ("review", "others", "expired", "withdrawn", "pending") else "no"


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"

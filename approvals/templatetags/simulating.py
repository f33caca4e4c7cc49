"""What became of an ask, and what would, in words."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

register = template.Library()

WENT = {
    "approved": _("approved by people"),
    "denied": _("denied by people"),
    "expired": _("expired"),
    "withdrawn": _("withdrawn"),
    "pending": _("still waiting"),
    "glass": _("approved by breaking the glass"),
    "allowed": _("allowed by a rule"),
    "granted": _("approved by a grant"),
}
GOES = {
    "review": _("asked of people"),
    "others": _("decided by other people, or by more or fewer"),
    "allow": _("allowed by a rule"),
    "policy_denied": _("denied by a rule"),
    "policy_error": _("denied: a condition cannot be evaluated"),
    "outside_policy": _("denied: outside of every rule"),
    "no_checkpoint": _("denied: no checkpoint"),
    "no_owner": _("denied: nobody could decide it"),
    "not_listed": _("denied: not on the server’s list"),
}


@register.filter
def went(was: str) -> str:
    return str(WENT.get(was) or goes(was))


@register.filter
def goes(would: str) -> str:
    return str(GOES.get(would) or gettext("denied: {reason}").format(reason=would.replace("_", " ")))


@register.filter
def manner(way: str) -> str:
    """The colour of a way: red for what is refused, the accent for what goes through."""
    if way in ("approved", "allowed", "granted", "allow", "glass"):
        return "yes"
    return "" if way in ("review", "others", "expired", "withdrawn", "pending") else "no"


@register.filter
def thousands(number: int) -> str:
    return number_format(number, force_grouping=True)

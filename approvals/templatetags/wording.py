"""Codes as words of the page's language, and sentences that rules and verbs made, where a filter needs them plain."""

from django import template
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import words

register = template.Library()

#: What is stored as a code and stands in sentences as a word.
WORDS = {
    "pending": _("pending"), "approved": _("approved"), "denied": _("denied"), "expired": _("expired"),
    "withdrawn": _("withdrawn"), "succeeded": _("succeeded"), "failed": _("failed"),
    "confirmed": _("confirmed"), "applied": _("applied"), "refused": _("refused"),
    "approve": pgettext_lazy("verdict", "approve"), "deny": pgettext_lazy("verdict", "deny"),
    "review": pgettext_lazy("effect", "review"), "allow": pgettext_lazy("effect", "allow"),
    "approval": pgettext_lazy("duty", "approval"), "logging": pgettext_lazy("duty", "logging"),
    "exceptions": pgettext_lazy("duty", "exceptions"), "escalation": pgettext_lazy("duty", "escalation"),
    "break_glass": pgettext_lazy("duty", "breaking the glass"),
    "checkpoint": pgettext_lazy("about", "checkpoint"), "role": pgettext_lazy("about", "role"),
    "server": pgettext_lazy("about", "server"), "token": pgettext_lazy("about", "token"),
    "admin": pgettext_lazy("about", "admin"), "passkey": pgettext_lazy("about", "passkey"),
    "new": pgettext_lazy("how", "new"), "changed": pgettext_lazy("how", "changed"),
    "gone": pgettext_lazy("how", "gone"),
}  # fmt: skip


@register.filter
def in_words(code: str) -> str:
    """A code as a word; another word as it is."""
    return str(WORDS.get(str(code), code))


@register.filter
def told(sentence: str) -> str:
    """A sentence of ours as a plain string, for filters that take one."""
    return words.told(sentence)


@register.filter
def midway(noun: str) -> str:
    """A noun as it stands within a sentence: English writes it small there, other languages as always."""
    return str(noun).lower() if (get_language() or "en").startswith("en") else str(noun)


@register.filter
def times(count: int) -> str:
    """How often: `1 time`, `3 times`."""
    return ngettext("%(count)s time", "%(count)s times", count) % {"count": count}

"""The few sentences that scripts say. English stands in the scripts; another language comes with the page."""

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

register = template.Library()

SENTENCES = (
    _("{count} d"),
    _("{count} h"),
    _("{count} min"),
    _("{count} s"),
    _("Copied"),
    _("What you had typed here before"),
    _("You were writing here, and it was not sent."),
    _("Put it back"),
    _("Forget it"),
    _("Cancelled, or it took too long."),
    _("This browser has no passkeys. Use another one."),
    _("This device has a passkey of yours already."),
    _("Passkeys do not work under this address."),
    _("The passkey could not be used ({name})."),
    _("The console asked to sign something else than this page shows."),
    _("The statement is about another ask."),
    _("This page cannot read back all that it shows. Reload it."),
    _("What would be signed is not what this page shows. Reload it."),
    _("The console did not answer. Reload the page."),
    _("Too many tries. Wait a minute."),
    _("Something went wrong here. Reload the page."),
    _("Nothing was done."),
)


@register.simple_tag
def script_words() -> SafeString:
    """English sentence -> the page's, as data for scripts; nothing where the page is in English."""
    if (get_language() or "en").startswith("en"):
        return mark_safe("")
    return json_script({text: gettext(text) for text in SENTENCES}, "words")

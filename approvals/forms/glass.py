"""Why somebody breaks the glass, and what they had before their eyes."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

REASON_LIMIT = 500


class GlassForm(forms.Form):
    """`cleaned_data` is what the verb takes beside the action and the person."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        error_messages={
            "required": _("Say why it cannot wait for the others."),
            "max_length": format_lazy(_("Keep the reason under {reason_limit} characters."), reason_limit=REASON_LIMIT),
        },
    )
    seen = forms.CharField(max_length=43)

"""What an exceptions owner did about a finding, as the page sends it."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

LIMIT = 1000


class ResolutionForm(forms.Form):
    resolution = forms.CharField(
        max_length=LIMIT,
        error_messages={
            "required": _("Say in a sentence what was done about it."),
            "max_length": format_lazy(_("Keep it to {limit} characters."), limit=f"{LIMIT:,}"),
        },
    )

"""Why somebody erases, and that they know what it means."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

REASON_LIMIT = 400


class EraseForm(forms.Form):
    """`sure` is the second step: the page says first what goes."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        error_messages={
            "required": _("Say why it is erased: the reason stays."),
            "max_length": format_lazy(_("Keep the reason under {reason_limit} characters."), reason_limit=REASON_LIMIT),
        },
    )
    sure = forms.BooleanField(error_messages={"required": _("Tick that you know it cannot be brought back.")})

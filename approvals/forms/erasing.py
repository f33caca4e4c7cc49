"""Why somebody erases, and that they know what it means."""

from django import forms

REASON_LIMIT = 400


class EraseForm(forms.Form):
    """`sure` is the second step: the page says first what goes."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        error_messages={
            "required": "Say why it is erased: the reason stays.",
            "max_length": f"Keep the reason under {REASON_LIMIT} characters.",
        },
    )
    sure = forms.BooleanField(error_messages={"required": "Tick that you know it cannot be brought back."})

"""Why somebody breaks the glass, and what they had before their eyes."""

from django import forms

REASON_LIMIT = 500


class GlassForm(forms.Form):
    """`cleaned_data` is what the verb takes beside the action and the person."""

    reason = forms.CharField(
        max_length=REASON_LIMIT,
        error_messages={
            "required": "Say why it cannot wait for the others.",
            "max_length": f"Keep the reason under {REASON_LIMIT} characters.",
        },
    )
    seen = forms.CharField(max_length=43)

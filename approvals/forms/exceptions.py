"""What an exceptions owner did about a finding, as the page sends it."""

from django import forms

LIMIT = 1000


class ResolutionForm(forms.Form):
    resolution = forms.CharField(
        max_length=LIMIT,
        error_messages={
            "required": "Say in a sentence what was done about it.",
            "max_length": f"Keep it to {LIMIT:,} characters.",
        },
    )

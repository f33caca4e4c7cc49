"""How somebody hands an ask on: to nobody in particular, to a person, to themselves, or to whoever comes next."""

from django import forms

NOTE_LIMIT = 400
ESCALATED = "escalated"


class HandoverForm(forms.Form):
    how = forms.ChoiceField(
        choices=[
            ("wrong_person", "I am the wrong person"), ("reassigned", "Hand over"), ("took_over", "I take this"),
            (ESCALATED, "Escalate now"),
        ]
    )  # fmt: skip
    to = forms.CharField(max_length=150, required=False)
    note = forms.CharField(
        max_length=NOTE_LIMIT,
        required=False,
        error_messages={"max_length": f"Keep the note under {NOTE_LIMIT} characters."},
    )

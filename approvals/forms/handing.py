"""How somebody hands an ask on: to nobody in particular, to a person, to themselves, or to whoever comes next."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

NOTE_LIMIT = 400
ESCALATED = "escalated"


class HandoverForm(forms.Form):
    how = forms.ChoiceField(
        choices=[
            ("wrong_person", _("I am the wrong person")), ("reassigned", _("Hand over")),
            ("took_over", _("I take this")), (ESCALATED, _("Escalate now")),
        ]
    )  # fmt: skip
    to = forms.CharField(max_length=150, required=False)
    note = forms.CharField(
        max_length=NOTE_LIMIT,
        required=False,
        error_messages={
            "max_length": format_lazy(_("Keep the note under {note_limit} characters."), note_limit=NOTE_LIMIT)
        },
    )

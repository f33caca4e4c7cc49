"""A verdict or a comment, as the page of an action sends it."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

LIMIT = 2000
REASON_LIMIT = 400  # a reason travels in the receipt, which has a bound in bytes
OWN_WORDS = "own"
# Kept and sent in English whatever the page's language: they travel in receipts. Pages translate what they show.
_NOT_AGREED = gettext_noop("this was not agreed")
_TOO_MUCH = gettext_noop("it asks for more than the task needs")
_NOT_ASKED = gettext_noop("the person did not ask for this")
REASONS = {
    "tool_call": (
        gettext_noop("the values are wrong"),
        _NOT_AGREED,
        gettext_noop("it may do more than the task needs"),
    ),
    "sampling": (
        gettext_noop("the model must not read all of this"),
        gettext_noop("the prompt tries to steer the model"),
        _NOT_AGREED,
    ),
    "sampling_result": (
        gettext_noop("the server must not get all of this"),
        gettext_noop("the answer is wrong"),
        _NOT_AGREED,
    ),
    "elicitation_form": (_TOO_MUCH, _NOT_ASKED, gettext_noop("the question misleads")),
    "elicitation_url": (gettext_noop("the host is not the one we use"), _NOT_ASKED, _TOO_MUCH),
}


class VerdictForm(forms.Form):
    """One person's verdict. A denial's reason goes to the server: a ready one, or the person's own words."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), ("deny", "Deny")])
    seen = forms.CharField(max_length=43)
    reason = forms.CharField(max_length=200, required=False)
    remark = forms.CharField(
        max_length=LIMIT,
        required=False,
        error_messages={"max_length": format_lazy(_("Keep the note under {limit} characters."), limit=f"{LIMIT:,}")},
    )
    note = forms.CharField(
        max_length=REASON_LIMIT,
        required=False,
        error_messages={
            "max_length": format_lazy(_("Keep the reason under {reason_limit} characters."), reason_limit=REASON_LIMIT)
        },
    )

    @property
    def said(self) -> str:
        """The note as the verb takes it: of a yes the remark; of a no the ready reason, or the person's own words."""
        data = self.cleaned_data
        if data["verdict"] == "approve":
            return data["remark"].strip()
        ready = "" if data["reason"] == OWN_WORDS else data["reason"].strip()
        return ": ".join(words for words in (ready, data["note"].strip()) if words)


class CommentForm(forms.Form):
    text = forms.CharField(
        max_length=LIMIT,
        error_messages={
            "required": _("There is nothing written yet."),
            "max_length": format_lazy(_("Keep a comment under {limit} characters."), limit=f"{LIMIT:,}"),
        },
    )

"""A verdict or a comment, as the page of an action sends it."""

from django import forms

LIMIT = 2000
REASON_LIMIT = 400  # a reason travels in the receipt, which has a bound in bytes
OWN_WORDS = "own"
_NOT_AGREED = "this was not agreed"
_TOO_MUCH = "it asks for more than the task needs"
_NOT_ASKED = "the person did not ask for this"
REASONS = {
    "tool_call": ("the values are wrong", _NOT_AGREED, "it may do more than the task needs"),
    "sampling": ("the model must not read all of this", "the prompt tries to steer the model", _NOT_AGREED),
    "sampling_result": ("the server must not get all of this", "the answer is wrong", _NOT_AGREED),
    "elicitation_form": (_TOO_MUCH, _NOT_ASKED, "the question misleads"),
    "elicitation_url": ("the host is not the one we use", _NOT_ASKED, _TOO_MUCH),
}


class VerdictForm(forms.Form):
    """One person's verdict. A denial's reason goes to the server: a ready one, or the person's own words."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), ("deny", "Deny")])
    seen = forms.CharField(max_length=43)
    reason = forms.CharField(max_length=200, required=False)
    remark = forms.CharField(
        max_length=LIMIT, required=False, error_messages={"max_length": f"Keep the note under {LIMIT:,} characters."}
    )
    note = forms.CharField(
        max_length=REASON_LIMIT,
        required=False,
        error_messages={"max_length": f"Keep the reason under {REASON_LIMIT} characters."},
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
            "required": "There is nothing written yet.",
            "max_length": f"Keep a comment under {LIMIT:,} characters.",
        },
    )

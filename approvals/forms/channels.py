"""How somebody wants to be reached, and when not."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ChatForm(forms.Form):
    address = forms.CharField(
        max_length=2048, label=_("Address of the incoming webhook"),
        error_messages={"required": _("Paste the address that your chat gave you.")},
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "https://"}),
    )  # fmt: skip


class QuietForm(forms.Form):
    """Both ends or none. The same time twice is no time at all."""

    quiet_from = forms.TimeField(required=False, label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}))
    quiet_until = forms.TimeField(required=False, label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}))

    def clean(self) -> dict[str, object]:
        said = super().clean() or {}
        begins, ends = said.get("quiet_from"), said.get("quiet_until")
        if not self.errors and (begins is None) != (ends is None):
            raise forms.ValidationError(_("Say both when they begin and when they end, or clear both."))
        if begins is not None and begins == ends:
            raise forms.ValidationError(_("They end when they begin. Say another end, or clear both."))
        return said

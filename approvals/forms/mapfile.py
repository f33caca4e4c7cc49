"""A file of the map, pasted or chosen from a disk."""

from typing import Any, override

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MOST = 900_000  # characters; what a page takes in is bounded


class MapForm(forms.Form):
    """After `is_valid`, `written` is the file's bytes."""

    use_required_attribute = False
    file = forms.FileField(label=_("A file"), required=False, allow_empty_file=True)
    text = forms.CharField(
        label=_("Or paste it"), required=False, strip=False, max_length=MOST, widget=forms.Textarea,
        error_messages={
            "max_length": format_lazy(
                _("A file pasted here has at most {most} characters. Use the command instead."), most=f"{MOST:,}"
            )
        },
    )  # fmt: skip
    note = forms.CharField(label=_("Why"), required=False, max_length=1000)

    @override
    def clean(self) -> dict[str, Any]:
        """What was chosen from a disk is shown as text from then on, so that it can be looked at and proposed."""
        chosen = self.cleaned_data.get("file")
        if chosen:
            try:
                shown = self.data.copy()
                shown["text"] = chosen.read(4 * MOST).decode()
                self.data = shown
            except UnicodeDecodeError:
                self.add_error("file", _("This file is not UTF-8 text."))
        elif not self.cleaned_data.get("text", "").strip() and "text" not in self.errors:
            self.add_error("text", _("Choose a file, or paste one."))
        return self.cleaned_data

    @property
    def written(self) -> bytes:
        return self.data["text"].replace("\r\n", "\n").encode()

"""What stands beside a rule: an ask to try it on, the words it is proposed with, and a moment to look back at."""

import json
from typing import Any, override

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.words import told

from ...errors import Refusal
from ..people import WORDS, Moment
from .rows import text


class TrialForm(forms.Form):
    """The ask a rule is tried on. After `is_valid`, `params` and `signals` are what the JSON says."""

    use_required_attribute = False
    trial_name = text(_("Name it asks for"), most=256)
    trial_server = text(_("Server that asks"), most=64)
    trial_params = text(_("Arguments, as JSON"), most=20_000, widget=forms.Textarea)
    trial_signals = text(_("Signals, as JSON"), most=8_000, widget=forms.Textarea)
    trial_subject = text(_("On behalf of"), most=256)

    @override
    def clean(self) -> dict[str, Any]:
        for field in ("trial_params", "trial_signals"):
            if field not in self.errors:
                self.cleaned_data[field] = self._object(field)
        return self.cleaned_data

    @property
    def is_filled(self) -> bool:
        """Whether there is an ask at all."""
        return any(self.data.get(name, "").strip() for name in self.fields)

    def _object(self, field: str) -> dict[str, Any]:
        try:
            read = json.loads(self.cleaned_data[field] or "{}")
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            self.add_error(field, _('Write an object in JSON, such as {"amount": 1200}.'))
            return {}
        return read


class ProposeForm(forms.Form):
    """Why a rule is proposed, and from when on it shall hold: at once when nothing is said."""

    use_required_attribute = False
    note = text(_("Why"), most=1000, widget=forms.Textarea(attrs={"rows": 2}))
    effective_at = Moment(label=_("From"))

    def refuse(self, refusal: Refusal) -> None:
        self.add_error((refusal.pointer or "").removeprefix("/"), told(refusal.message))


class ThenForm(forms.Form):
    """A moment, as the reader's zone has it."""

    use_required_attribute = False
    then = Moment(label=_("At"), required=True, error_messages=WORDS | {"required": _("Say at which moment.")})

"""An ask as an author types it, to see whether the rule is about it."""

import json
from typing import Any, override

from django import forms

from .rows import text


class TrialForm(forms.Form):
    """The ask a rule is tried on. After `is_valid`, `params` and `signals` are what the JSON says."""

    trial_name = text("Name", most=256)
    trial_server = text("Server", most=64)
    trial_params = text("Arguments, as JSON", most=20_000, widget=forms.Textarea)
    trial_signals = text("Signals, as JSON", most=8_000, widget=forms.Textarea)
    trial_subject = text("On behalf of", most=256)

    @override
    def clean(self) -> dict[str, Any]:
        for field in ("trial_params", "trial_signals"):
            if field not in self.errors:
                self.cleaned_data[field] = self._object(field)
        return self.cleaned_data

    def _object(self, field: str) -> dict[str, Any]:
        try:
            read = json.loads(self.cleaned_data[field] or "{}")
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            self.add_error(field, 'Write an object in JSON, such as {"amount": 1200}.')
            return {}
        return read

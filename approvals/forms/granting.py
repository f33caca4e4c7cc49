"""The terms of a grant as a person chooses them: of each argument how far it may go, how often, and for how long."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from placet import canonical

from accounts.words import counted, told

from ..errors import Refusal
from ..rules import covering
from ..rules.policies import GrantBounds

HOWS = {"same": _("exactly this value"), "most": _("a number of at most"), "any": _("any value of its type")}
LASTS = {
    3600: _("1 hour"),
    8 * 3600: _("8 hours"),
    86_400: _("1 day"),
    7 * 86_400: _("7 days"),
    30 * 86_400: _("30 days"),
}
UNITS = (
    (86_400, lambda count: counted("{count} day", "{count} days", count=count)),
    (3600, lambda count: counted("{count} hour", "{count} hours", count=count)),
    (60, lambda count: counted("{count} minute", "{count} minutes", count=count)),
    (1, lambda count: counted("{count} second", "{count} seconds", count=count)),
)


class GrantForm(forms.Form):
    """Fields of arguments are numbered in the order of their names, because names are foreign text."""

    uses = forms.IntegerField(label=_("Uses in all"), min_value=1, initial=1)
    seconds = forms.TypedChoiceField(label=_("Ends after"), coerce=int)
    per_hour = forms.IntegerField(label=_("Uses within an hour"), min_value=1, initial=1)

    def __init__(self, data: Any = None, *, arguments: Mapping[str, Any], bounds: GrantBounds) -> None:
        super().__init__(data)
        self.names = sorted(arguments)
        self.fields["uses"].widget.attrs["max"] = bounds.uses
        self.fields["seconds"].choices = _lasts(bounds.seconds)
        for number, name in enumerate(self.names):
            self._add(number, name, arguments[name])

    @property
    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField | None]]:
        """Each argument's name, how far it may go, and (of numbers) up to what."""
        found = [(name, f"how-{number}", f"most-{number}") for number, name in enumerate(self.names)]
        return [(name, self[how], self[most] if most in self.fields else None) for name, how, most in found]

    @property
    def limits(self) -> dict[str, covering.Limit]:
        data = self.cleaned_data
        return {
            name: covering.Limit(data[f"how-{number}"], data.get(f"most-{number}"))
            for number, name in enumerate(self.names)
            if data[f"how-{number}"] != "same"
        }

    def refuse(self, refusal: Refusal) -> None:
        """Say the verb's no beside the field that it is about."""
        about = (refusal.pointer or "").removeprefix("/")
        if about in self.names:
            about = f"most-{self.names.index(about)}"
        self.add_error(about if about in self.fields else None, told(refusal.message))

    def _add(self, number: int, name: str, value: Any) -> None:
        numeric = type(value) in (int, float)
        hows = ["same", *(["most"] if numeric else []), *(["any"] if value is not None else [])]
        choices = [(how, HOWS[how]) for how in hows]
        self.fields[f"how-{number}"] = forms.ChoiceField(label=_("Covered"), choices=choices, initial="same")
        if numeric:
            self.fields[f"most-{number}"] = _most(value)


def _most(value: float) -> forms.Field:
    words = {"label": _("At most"), "required": False, "initial": value}
    if type(value) is int:
        return forms.IntegerField(min_value=-canonical.MAX_INTEGER, max_value=canonical.MAX_INTEGER, **words)
    return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **words)


def _lasts(most: int) -> list[tuple[int, str]]:
    """The usual spans that the rule allows, and the longest."""
    usual = {seconds: words for seconds, words in LASTS.items() if seconds < most}
    size, unit = next((size, unit) for size, unit in UNITS if most % size == 0)
    longest = told(unit(most // size))
    return [*usual.items(), (most, longest)]

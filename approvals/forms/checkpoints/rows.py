"""Fields that come in rows: so many people of a role, bounds of arguments, steps of an escalation."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.words import told

from ...rules import constraints, policies

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_UNIT_CHOICES = [("s", _("seconds")), ("min", _("minutes")), ("h", _("hours")), ("d", _("days"))]
_WHOLE = {
    "invalid": _("Give a whole number."),
    "min_value": _("Give a number from 1 on."),
    "max_value": _("That is too many."),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one sort. A row in which every field of `filled` is empty counts as not there."""

    name: str
    fields: Mapping[str, Callable[[], forms.Field]]
    filled: tuple[str, ...]
    most: int

    def key(self, index: int, field: str) -> str:
        """By which name the browser sends this field of this row."""
        return f"{self.name}_{index}_{field}"

    def count(self, values: Mapping[str, Any]) -> int:
        """How many rows these values are for; an index beyond the bound is not looked for."""
        there = [i for i in range(self.most) if any(self.key(i, field) in values for field in self.fields)]
        return there[-1] + 1 if there else 0

    def read(self, cleaned: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows that are filled in, each with its index among those that were shown."""
        for index in range(self.most):
            row = {field: cleaned.get(self.key(index, field)) for field in self.fields}
            if any(row[field] not in (None, "") for field in self.filled):
                yield index, row

    def initial(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """The values of a form that shows these rows."""
        return {self.key(i, field): value for i, row in enumerate(rows) for field, value in row.items()}


def text(label: str, *, most: int, required: bool = False, **more: Any) -> forms.CharField:
    """A text as it was typed: spaces are part of it."""
    return forms.CharField(
        label=label, max_length=most, required=required, strip=False,
        error_messages={
            "max_length": format_lazy(_("Keep it under {most} characters."), most=most),
            "required": _("This is missing."),
        }, **more,
    )  # fmt: skip


def number(
    label: str, *, most: int = 100_000_000, required: bool = False, initial: int | None = None
) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, required=required, initial=initial,
        error_messages=_WHOLE | {"required": _("This is missing.")},
    )  # fmt: skip


def unit(label: str, *, longest: str = "d") -> forms.ChoiceField:
    choices = _UNIT_CHOICES[: [name for name, words in _UNIT_CHOICES].index(longest) + 1]
    return forms.ChoiceField(label=label, choices=choices, initial="min", required=False)


def seconds(value: int | None, of: str | None) -> int | None:
    """A number and its unit in seconds."""
    return None if value is None or not of else value * UNITS[of]


def split(total: int | None, *, longest: str = "d", otherwise: str = "min") -> tuple[int | None, str]:
    """Seconds as a whole number of the largest unit that divides them."""
    if total is None:
        return None, otherwise
    names = list(UNITS)[: list(UNITS).index(longest) + 1]
    best = next(name for name in reversed(names) if total % UNITS[name] == 0)
    return total // UNITS[best], best


def _role() -> forms.CharField:
    return text(_("Role"), most=policies.MOST_NAME_BYTES, widget=forms.TextInput(attrs={"list": "roles"}))


NEEDS = Rows(
    "need",
    {"count": lambda: number(_("How many people"), most=policies.MOST_NEEDED, initial=1), "role": _role},
    ("role",),
    8,
)
ARGUMENTS = Rows(
    "argument",
    {
        "name": lambda: text(_("Argument"), most=constraints.LONGEST_NAME),
        "form": lambda: forms.ChoiceField(
            label=_("How it is bounded"),
            choices=[(form, told(words)) for form, words in constraints.FORMS.items()],
            initial="is",
            required=False,
        ),
        "value": lambda: text(_("Value"), most=constraints.LONGEST_VALUE),
    },
    ("name", "value"),
    2 * constraints.MOST,
)
STEPS = Rows(
    "step",
    {
        "after": lambda: number(pgettext_lazy("so long after the ask", "After")),
        "unit": lambda: unit(_("Unit of time")),
        "role": _role,
    },
    ("after", "role"),
    5,
)
WATCH = Rows(
    "watch",
    {
        "at": lambda: text(_("Where"), most=200),
        "called": lambda: text(_("Called"), most=40),
        "names": lambda: text(_("Names, one a line"), most=130_000, widget=forms.Textarea(attrs={"rows": 2})),
    },
    ("at", "called", "names"),
    8,
)
LOGGING = Rows("logging", {"role": _role}, ("role",), 8)
EXCEPTIONS = Rows("exceptions", {"role": _role}, ("role",), 8)
ALL = (NEEDS, ARGUMENTS, STEPS, WATCH, LOGGING, EXCEPTIONS)

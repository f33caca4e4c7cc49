"""Who holds a role, who is away, who may change the map: as their pages send it. Times are of the reader's zone."""

from datetime import UTC, datetime, time, timedelta
from typing import override

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MOMENT = "%Y-%m-%dT%H:%M"
#: Beside ISO 8601. With slashes nobody knows which number is the month.
WRITTEN = ("%d.%m.%Y %H:%M",)
WORDS = {
    "invalid": _("Write a day and a time, as 2026-11-27 18:00."),
    "ambiguous_timezone": _("The clocks change then: this time comes twice or not at all. Take one an hour away."),
}
NOTE = 1000


class Moment(forms.DateTimeField):
    """A day and a time of day, as the reader's zone has them."""

    widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local"})

    def __init__(self, **said: object) -> None:
        super().__init__(**{"required": False, "error_messages": WORDS, "input_formats": WRITTEN} | said)

    @override
    def to_python(self, value: object) -> datetime | None:
        """An offset, which no control sends, may lead out of the calendar."""
        try:
            found = super().to_python(value)
            return found and found.astimezone(UTC)
        except forms.ValidationError as error:
            error.message = self.error_messages.get(getattr(error, "code", None) or "", error.message)
            raise
        except OverflowError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class ProposalForm(forms.Form):
    """What every proposal says beside what it changes."""

    note = forms.CharField(max_length=NOTE, required=False, strip=True)
    effective_at = Moment()


class NewRoleForm(forms.Form):
    name = forms.CharField(max_length=150, strip=True)


class MemberForm(forms.Form):
    """Somebody shall hold the role, from then until then."""

    person = forms.CharField(max_length=150, strip=True, error_messages={"required": _("Say who.")})
    starts = Moment()
    until = Moment()


class LeaveForm(forms.Form):
    """Somebody shall hold the role no longer than until then; without a moment, no longer at all."""

    membership = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    until = Moment()


class AbsenceForm(forms.Form):
    """From when until when somebody is away. Who stands in comes beside it, a role each: see `delegates`."""

    LENGTHS = (
        ("today", _("today")),
        ("monday", _("until Monday")),
        ("open", _("until I am back")),
        ("date", _("until")),
    )

    length = forms.ChoiceField(choices=LENGTHS)
    starts = Moment()
    until = Moment()
    note = forms.CharField(max_length=200, required=False, strip=True)

    def clean(self) -> dict[str, object]:
        said = super().clean()
        if said.get("length") == "date" and not said.get("until") and "until" not in self.errors:
            self.add_error("until", _("Say until when."))
        if said.get("starts") and said.get("length") in ("today", "monday"):
            self.add_error("until", _("An absence that begins later needs its end: say until when."))
        return said

    def ends(self, *, at: datetime) -> datetime | None:
        """When the absence ends."""
        said = self.cleaned_data
        if said["length"] == "date":
            return said["until"]
        return ready_ends(at)[said["length"]]


def ready_ends(at: datetime) -> dict[str, datetime | None]:
    """When each of the ready absences ends that starts now: midnight after, midnight before Monday, not yet known."""
    today, zone = timezone.localdate(at), timezone.get_current_timezone()

    def midnight(*, after: int) -> datetime:
        return datetime.combine(today + timedelta(days=after), time(), tzinfo=zone)

    return {"today": midnight(after=1), "monday": midnight(after=7 - today.weekday()), "open": None}

"""What a person may choose for themselves, as the form on their own page sends it."""

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from . import preferences
from .models import User

AREAS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class ChoosingForm(forms.Form):
    """Language, zone, and what an arriving ask may bring. An empty choice goes by the browser."""

    language = forms.ChoiceField(required=False, label=_("Language"))
    time_zone = forms.ChoiceField(required=False, label=_("Time zone"))
    sound = forms.BooleanField(required=False, label=_("Play a sound when an ask arrives"))
    motion = forms.BooleanField(required=False, label=_("Let an ask that arrives move into the list"))

    def __init__(self, *args: Any, person: User, **more: Any) -> None:
        chosen = preferences.of(person)
        kept = {name: getattr(chosen, name) for name in self.base_fields}
        super().__init__(*args, initial=kept, **more)
        self.fields["language"].choices = [("", _("As the browser asks")), *settings.LANGUAGES]
        self.fields["time_zone"].choices = [("", _("As the browser says")), *((name, name) for name in zones())]


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """The zones of places, by their names in the time zone database."""
    return ["UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in AREAS)]

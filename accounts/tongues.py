"""In which language and in whose zone a page is made: as its reader chose, else as their browser says.

Pages only: servers talk to a door that never comes here, and get English and UTC.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from inspect import iscoroutinefunction, markcoroutinefunction

from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from . import preferences
from .models import Preference, User

#: The cookie in which a browser tells its zone; a script of ours writes it.
ZONE = "placet_zone"

type Choice = tuple[str, tzinfo]


class Tongue:
    """Nothing is left behind: what is chosen for one page holds for no other."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        self.waits = iscoroutinefunction(get_response)
        if self.waits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.waits:
            return self._later(request)
        with _made_for(_choice(request)):
            return _marked(self.get_response(request))

    async def _later(self, request: HttpRequest) -> HttpResponseBase:
        with _made_for(await sync_to_async(_choice)(request)):
            return _marked(await self.get_response(request))


def _choice(request: HttpRequest) -> Choice:
    told = preferences.zone_named(request.COOKIES.get(ZONE, ""))
    chosen = _preference(request)
    if told and chosen.person_id and not chosen.seen_zone:
        chosen = preferences.keep(person=chosen.person, seen_zone=request.COOKIES[ZONE])
    zone = preferences.zone_named(chosen.time_zone) or told or preferences.zone(chosen) or UTC
    return _language(chosen.language) or translation.get_language_from_request(request), zone


def _preference(request: HttpRequest) -> Preference:
    """Of who is signed in. Asked of the database only where a page will ask who that is."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return preferences.of(request.user)
    return Preference()


def _language(chosen: str) -> str:
    """What was chosen, as long as there still is a catalogue of it."""
    try:
        return translation.get_supported_language_variant(chosen) if chosen else ""
    except LookupError:
        return ""


@contextmanager
def _made_for(choice: Choice) -> Iterator[None]:
    language, zone = choice
    with translation.override(language), timezone.override(zone):
        yield


def _marked(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Content-Language", translation.get_language())
    patch_vary_headers(response, ("Accept-Language",))
    return response


def learn(request: HttpRequest, person: User) -> None:
    """Whoever signs in is where this browser is, and reads its language: mails and quiet hours go by it."""
    told, known = request.COOKIES.get(ZONE, ""), preferences.of(person)
    seen = {
        "seen_zone": told if preferences.zone_named(told) else known.seen_zone,
        "seen_language": translation.get_language_from_request(request),
    }
    if any(getattr(known, name) != value for name, value in seen.items()):
        preferences.keep(person=person, **seen)


@contextmanager
def speaking_to(person: User) -> Iterator[None]:
    """What is said in here is said in this person's language and zone, whoever asks."""
    known = preferences.of(person)
    with _made_for((_language(preferences.language(known)) or settings.LANGUAGE_CODE, preferences.zone(known) or UTC)):
        yield

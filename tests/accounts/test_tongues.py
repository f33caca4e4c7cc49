"""In which language and in whose zone a page is made."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from accounts import preferences, times, tongues
from accounts.models import User

SUMMER = datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def read(client, **headers):
    return client.get("/you/", headers=headers)


def kept(person):
    return preferences.of(User.objects.get(pk=person.pk))


@pytest.mark.parametrize(
    ("asked", "got"), [("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr,nl", "en"), ("", "en"), ("xx;q=zz", "en"), ("ar", "en")]
)
def test_page_is_in_the_browsers_language_where_there_is_a_catalogue_of_it(client, db, asked, got):
    answer = client.get("/sign-in/", headers={"Accept-Language": asked})
    assert f'<html lang="{got}" dir="ltr"' in answer.text
    assert answer["Content-Language"] == got and "Accept-Language" in answer["Vary"]


def test_what_a_person_chose_goes_before_their_browser(client, alice):
    client.force_login(alice)
    preferences.keep(person=alice, language="de")
    assert '<html lang="de"' in read(client, **{"Accept-Language": "en"}).text
    preferences.keep(person=alice, language="xx")  # a catalogue that is gone
    assert '<html lang="en"' in read(client).text


def test_one_page_leaves_nothing_behind_for_the_next(client, alice):
    client.force_login(alice)
    preferences.keep(person=alice, language="de", time_zone="Asia/Tokyo")
    read(client)
    assert translation.get_language() == "en" and timezone.get_current_timezone_name() == "UTC"


def test_zone_is_what_the_person_chose_else_what_the_browser_says_else_utc(client, alice):
    client.force_login(alice)
    assert 'data-zone="UTC"' in read(client).text
    client.cookies[tongues.ZONE] = "Europe/Berlin"
    assert 'data-zone="Europe/Berlin"' in read(client).text
    assert kept(alice).seen_zone == "Europe/Berlin"
    preferences.keep(person=alice, time_zone="Asia/Tokyo")
    assert 'data-zone="Asia/Tokyo"' in read(client).text


def test_another_browser_is_read_in_its_own_zone_and_changes_nothing(client, alice):
    client.force_login(alice)
    preferences.keep(person=alice, seen_zone="Europe/Berlin")
    client.cookies[tongues.ZONE] = "America/New_York"
    assert 'data-zone="America/New_York"' in read(client).text
    assert kept(alice).seen_zone == "Europe/Berlin"
    del client.cookies[tongues.ZONE]
    assert 'data-zone="Europe/Berlin"' in read(client).text


@pytest.mark.parametrize("told", ["Mars/Olympus", "../../etc/passwd", '"><script>', "x" * 5000])
def test_cookie_that_names_no_zone_is_as_if_absent(client, alice, told):
    client.force_login(alice)
    client.cookies[tongues.ZONE] = told
    answer = read(client)
    assert 'data-zone="UTC"' in answer.text and kept(alice).seen_zone == ""


def test_signing_in_tells_where_and_in_which_language_somebody_is(client, alice):
    client.cookies[tongues.ZONE] = "Europe/Berlin"
    client.post("/sign-in/", {"login": "alice", "password": "alice-password"}, headers={"Accept-Language": "de-DE"})
    found = kept(alice)
    assert (found.seen_zone, found.seen_language) == ("Europe/Berlin", "de")
    assert preferences.language(found) == "de"
    with tongues.speaking_to(alice):
        assert translation.get_language() == "de" and times.clock(SUMMER) == "00:30:05"


def test_moment_is_said_in_the_readers_zone_and_names_it():
    with timezone.override(BERLIN):
        assert times.clock(SUMMER) == "00:30:05" and times.zone_name(SUMMER) == "CEST"
        assert times.exact(SUMMER) == "Thu 2 Jul 2026, 00:30:05 CEST"
        assert times.when(SUMMER, at=SUMMER) == "00:30 today"
        assert times.written(SUMMER) == "2026-07-02T00:30"
    with timezone.override(ZoneInfo("Asia/Kathmandu")):
        assert times.zone_name(SUMMER) == "UTC+05:45"
    assert times.exact(SUMMER) == "Wed 1 Jul 2026, 22:30:05 UTC"


def test_typed_moment_is_of_the_readers_zone():
    with timezone.override(BERLIN):
        assert times.read("2026-07-02T00:30") == SUMMER.replace(second=0)
        assert times.read("2026-07-01T22:30Z") == SUMMER.replace(second=0)
    assert times.read("0001-01-01T00:00+14:00") is None and times.read("soon") is None


def choose(client, **choices):
    return client.post("/you/settings/", choices)


def test_person_chooses_language_zone_sound_and_motion_on_their_own_page(client, alice):
    client.force_login(alice)
    answer = choose(client, language="de", time_zone="Asia/Tokyo", sound="on")
    assert answer.status_code == 302 and answer["Location"] == "/you/#settings"
    found = kept(alice)
    assert (found.language, found.time_zone, found.sound, found.motion) == ("de", "Asia/Tokyo", True, False)
    text = read(client).text
    assert "Ihre Auswahl ist gespeichert." in text and '<option value="de" lang="de" selected>Deutsch</option>' in text
    assert 'data-zone="Asia/Tokyo"' in text
    choose(client)
    found = kept(alice)
    assert (found.language, found.time_zone, found.sound) == ("", "", False)


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"time_zone": "Mars/Olympus"}, {"time_zone": "../passwd"}])
def test_what_nobody_offered_cannot_be_chosen(client, alice, wrong):
    client.force_login(alice)
    choose(client, sound="on", **wrong)
    assert kept(alice).sound is False and kept(alice).language == ""


def test_nobody_chooses_for_somebody_else(client, alice, bob):
    client.force_login(alice)
    choose(client, language="de", person=bob.pk)
    assert kept(bob).language == ""

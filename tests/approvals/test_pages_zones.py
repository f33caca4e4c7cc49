"""Times on pages are of the reader's zone: shown so, named so, and read so where somebody types one."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import preferences
from accounts.models import Absence
from approvals import reviews
from tests.asks import submit

from .browsing import action_page, get, post, words

pytestmark = pytest.mark.django_db

TOKYO = timedelta(hours=9)  # without summer time


@pytest.fixture
def in_tokyo(alice):
    preferences.keep(person=alice, time_zone="Asia/Tokyo")
    return alice


def test_ask_is_timed_in_the_zone_of_who_reads_it(client, refund, shop, in_tokyo, bob, now):
    action = submit(shop, at=now).action
    there = now + TOKYO
    alices, bobs = (get(client, who, action_page(action)).text for who in (in_tokyo, bob))
    stamp = f'<time datetime="{now.isoformat()}" title='
    assert f'{stamp}"{there:%a} {there.day} {there:%b %Y, %H:%M:%S} JST">{there:%H:%M:%S}' in alices
    assert f'{stamp}"{now:%a} {now.day} {now:%b %Y, %H:%M:%S} UTC">{now:%H:%M:%S}' in bobs
    assert "JST" not in bobs


def test_day_that_a_list_is_narrowed_to_is_one_of_the_reader(client, refund, shop, in_tokyo, bob, now):
    late = now.replace(hour=20, minute=0, second=0) - timedelta(days=2)  # the next morning in Tokyo
    action = submit(shop, at=late).action
    reviews.record(action_id=action.pk, reviewer=bob, verdict="deny", note="no", at=late)
    today, tomorrow = (late.date() + timedelta(days=n) for n in (0, 1))
    row = f'id="row-{action.pk}"'

    def found(who, day):
        return row in get(client, who, "/", view="decided", since=day.isoformat(), last=day.isoformat()).text

    assert (found(in_tokyo, today), found(in_tokyo, tomorrow)) == (False, True)
    assert (found(bob, today), found(bob, tomorrow)) == (True, False)
    said = {"since": tomorrow.isoformat(), "last": tomorrow.isoformat(), "format": "csv"}
    taken = b"".join(get(client, in_tokyo, "/decided/export/", **said).streaming_content).decode()
    assert str(action.pk) in taken and f"{late:%Y-%m-%dT%H:%M}" in taken  # the file says UTC, as programs want it


def test_end_of_an_absence_is_typed_in_the_persons_zone(client, refund, in_tokyo, bob):
    assert "Times are JST." in words(get(client, in_tokyo, "/away/"))
    post(client, in_tokyo, "/away/", length="date", until="2030-01-02T08:00", **{"other-0": "bob"})
    assert Absence.objects.get(person=in_tokyo).ends_at == datetime(2030, 1, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize("until", ["2030-03-31T02:30", "2030-10-27T02:30"])
def test_hour_that_the_clock_skips_or_has_twice_is_refused(client, refund, alice, bob, until):
    preferences.keep(person=alice, time_zone="Europe/Berlin")
    answer = post(client, alice, "/away/", length="date", until=until, **{"other-0": "bob"})
    assert answer.status_code == 422 and not Absence.objects.exists()
    assert "The clocks change then" in words(answer) and until in answer.text


@pytest.mark.parametrize(("typed", "taken"), [("04.03.2030 10:00", True), ("03/04/2030 10:00", False)])
def test_a_day_that_could_be_two_days_is_refused(client, refund, alice, bob, typed, taken):
    """A browser that has no such field sends what was typed."""
    answer = post(client, alice, "/away/", length="date", until=typed, **{"other-0": "bob"})
    assert (answer.status_code, Absence.objects.count()) == ((302, 1) if taken else (422, 0))
    assert not taken or Absence.objects.get().ends_at == datetime(2030, 3, 4, 10, tzinfo=UTC)


def test_map_as_of_a_moment_reads_it_where_the_reader_is_and_keeps_it(client, refund, shop, in_tokyo, now):
    there = now + TOKYO - timedelta(minutes=1)
    page = get(client, in_tokyo, "/boundaries/", moment=f"{there:%Y-%m-%dT%H:%M}").text
    assert "That is no earlier moment" not in page and f'value="{there:%Y-%m-%dT%H:%M}"' in page
    ahead = now + TOKYO + timedelta(minutes=5)
    page = get(client, in_tokyo, "/boundaries/", moment=f"{ahead:%Y-%m-%dT%H:%M}").text
    assert "That is no earlier moment" in page and "in JST" in page

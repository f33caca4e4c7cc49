"""What a person chose for themselves, and what holds while they chose nothing."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError

from accounts import preferences
from accounts.models import User
from accounts.reading import Backend

MORNING = datetime(2026, 7, 1, 5, 30, tzinfo=UTC)


def test_person_who_chose_nothing_reads_the_console_as_it_comes(alice):
    found = preferences.of(alice)
    assert (found.language, found.time_zone, found.sound, found.motion) == ("", "", False, False)
    assert preferences.zone(found) is None and not preferences.is_quiet(found, at=MORNING)


def test_a_choice_leaves_the_others_as_they_are(alice, bob):
    preferences.keep(person=alice, language="de", sound=True)
    preferences.keep(person=alice, time_zone="Europe/Berlin")
    kept = preferences.of(User.objects.get(username="alice"))
    assert (kept.language, kept.sound, kept.time_zone) == ("de", True, "Europe/Berlin")
    assert preferences.of(bob).language == ""


def test_nobody_chooses_what_there_is_not(alice):
    with pytest.raises(TypeError, match="password"):
        preferences.keep(person=alice, password="x")


def test_who_comes_in_is_read_together_with_what_they_chose(alice, django_assert_num_queries):
    preferences.keep(person=alice, language="de")
    with django_assert_num_queries(1):
        person = Backend().get_user(alice.pk)
        assert preferences.of(person).language == "de"


def test_who_left_does_not_come_in(alice):
    User.objects.update(is_active=False)
    assert Backend().get_user(alice.pk) is None


def test_chosen_zone_goes_before_the_one_that_was_learnt(alice):
    kept = preferences.keep(person=alice, seen_zone="Asia/Tokyo")
    assert preferences.zone(kept) == ZoneInfo("Asia/Tokyo")
    assert preferences.zone(preferences.keep(person=alice, time_zone="UTC")) == UTC


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "a\0b", "x" * 300, "Europe"]
)
def test_name_of_no_zone_is_none(name):
    assert preferences.zone_named(name) is None


def test_quiet_hours_are_of_the_persons_own_day(alice):
    kept = preferences.keep(
        person=alice, time_zone="Europe/Berlin", quiet_from=time(22), quiet_until=time(7, 30)
    )  # 05:30 UTC is 07:30 in Berlin in summer
    assert not preferences.is_quiet(kept, at=MORNING)
    assert preferences.is_quiet(kept, at=MORNING.replace(minute=29))
    assert preferences.is_quiet(kept, at=MORNING.replace(hour=21))
    kept = preferences.keep(person=alice, quiet_from=time(12), quiet_until=time(13))
    assert preferences.is_quiet(kept, at=MORNING.replace(hour=10)) and not preferences.is_quiet(kept, at=MORNING)


def test_quiet_hours_have_two_ends(alice):
    with pytest.raises(IntegrityError):
        preferences.keep(person=alice, quiet_from=time(22))

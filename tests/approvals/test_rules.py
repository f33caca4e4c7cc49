"""The pure rules: deadlines, ids. No database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import ids, timing

AT = datetime(2026, 11, 23, 7, 0, 0, 900_000, tzinfo=UTC)


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("10m", 600), ("2h", 7200), ("720h", 2592000)])
def test_durations_are_read(text, seconds):
    assert timing.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0s", "5", "5d", "-1s", "1.5h", "721h", " 5m", "5m\n", "٣m"])
def test_what_is_no_duration_is_none(text):
    assert timing.duration(text) is None


@given(st.integers(1, 2592000), st.none() | st.integers(1, 2592000))
def test_a_deadline_is_a_whole_second_after_the_ask_and_within_what_both_allow(policy_seconds, timeout):
    asked = timedelta(seconds=timeout) if timeout else None
    found = timing.deadline(at=AT, policy_seconds=policy_seconds, timeout=asked)
    assert AT < found <= AT + min(timedelta(seconds=policy_seconds), asked or timedelta(days=31))
    assert found.microsecond == 0


@given(st.integers(0, 3599), st.integers(1, 9999))
def test_an_approval_ends_by_the_deadline_within_600_s_and_after_it_began(second, valid_seconds):
    deadline = AT.replace(microsecond=0) + timedelta(hours=1)
    at = AT + timedelta(seconds=second)
    expires = timing.approval_expiry(at=at, valid_seconds=valid_seconds, deadline_at=deadline)
    assert at.replace(microsecond=0) < expires <= min(deadline, at + timedelta(seconds=600))


@given(st.integers(0, 4000), st.binary(min_size=8, max_size=8))
def test_ids_are_uuid7_and_sort_by_time_and_place(place, noise):
    one = ids.uuid7(at=AT, place=place, noise=noise)
    assert one.version == 7 and one.variant == "specified in RFC 4122"
    assert one < ids.uuid7(at=AT, place=place + 1, noise=bytes(8))
    assert ids.uuid7(at=AT, place=4095, noise=noise) < ids.uuid7(
        at=AT + timedelta(milliseconds=1), place=0, noise=bytes(8)
    )

"""The pure rules: matching, deadlines, ids. No database, no clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import ids, matching, timing

AT = datetime(2026, 11, 23, 7, 0, 0, 900_000, tzinfo=UTC)


def rule(number: int, pattern: str, *, server: int | None = None, kind: str = "tool_call") -> matching.Rule:
    return matching.Rule(number, kind, pattern, server)


def best(*rules: matching.Rule, name: str = "refund", server: int = 1) -> int | None:
    found = matching.best(rules, kind="tool_call", name=name, server_id=server)
    return found.policy_id if found else None


def test_a_plain_name_comes_before_a_pattern_and_a_server_before_all():
    assert best(rule(1, "*"), rule(2, "refund"), rule(3, "ref*")) == 2
    assert best(rule(1, "refund"), rule(2, "*", server=1)) == 2
    assert best(rule(1, "*"), rule(2, "ref*"), rule(3, "re*")) == 2
    assert best(rule(2, "re*"), rule(1, "*nd")) == 1, "a tie goes to the older rule"


def test_another_kind_server_or_name_does_not_match():
    assert best(rule(1, "refund", kind="sampling"), rule(2, "refund", server=2), rule(3, "payout")) is None


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("a*b*c", "aXbYc", True), ("a*b*c", "acb", False), ("*", "", True), ("a*a", "a", False), ("a*a", "aa", True),
        ("**", "x", True), ("refund", "Refund", False), ("re.und", "refund", False), ("a*bc*c", "abcc", True),
    ],
)  # fmt: skip
def test_a_star_is_any_run_of_characters_and_nothing_else_is_special(pattern, name, fits):
    assert matching.fits(rule(1, pattern), kind="tool_call", name=name, server_id=1) is fits


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=5), st.text("ab", max_size=12))
def test_matching_agrees_with_regular_expressions(parts, name):
    import re

    expected = re.fullmatch(".*".join(map(re.escape, parts)), name, re.DOTALL) is not None
    assert matching.fits(rule(1, "*".join(parts)), kind="tool_call", name=name, server_id=1) is expected


def test_a_hostile_name_costs_no_time():
    assert not matching.fits(rule(1, "a*a*a*a*b"), kind="tool_call", name="a" * 256, server_id=1)


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

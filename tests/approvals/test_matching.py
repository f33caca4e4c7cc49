"""Names and patterns: what matches, how exact a rule is, and which two could both be the best for one ask."""

import itertools
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import matching

PATTERNS = st.lists(st.text("ab", max_size=3), min_size=1, max_size=4).map("*".join).filter(bool)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("a*b*c", "aXbYc", True), ("a*b*c", "acb", False), ("*", "", True), ("a*a", "a", False), ("a*a", "aa", True),
        ("**", "x", True), ("refund", "Refund", False), ("re.und", "refund", False), ("a*bc*c", "abcc", True),
    ],
)  # fmt: skip
def test_a_star_is_any_run_of_characters_and_nothing_else_is_special(pattern, name, fits):
    assert matching.matches(pattern, name) is fits


@given(PATTERNS, st.text("ab", max_size=12))
def test_matching_agrees_with_regular_expressions(pattern, name):
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None
    assert matching.matches(pattern, name) is expected


def test_a_hostile_name_costs_no_time():
    assert not matching.matches("a*a*a*a*b", "a" * 256)


@given(st.lists(PATTERNS, max_size=12), st.text("ab", max_size=8))
def test_a_shelf_finds_what_matches_and_nothing_else(patterns, name):
    shelf = matching.Shelf()
    for place, pattern in enumerate(patterns):
        shelf.put(pattern, place)
    assert sorted(shelf.meeting(name)) == [n for n, pattern in enumerate(patterns) if matching.matches(pattern, name)]


NAMES = ["".join(letters) for length in range(9) for letters in itertools.product("ab", repeat=length)]


@given(PATTERNS.filter(lambda p: len(p) < 6), PATTERNS.filter(lambda p: len(p) < 6))
def test_two_patterns_overlap_when_some_name_matches_both(one, other):
    common = any(matching.matches(one, name) and matching.matches(other, name) for name in NAMES)
    assert matching.overlap(one, other) is common is matching.overlap(other, one)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("refund", "refund", True), ("refund", "re*", True), ("refund", "payout", False), ("re*", "*nd", True),
        ("re*", "pay*", False), ("*_read", "*_write", False), ("a*b*c", "c*", False), ("a" * 199 + "*", "*b", True),
        ("a" * 199 + "*", "*" + "b" * 199, False),
    ],
)  # fmt: skip
def test_patterns_overlap_or_never_meet(one, other, both):
    """The last two would meet in a name of 398 letters, and no ask has one so long."""
    assert matching.overlap(one, other) is both


def exact(pattern: str, *, server: bool = False, conditional: bool = False, rank: int = 0) -> matching.Exactness:
    return matching.exactness(pattern, server=server, conditional=conditional, rank=rank)


def test_server_then_plain_name_then_letters_then_condition_then_rank():
    order = [
        exact("*", rank=99), exact("*", conditional=True), exact("a*"), exact("a*", rank=1),
        exact("a*", conditional=True), exact("ab*"), exact("ab"), exact("ab", conditional=True),
        exact("*", server=True), exact("ab", server=True),
    ]  # fmt: skip
    assert order == sorted(order)
    words = [matching.why(more, less, name="ab") for less, more in itertools.pairwise(order)]
    assert words == [
        "it has a condition", "its pattern has more letters", "its rank is higher", "it has a condition",
        "its pattern has more letters", "it names ab without a star", "it has a condition", "it names the server",
        "it names ab without a star",
    ]  # fmt: skip


def test_a_name_meets_few_of_ten_thousand_patterns():
    shelf = matching.Shelf()
    for number in range(10_000):
        shelf.put((f"tool_{number}", f"t{number}_*", f"*_n{number}", f"*m{number}m*")[number % 4], number)
    began = time.perf_counter()
    for _ in range(20):
        found = shelf.meeting("t21_x_m7m_n30")
    assert sorted(found) == [7, 21, 30]
    assert (time.perf_counter() - began) / 20 < 0.02, "ten times what it takes on a busy machine"

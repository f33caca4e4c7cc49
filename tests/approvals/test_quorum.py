"""The quorum, as a rule: who still has to say yes, and whose yes would count. No database, no clock."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import quorum
from approvals.rules.policies import Need
from approvals.rules.quorum import Terms, Vote

PAY, DATA = Need(role="payments", count=2), Need(role="data")
BOTH = (PAY, DATA)


def yes(person: str, role: str = "payments", *, for_: str | None = None) -> Vote:
    return Vote(person, for_ or person, role)


def no(person: str, role: str = "payments") -> Vote:
    return Vote(person, person, role, "deny")


def state(terms: Terms, *votes: Vote) -> str:
    return quorum.count(terms, votes).state


def test_two_of_one_role_and_one_of_another():
    assert quorum.count(Terms(BOTH), [yes("a"), yes("c", "data")]) == quorum.Count("pending", (1, 0))
    assert state(Terms(BOTH), yes("a"), yes("b"), yes("c", "data")) == "approved"
    assert state(Terms(BOTH), yes("a"), yes("b"), yes("c")) == "pending", "a third of one role is not one of the other"


def test_one_deny_denies_whatever_was_said_before():
    assert state(Terms(BOTH), yes("a"), yes("b"), no("c", "data")) == "denied"


def test_somebody_and_who_stands_in_for_them_are_one_voice():
    assert state(Terms((PAY,)), yes("a"), yes("d", for_="a")) == "pending"
    assert state(Terms((PAY,)), yes("b"), yes("d", for_="a")) == "approved"


def test_an_escalated_role_counts_for_whatever_lacks():
    terms = Terms(BOTH, escalated=frozenset({"chief"}))
    assert quorum.count(terms, [yes("x", "chief")]).missing == 2
    assert state(terms, yes("x", "chief"), yes("a"), yes("b")) == "approved"
    assert state(terms, yes("x", "chief"), yes("a"), yes("c", "data")) == "approved"
    assert state(Terms(BOTH), yes("x", "chief"), yes("a"), yes("b")) == "pending", (
        "before it was added it counts nothing"
    )


def test_a_sequence_asks_one_need_after_the_other():
    terms = Terms(BOTH, sequential=True)
    said = []
    assert quorum.turn(terms, quorum.count(terms, said)) == ["payments"]
    said = [yes("a"), yes("b")]
    assert quorum.turn(terms, quorum.count(terms, said)) == ["data"]
    assert quorum.turn(terms, quorum.count(terms, [*said, yes("c", "data")])) == []


def test_who_holds_two_roles_counts_for_the_one_that_would_be_missed():
    needs = Terms((Need(role="payments"), Need(role="data")))
    mine = [yes("ab"), yes("ab", "data")]
    assert quorum.best_role(needs, [], mine, {"ab": {"payments", "data"}, "a": {"payments"}}).role == "data"
    assert quorum.best_role(needs, [], mine, {"ab": {"payments", "data"}, "c": {"data"}}).role == "payments"
    assert quorum.best_role(needs, [yes("a")], mine, {}).role == "data"
    assert quorum.best_role(needs, [yes("a"), yes("c", "data")], mine, {}) is None


def test_too_few_people_can_never_do_it_however_many_roles_each_has():
    assert not quorum.satisfiable(Terms(BOTH), {"a": {"payments", "data"}, "b": {"payments", "data"}})
    assert quorum.satisfiable(Terms(BOTH), {"a": {"payments", "data"}, "b": {"payments"}, "c": {"payments"}})
    assert quorum.satisfiable(Terms(BOTH), {"a": {"data"}}, [yes("x"), yes("y")])
    assert not quorum.satisfiable(Terms(BOTH), {"x": {"data"}}, [yes("x"), yes("y")]), "nobody counts twice"


ROLES = ("r0", "r1", "r2")
NEEDS = st.lists(st.tuples(st.sampled_from(ROLES), st.integers(1, 2)), min_size=1, max_size=3, unique_by=lambda n: n[0])
PEOPLE = st.dictionaries(st.integers(0, 5), st.frozensets(st.sampled_from(ROLES), min_size=1), max_size=6)


@given(NEEDS, PEOPLE, st.frozensets(st.sampled_from(ROLES), max_size=1))
def test_people_are_matched_with_needs_as_well_as_anyhow_possible(needs, people, escalated):
    terms = Terms([Need(role=role, count=count) for role, count in needs], escalated=escalated)
    places = [role for role, count in needs for _ in range(count)]
    fits = any(
        all(place in people[who] or people[who] & escalated for who, place in zip(order, places, strict=True))
        for order in permutations(people, len(places))
    )
    assert quorum.satisfiable(terms, people) is fits


@given(
    NEEDS,
    st.lists(
        st.builds(
            Vote, st.integers(0, 4), st.integers(0, 4), st.sampled_from(ROLES), st.sampled_from(["approve", "deny"])
        ),
        max_size=8,
    ),
)
def test_an_approval_has_a_voice_of_its_own_for_every_place(needs, votes):
    terms = Terms([Need(role=role, count=count) for role, count in needs])
    counted = quorum.count(terms, votes)
    said = [vote for vote in votes if vote.verdict == "approve"]
    if counted.state == "approved":
        assert len({vote.authority for vote in said}) >= sum(count for _, count in needs)
        for role, count in needs:
            assert len({vote.authority for vote in said if vote.role == role}) >= count
    assert (counted.state == "denied") == (len(said) < len(votes))
    for vote in said:
        more = quorum.count(terms, [*votes, vote])
        assert more.missing == counted.missing, "the same voice again brings nothing"


@pytest.mark.parametrize("sequential", [False, True])
@given(st.permutations([yes("a"), yes("b"), yes("c", "data")]))
def test_votes_count_the_same_in_any_order(sequential, votes):
    assert state(Terms(BOTH, sequential=sequential), *votes) == "approved"

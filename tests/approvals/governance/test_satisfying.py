"""Whether there are people enough: as if everybody had tried every seating."""

import itertools
import time
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.rules import satisfying
from approvals.rules.policies import Need
from approvals.rules.satisfying import Away, Bench, Voice

ROLES = ("pay", "data", "chief")
voices = st.lists(st.builds(Voice, st.integers(1, 5), st.integers(1, 7)), max_size=5, unique_by=lambda v: v.person)
benches = st.fixed_dictionaries({role: st.builds(lambda each: Bench(tuple(each)), voices) for role in ROLES})
needs = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True).flatmap(
    lambda roles: st.tuples(*[st.builds(Need, role=st.just(role), count=st.integers(1, 2)) for role in roles])
)


def tried(needs, benches, without):
    """Every seating: one voice for each place, no person and no authority twice."""
    seats = [benches[need.role].voices for need in needs for _ in range(need.count)]
    for seating in itertools.product(*seats):
        people, authorities = {v.person for v in seating}, {v.authority for v in seating}
        if len(people) == len(authorities) == len(seats) and not (people | authorities) & without:
            return True
    return False


@given(needs, benches, st.sets(st.integers(1, 7), max_size=2))
@settings(max_examples=150, deadline=None)
def test_what_is_said_to_be_possible_is_possible(needs, benches, without):
    assert (satisfying.shortfall(needs, benches, without=without) is None) == tried(needs, benches, without)


def test_large_roles_and_hopeless_rules_are_told_at_once():
    many = Bench(tuple(Voice(n, n) for n in range(1000)))
    few = Bench(tuple(Voice(n, n) for n in range(6)))
    begun = time.perf_counter()
    assert satisfying.shortfall([Need(role="a", count=6), Need(role="b")], {"a": many, "b": many}) is None
    seven = [Need(role=f"r{n}") for n in range(7)]
    assert "those who hold these roles are 6" in satisfying.shortfall(seven, {f"r{n}": few for n in range(7)})
    assert time.perf_counter() - begun < 1


def test_several_who_are_away_are_counted_with_the_last_return():
    bench = Bench((Voice(1, 1),), (Away("bob", datetime(2026, 11, 27, tzinfo=UTC)), Away("carol")))
    said = satisfying.shortfall([Need(role="pay", count=2)], {"pay": bench})
    assert said == "needs 2 distinct people of pay, it has 3, 2 of them away until further notice"

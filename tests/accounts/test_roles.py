"""Roles: who holds them when, what is refused, and that what was true stays readable."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import absences, errors, roles
from accounts.models import Membership, User

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def names(role: str, at, **how) -> list[str]:
    return [held.username for held in roles.holders([role], at=at, **how)[role]]


def person(name: str) -> User:
    return User.objects.create_user(name)


# ── Windows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_role_is_held_from_its_start_until_its_end(db, now):
    dan = person("dan")
    roles.give(role="night", user=dan, at=now, starts=now + DAY, until=now + 2 * DAY)
    assert [names("night", now + n * DAY) for n in (0, 1, 2)] == [[], ["dan"], []]


def test_giving_what_is_held_already_changes_nothing(alice, now):
    roles.give(role="payments-owner", user=alice, at=now)
    assert alice.memberships.count() == 1


def test_two_windows_of_one_person_may_not_overlap(alice, now):
    with pytest.raises(errors.OverlappingMembership) as refused:
        roles.give(role="payments-owner", user=alice, at=now, starts=now + DAY, until=now + 2 * DAY)
    assert refused.value.code == "overlapping_membership"


def test_a_window_ends_after_it_starts(alice, now):
    with pytest.raises(errors.BadWindow):
        roles.give(role="night", user=alice, at=now, starts=now + DAY, until=now + DAY)


def test_who_was_taken_out_is_still_known_to_have_held_it(alice, bob, now):
    roles.take(role="payments-owner", user=alice, at=now)
    assert names("payments-owner", now) == ["bob"]
    assert names("payments-owner", now - DAY) == ["alice", "bob"]


def test_taking_a_role_also_takes_what_was_planned(alice, now):
    roles.take(role="payments-owner", user=alice, at=now)
    roles.give(role="payments-owner", user=alice, at=now, starts=now + DAY)
    roles.take(role="payments-owner", user=alice, at=now + DAY / 2)
    assert names("payments-owner", now + 2 * DAY) == []
    roles.give(role="payments-owner", user=alice, at=now + DAY)
    assert names("payments-owner", now + 2 * DAY) == ["alice"]


def test_members_are_set_as_a_whole_and_the_past_stays(alice, bob, carol, now):
    first = Membership.objects.get(person=alice)
    wanted = [roles.Window(alice, until=now + DAY), roles.Window(carol, starts=now + DAY)]
    roles.set_members(role="payments-owner", members=wanted, at=now)
    assert names("payments-owner", now - DAY) == ["alice", "bob"]
    assert names("payments-owner", now) == ["alice"]
    assert names("payments-owner", now + DAY) == ["carol"]
    first.refresh_from_db()
    assert first.ends_at == now + DAY, "who stays keeps the row by which they were asked"


def test_setting_the_same_members_again_writes_nothing(alice, bob, now):
    wanted = [roles.Window(alice), roles.Window(bob), roles.Window(bob, starts=None, until=now - DAY)]
    before = list(Membership.objects.order_by("id").values())
    roles.set_members(role="payments-owner", members=[*wanted[:2]], at=now)
    assert list(Membership.objects.order_by("id").values()) == before


def test_members_that_overlap_themselves_are_refused(alice, now):
    twice = [roles.Window(alice), roles.Window(alice, starts=now + DAY)]
    with pytest.raises(errors.OverlappingMembership) as refused:
        roles.set_members(role="payments-owner", members=twice, at=now)
    assert refused.value.pointer == "/members/1"
    assert names("payments-owner", now) == ["alice"]


def test_somebody_without_an_active_account_holds_nothing(alice, bob, now):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert names("payments-owner", now) == ["alice"]


# ── Absences ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def away(who: User, for_them: User | None, at, role: str = "payments-owner", **how):
    return absences.declare(person=who, delegates={role: for_them} if for_them else {}, at=at, **how)


def test_a_delegate_stands_in_while_the_absence_lasts(alice, bob, mallory, now):
    away(alice, mallory, now, starts=now + DAY, until=now + 2 * DAY)
    assert [names("payments-owner", now + n * DAY) for n in (0, 1, 2)] == [
        ["alice", "bob"], ["bob", "mallory"], ["alice", "bob"],
    ]  # fmt: skip
    (stands_in,) = roles.held_by(mallory, at=now + DAY)
    assert (stands_in.role, stands_in.on_behalf_of, stands_in.on_behalf_of_id) == ("payments-owner", "alice", alice.pk)
    assert stands_in.membership_id == alice.memberships.get().pk


def test_without_standing_in_whoever_is_away_holds_the_role_as_usual(alice, bob, mallory, now):
    away(alice, mallory, now)
    assert names("payments-owner", now, standing_in=False) == ["alice", "bob"]
    found = roles.holders(["payments-owner"], at=now, away=True)["payments-owner"]
    assert [(held.username, held.away) for held in found] == [("alice", True), ("bob", False), ("mallory", False)]


def test_it_is_known_until_when_somebody_is_away_or_stands_in(alice, bob, mallory, now):
    away(alice, mallory, now, until=now + DAY)
    found = roles.holders(["payments-owner"], at=now, away=True)["payments-owner"]
    assert [(held.username, held.until) for held in found] == [
        ("alice", now + DAY), ("bob", None), ("mallory", now + DAY),
    ]  # fmt: skip


def test_who_is_a_member_already_stands_in_for_nobody(alice, bob, now):
    away(alice, bob, now)
    (held,) = roles.holders(["payments-owner"], at=now)["payments-owner"]
    assert (held.username, held.on_behalf_of) == ("bob", "")
    assert [h.on_behalf_of for h in roles.held_by(bob, at=now)] == [""]


def test_a_delegate_who_is_away_is_followed_to_theirs_and_no_further_than_three(alice, bob, now):
    chain = [alice, *map(person, ("one", "two", "three", "four"))]
    for who, following in pairwise(chain[:3]):
        away(who, following, now)
    assert names("payments-owner", now) == ["bob", "two"]
    away(chain[2], chain[3], now)
    assert names("payments-owner", now) == ["bob", "three"]
    away(chain[3], chain[4], now)
    assert names("payments-owner", now) == ["bob"]
    assert roles.held_by(chain[4], at=now) == []


def test_a_circle_of_delegates_names_nobody(alice, bob, now):
    away(alice, bob, now)
    away(bob, alice, now)
    assert names("payments-owner", now) == []


def test_an_absence_that_ended_early_has_no_delegate_any_more(alice, bob, mallory, now):
    gone = away(alice, mallory, now, until=now + 9 * DAY)
    absences.end(absence=gone, at=now + DAY)
    assert names("payments-owner", now + DAY) == ["alice", "bob"]
    assert names("payments-owner", now) == ["bob", "mallory"]
    with pytest.raises(errors.AbsenceOver):
        absences.end(absence=gone, at=now + 2 * DAY)


def test_an_absence_that_was_called_off_makes_room_for_another(alice, now):
    absences.end(absence=away(alice, None, now, starts=now + DAY), at=now)
    away(alice, None, now, starts=now + DAY, until=now + 2 * DAY)


@pytest.mark.parametrize("starts,until", [(0, 1), (1, None), (-1, None), (0.6, 0.7)])
def test_one_person_is_not_away_twice_at_a_time(alice, now, starts, until):
    away(alice, None, now, starts=now + DAY, until=now + 2 * DAY)
    with pytest.raises(errors.OverlappingAbsence):
        away(alice, None, now, starts=now + starts * DAY + DAY / 2, until=now + (until + 1) * DAY if until else None)


def test_nobody_delegates_to_themselves_to_the_gone_or_in_a_role_that_is_none(alice, bob, now):
    with pytest.raises(errors.BadDelegate):
        away(alice, alice, now)
    with pytest.raises(errors.UnknownRole):
        away(alice, bob, now, role="no-such-role")
    bob.is_active = False
    with pytest.raises(errors.BadDelegate):
        away(alice, bob, now)
    with pytest.raises(errors.BadWindow):
        away(alice, None, now, until=now)


def test_a_delegate_who_lost_their_account_stands_in_no_more(alice, bob, mallory, now):
    away(alice, mallory, now)
    User.objects.filter(pk=mallory.pk).update(is_active=False)
    assert names("payments-owner", now) == ["bob"]


def test_holders_take_two_queries_however_many_roles(alice, bob, carol, mallory, now, django_assert_num_queries):
    away(alice, mallory, now)
    with django_assert_num_queries(2):
        found = roles.holders(["payments-owner", "data-owner", "nobody"], at=now)
    assert {role: len(held) for role, held in found.items()} == {"payments-owner": 2, "data-owner": 1, "nobody": 0}
    assert roles.holders([], at=now) == {}


# ── The chain, as a rule ─────────────────────────────────────────────────────────────────────────────────────────────

PEOPLE = st.integers(0, 7)


@given(PEOPLE, st.dictionaries(PEOPLE, PEOPLE), st.frozensets(PEOPLE))
def test_whoever_stands_in_is_there_and_was_reached_in_few_links(absent, delegates, others):
    gone = others | {absent}
    found = absences.stands_in(absent, delegates=delegates, away=gone)
    path, person = [absent], absent
    while (person := delegates.get(person)) is not None and person not in path and path[-1] in gone:
        path.append(person)
    if found is None:
        assert path[-1] in gone or len(path) - 1 > absences.MOST_LINKS
    else:
        assert found not in gone and path[-1] == found and len(path) - 1 <= absences.MOST_LINKS

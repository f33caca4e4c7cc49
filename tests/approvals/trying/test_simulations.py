"""Simulations: what a draft would have changed in recorded traffic, counted in slices, and nothing else touched."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models import Count
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Server
from approvals import simulating
from approvals.models import Action, Assignment, Simulation
from approvals.simulating import slices
from tests.asks import submit
from tests.publishing import publish, rule

from . import generated
from .granting import call, refunds

pytestmark = pytest.mark.django_db


@pytest.fixture
def simulate(admin, now):
    """`simulate(rule)`: the row, counted."""

    def one(draft, author=admin, days=7):
        at = now + timedelta(hours=1)
        row = simulating.start(author=author, rule=draft, days=days, at=at)
        simulating.run(simulation_id=row.pk, clock=lambda: at)
        row.refresh_from_db()
        return row

    return one


def ways(row):
    return {(was, would): (count, differs) for was, would, count, differs, _ in row.found["ways"]}


def test_a_draft_as_it_is_meets_all_and_changes_nothing(simulate, recorded):
    found = simulate(refunds())
    assert (found.found["asks"], found.found["met"], found.found["differ"]) == (10, 10, 0)
    assert (found.done, found.total, found.failed) == (10, 10, "")


def test_a_draft_that_allows_would_let_through_what_was_denied(simulate, recorded):
    found = simulate(refunds(effect="allow"))
    assert ways(found) == {
        ("approved", "allow"): (4, True), ("denied", "allow"): (5, True), ("pending", "allow"): (1, True)
    }  # fmt: skip
    assert found.found["load"] == [["alice", 10, 0], ["bob", 10, 0]]


def test_a_condition_reads_what_was_asked(simulate, recorded):
    found = simulate(refunds(effect="deny", when="args.amount > 500", checkpoint="shop/large"))
    assert found.found["met"] == 5
    assert ways(found) == {
        ("approved", "policy_denied"): (2, True), ("denied", "policy_denied"): (2, True),
        ("pending", "policy_denied"): (1, True),
    }  # fmt: skip
    assert found.found["load"] == [["alice", 10, 5], ["bob", 10, 5]]


def test_what_a_narrower_draft_lets_fall_is_outside_of_policy(simulate, recorded):
    found = simulate(refunds(arguments={"properties": {"amount": {"maximum": 300}}}))
    assert ways(found)["denied", "outside_policy"] == (3, True)
    assert found.found["met"] == 3


def test_what_nobody_stopped_would_find_an_owner(simulate, alice, bob, shop, now):
    submit(shop, call(order="A1", amount=1), at=now)
    found = simulate(refunds())
    assert ways(found) == {("no_checkpoint", "review"): (1, True)}
    assert found.found["load"] == [["alice", 0, 1], ["bob", 0, 1]]


def test_a_no_for_another_reason_is_no_other_end(simulate, refund, shop, now):
    submit(shop, call(order="A1", amount=1), at=now)
    publish(checkpoint="shop/refund", pattern="refund", retired=True, at=now)
    found = simulate(refunds(effect="deny"))
    assert ways(found) == {("no_owner", "policy_denied"): (1, False)}
    assert found.found["differ"] == 0


def test_a_draft_nobody_could_meet_would_deny(simulate, recorded):
    found = simulate(refunds(roles={"approval": "nobody-here"}))
    assert ways(found)["approved", "no_owner"] == (4, True)


def test_other_people_are_told_apart_from_other_decisions(simulate, recorded, carol):
    found = simulate(refunds(roles={"approval": "data-owner"}))
    assert ways(found)["denied", "others"] == (5, False)
    assert found.found["differ"] == 0
    assert found.found["load"] == [["carol", 0, 10], ["alice", 10, 0], ["bob", 10, 0]]


def test_nobody_is_asked_about_their_own(simulate, refund, alice, bob, shop, now):
    value = call(order="A1", amount=1) | {"subject": "User:Alice"}
    submit(shop, value, at=now)
    assert simulate(refunds(deadline_seconds=500)).found["load"] == [["bob", 1, 1]]


def test_waits_are_as_recorded_and_the_deadline_cuts_off_what_took_longer(simulate, recorded):
    found = simulate(refunds(deadline_seconds=30))
    assert found.found["waited"] == 9
    assert found.found["median"] == 30
    assert found.found["cut"] == 5


def test_a_retired_draft_leaves_its_asks_to_others(simulate, recorded, carol, now):
    publish(checkpoint="all", pattern="*", roles={"approval": "data-owner"}, at=now)
    found = simulate(refunds(retired=True))
    assert found.found["met"] == 0
    assert ways(found)["denied", "others"] == (5, False)


def test_older_traffic_is_not_counted(simulate, refund, alice, shop, now):
    submit(shop, key="old", at=now - timedelta(days=2))
    submit(shop, key="new", at=now)
    assert simulate(refunds(), days=1).found["asks"] == 1


def test_slices_and_bodies_lead_to_the_same_figures(simulate, recorded, monkeypatch):
    whole = simulate(refunds(effect="allow"))
    monkeypatch.setattr(slices, "SIZE", 3)
    monkeypatch.setattr(slices, "FEW", 0)
    assert simulate(refunds(effect="allow")).found == whole.found
    assert simulate(refunds(effect="allow", when="args.amount > 0")).found["ways"] == whole.found["ways"]


def test_a_simulation_changes_no_other_row(simulate, recorded):
    before = {model: model.objects.count() for model in apps.get_models() if model is not Simulation}
    states = sorted(Action.objects.values_list("pk", "state"))
    simulate(refunds(effect="deny", when="args.amount > 500", checkpoint="new"))
    assert {model: model.objects.count() for model in before} == before
    assert sorted(Action.objects.values_list("pk", "state")) == states


@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(drafts=generated.RULES.filter(bool), asks=generated.ASKS, owned=st.booleans())
def test_a_simulation_foretells_what_publishing_does(drafts, asks, owned, admin, alice, bob, carol, shop, now):
    """The same asks, before the draft is published and after it: the same owners, and the same ways to go."""
    with transaction.atomic():
        Server.objects.update(owner=alice if owned else None)
        *standing, draft = [generated.rule(n, said | {"caps": {}}, shop) for n, said in enumerate(drafts)]
        for said in standing:
            publish(**said, at=now)
        before = [submit(shop, generated.ask(said), key=f"b{n}", at=now).action for n, said in enumerate(asks)]
        row = simulating.start(author=admin, rule=rule(**draft), days=1, at=now + timedelta(seconds=5))
        simulating.run(simulation_id=row.pk, clock=lambda: now)
        row.refresh_from_db()
        publish(**draft, at=now + timedelta(seconds=6))
        later = now + timedelta(seconds=7)
        after = [submit(shop, generated.ask(said), key=f"a{n}", at=later).action for n, said in enumerate(asks)]
        assert {name: count for name, _, count in row.found["load"] if count} == _asked(after)
        assert {name: count for name, count, _ in row.found["load"] if count} == _asked(before)
        differ = sum(_way(old) != _way(new) for old, new in zip(before, after, strict=True))
        assert row.found["differ"] == differ
        transaction.set_rollback(True)


def _asked(actions):
    """Person -> of how many of these they were asked."""
    named = Assignment.objects.filter(action__in=actions, duty="approval")
    return dict(named.order_by().values_list("owner__username").annotate(Count("pk")))


def _way(action):
    """People decide, or it ended at once: as a yes, or as a no."""
    return "review" if action.state == "pending" else action.state

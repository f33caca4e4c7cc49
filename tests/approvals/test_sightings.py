"""What a server was seen with is recorded once, at no cost when it is known, and within a bound."""

import pytest
from django.db import transaction

from accounts import servers
from approvals import findings, rows, sightings
from approvals.errors import Unauthenticated
from approvals.models import Finding, Sighting
from tests.asks import identity

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch):
    """Three names a server."""
    monkeypatch.setattr(sightings, "NAMES", 3)


@pytest.fixture
def see(django_capture_on_commit_callbacks):
    """Record these in one transaction; says whether the database was asked."""

    def record(seen, *, at):
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            step = sightings.step(seen, at=at)
            rows.turn(*([step] if step else []))
        return step is not None

    return record


def names():
    return set(Sighting.objects.values_list("name", flat=True))


def test_new_names_are_recorded_once(see, shop, now, later):
    seen = [(shop.pk, "tool_call", "refund"), (shop.pk, "tool_call", "refund"), (shop.pk, "sampling", "refund")]
    assert see(seen, at=now)
    sightings.memory.forget()  # as another process: it knows of nothing
    assert see(seen, at=later)
    assert set(Sighting.objects.values_list("kind", "name", "listed", "first_at")) == {
        ("tool_call", "refund", False, now), ("sampling", "refund", False, now),
    }  # fmt: skip


def test_what_is_known_costs_nothing(see, shop, now, django_assert_num_queries):
    see([(shop.pk, "tool_call", "refund")], at=now)
    with django_assert_num_queries(0):
        assert sightings.step([(shop.pk, "tool_call", "refund")], at=now) is None


def test_what_was_rolled_back_is_not_taken_for_known(shop, now):
    class Trouble(Exception):
        pass

    with pytest.raises(Trouble), transaction.atomic():
        rows.turn(sightings.step([(shop.pk, "tool_call", "refund")], at=now))
        raise Trouble
    assert sightings.step([(shop.pk, "tool_call", "refund")], at=now) is not None


def test_memory_is_bounded_and_forgets_what_was_not_seen_for_longest(monkeypatch, now):
    monkeypatch.setattr(sightings, "REMEMBERED", 2)
    memory = sightings.Memory()
    memory.learn([(1, "k", "a"), (1, "k", "b")])
    memory.unknown([(1, "k", "a")], at=now)
    memory.learn([(1, "k", "c")])
    assert memory.unknown([(1, "k", "a"), (1, "k", "b"), (1, "k", "c")], at=now) == [(1, "k", "b")]


def test_a_server_that_makes_up_names_is_one_finding_and_fills_no_table(see, few, shop, now, later):
    see([(shop.pk, "tool_call", f"made-up-{number}") for number in range(5)], at=now)
    assert Sighting.objects.count() == 3
    assert not see([(shop.pk, "tool_call", "made-up-6")], at=later)
    (finding,) = Finding.objects.all()
    assert (finding.code, finding.server, finding.count) == ("too_many_names", shop, 1)


def test_what_falls_through_of_such_a_server_is_one_finding_a_code(see, few, shop, now, later):
    other = servers.register(name="crm", at=now)
    see([(shop.pk, "tool_call", f"made-up-{number}") for number in range(5)], at=now)
    noted = [findings.Noted(code="no_checkpoint", server_id=shop.pk, about=f"made-up-{n}") for n in range(6, 9)]
    noted += [findings.Noted(code="no_checkpoint", server_id=other.pk, about=name) for name in "ab"]
    noted += [findings.Noted(code="dead_letter", server_id=shop.pk, about=name) for name in "ab"]
    findings.record(noted, at=later)
    found = Finding.objects.exclude(code="too_many_names").values_list("server", "code", "about", "count")
    assert set(found) == {
        (shop.pk, "no_checkpoint", "", 3), (other.pk, "no_checkpoint", "a", 1), (other.pk, "no_checkpoint", "b", 1),
        (shop.pk, "dead_letter", "a", 1), (shop.pk, "dead_letter", "b", 1),
    }  # fmt: skip


def test_known_names_do_not_count_against_the_bound(see, few, shop, now, later):
    see([(shop.pk, "tool_call", name) for name in "ab"], at=now)
    sightings.memory.forget()
    see([(shop.pk, "tool_call", name) for name in "abc"], at=later)
    assert names() == set("abc") and not Finding.objects.exists()


def test_a_full_server_takes_no_room_from_another(see, few, shop, now):
    other = servers.register(name="crm", at=now)
    seen = [(shop.pk, "tool_call", f"made-up-{number}") for number in range(9)]
    see([*seen, (other.pk, "tool_call", "lookup")], at=now)
    assert "lookup" in names()


def test_a_listed_name_says_so_even_when_it_was_asked_for_before(see, shop, now, later):
    see([(shop.pk, "tool_call", "refund")], at=now)
    assert sightings.listed(server=identity(shop), names=["refund", "void"], at=later) == 2
    assert set(Sighting.objects.values_list("name", "listed")) == {("refund", True), ("void", True)}


def test_a_stopped_server_lists_nothing(shop, now):
    was = identity(shop)
    servers.stop(server=shop, at=now)
    with pytest.raises(Unauthenticated):
        sightings.listed(server=was, names=["refund"], at=now)
    assert not Sighting.objects.exists()

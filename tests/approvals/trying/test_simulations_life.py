"""A simulation from start to end: one at a time, resumed where it stopped, cancelled, refused, failed in sight."""

from datetime import timedelta

import pytest

from approvals import simulating, tasks
from approvals.errors import BadPolicy, BadSimulation, NotAnOwner, NotFound, SimulationRunning
from approvals.models import Simulation
from approvals.simulating import slices

from .granting import refunds

pytestmark = pytest.mark.django_db


def test_a_worker_that_died_is_followed_by_another_where_it_stopped(admin, recorded, now, monkeypatch):
    monkeypatch.setattr(slices, "SIZE", 4)
    at = now + timedelta(hours=1)
    row = simulating.start(author=admin, rule=refunds(effect="allow"), days=1, at=at)
    assert simulating.take_up(at=at) == row.pk
    dying(monkeypatch, after=1)
    with pytest.raises(KeyboardInterrupt):
        simulating.run(simulation_id=row.pk, clock=lambda: at)
    row.refresh_from_db()
    assert (row.done, row.total, row.finished_at) == (4, 10, None)
    assert simulating.take_up(at=at + timedelta(seconds=5)) is None
    assert simulating.take_up(at=at + timedelta(seconds=60)) == row.pk
    monkeypatch.undo()
    simulating.run(simulation_id=row.pk, clock=lambda: at)
    row.refresh_from_db()
    assert row.found["differ"] == 10


def test_a_simulation_that_kills_its_workers_fails_visibly(admin, recorded, now):
    row = simulating.start(author=admin, rule=refunds(), days=1, at=now)
    for n in range(simulating.TRIES + 1):
        simulating.take_up(at=now + timedelta(minutes=n))
    row.refresh_from_db()
    assert row.finished_at
    assert "3 times" in row.failed


def test_they_are_counted_one_after_another(admin, recorded, alice, now):
    first = simulating.start(author=admin, rule=refunds(), days=1, at=now)
    second = simulating.start(author=alice, rule=refunds(), days=1, at=now)
    assert simulating.take_up(at=now) == first.pk
    assert simulating.take_up(at=now) is None
    simulating.run(simulation_id=first.pk, clock=lambda: now)
    assert simulating.take_up(at=now) == second.pk


def test_the_task_counts_what_the_sweep_found(admin, recorded, now, monkeypatch):
    row = simulating.start(author=admin, rule=refunds(), days=1, at=now)
    sent = []
    monkeypatch.setattr(tasks.simulate, "apply_async", lambda args, **_: sent.append(args))
    tasks.sweep()
    assert sent == [(row.pk,)]
    tasks.simulate(row.pk)
    row.refresh_from_db()
    assert row.finished_at and not row.failed


def test_an_error_of_ours_is_seen_on_its_page(admin, recorded, now, monkeypatch):
    row = simulating.start(author=admin, rule=refunds(), days=1, at=now)
    monkeypatch.setattr(slices, "count", lambda *_, **__: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        tasks.simulate(row.pk)
    row.refresh_from_db()
    assert "ZeroDivisionError" in row.failed


def test_who_counts_beside_another_worker_stops(admin, recorded, now, monkeypatch):
    row = simulating.start(author=admin, rule=refunds(), days=1, at=now + timedelta(hours=1))
    counted = slices.count

    def slow(*args, **words):
        found = counted(*args, **words)
        Simulation.objects.filter(pk=row.pk, done=0).update(done=3)
        return found

    monkeypatch.setattr(slices, "count", slow)
    simulating.run(simulation_id=row.pk, clock=lambda: now)
    row.refresh_from_db()
    assert (row.done, row.finished_at) == (3, None)


def test_a_cancelled_simulation_stops_and_says_who_stopped_it(admin, recorded, now, mallory):
    row = simulating.start(author=admin, rule=refunds(), days=1, at=now)
    with pytest.raises(NotFound):
        simulating.cancel(simulation_id=row.pk, by=mallory, at=now)
    simulating.cancel(simulation_id=row.pk, by=admin, at=now)
    simulating.run(simulation_id=row.pk, clock=lambda: now)
    row.refresh_from_db()
    assert (row.failed, row.found, row.done) == ("Cancelled by admin.", None, 0)


def test_one_at_a_time_for_each_person(admin, recorded, now):
    row = simulating.start(author=admin, rule=refunds(), days=1, at=now)
    with pytest.raises(SimulationRunning) as refused:
        simulating.start(author=admin, rule=refunds(), days=1, at=now)
    assert refused.value.simulation_id == row.pk


@pytest.mark.parametrize("days", [0, 91])
def test_nobody_looks_back_for_ever(admin, refund, now, days):
    with pytest.raises(BadSimulation):
        simulating.start(author=admin, rule=refunds(), days=days, at=now)


def test_a_rule_that_could_not_be_published_is_not_tried(admin, refund, now):
    with pytest.raises(BadPolicy):
        simulating.start(author=admin, rule=refunds(when="args.amount >"), days=1, at=now)


def test_owners_try_rules_of_their_own_checkpoints_only(refund, alice, carol, now):
    assert simulating.start(author=alice, rule=refunds(), days=1, at=now)
    with pytest.raises(NotAnOwner):
        simulating.start(author=carol, rule=refunds(), days=1, at=now)
    with pytest.raises(NotAnOwner):
        simulating.start(author=alice, rule=refunds(checkpoint="another"), days=1, at=now)


def dying(monkeypatch, *, after):
    """A worker that is killed when it has counted so many slices."""
    counted, left = slices.count, [after]

    def count(*args, **words):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return counted(*args, **words)

    monkeypatch.setattr(slices, "count", count)

"""What two processes see or note at the same instant, on real row locks."""

import pytest
from django.db import transaction

from approvals import findings, rows, sightings
from approvals.findings import Noted
from approvals.models import Finding, Sighting
from tests.races.test_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def test_names_seen_at_once_are_recorded_once(shop, now):
    def seeing(names):
        def see():
            with transaction.atomic():
                step = sightings.step([(shop.pk, "tool_call", name) for name in names], at=now)
                rows.turn(*([step] if step else []))

        return see

    for number in range(ROUNDS):
        sightings.memory.forget()
        names = [f"n{number}-{place}" for place in range(50)]
        at_once(*(seeing(some) for some in (names, names[::-1], names[:25], names[25:])))
    assert Sighting.objects.count() == ROUNDS * 50 and not Finding.objects.exists()


def test_what_is_noted_at_once_counts_up_and_nobody_waits_in_a_circle(shop, now):
    noted = [Noted(code="no_checkpoint", server_id=shop.pk, about=str(number)) for number in range(20)]
    for _ in range(ROUNDS):
        at_once(*(lambda some=some: findings.record(some, at=now) for some in (noted, noted[::-1]) * 2))
    assert Finding.objects.count() == 20
    assert set(Finding.objects.values_list("count", flat=True)) == {ROUNDS * 4}

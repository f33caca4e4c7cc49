"""What readers of an erased action are told, and the ways to erase one."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from approvals import delivery, erasing, grants, standing, tasks
from approvals.errors.sealed import Erased
from approvals.models import Action, Delivery, Edit, Entry, Erasure, Receipt
from approvals.queries import inbox
from approvals.queries import page as action_page
from approvals.queries.facets import Facets
from approvals.wire import rest
from tests.approvals import editing
from tests.approvals.browsing import get, post
from tests.asks import identity, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


def erase(action, person, *, at):
    erasing.erase(action_id=action.pk, person=person, reason="Asked for by the customer.", at=at)


# ── What readers are told ────────────────────────────────────────────────────────────────────────────────────────────


def test_its_page_says_what_is_left(client, decided, logan, alice, over):
    erase(decided, logan, at=over)
    text = get(client, alice, reverse("action", args=[decided.pk])).text
    assert "What was asked was erased by logan" in text
    assert "Asked for by the customer." in text
    assert decided.dig in text
    assert Edit.objects.get().dig in text
    assert "erases what was asked" in text
    assert "4200" not in text
    assert "order A1" not in text
    assert get(client, alice, reverse("bytes", args=[decided.pk])).status_code == 410
    assert get(client, alice, reverse("receipt", args=[decided.pk])).status_code == 200


def test_lists_say_that_it_was_erased(client, decided, logan, alice, over):
    erase(decided, logan, at=over)
    for address in ("/?view=decided", f"/?view=decided&action={decided.pk}"):
        answer = get(client, alice, address)
        assert answer.status_code == 200
        assert "erased" in answer.text
    (row,) = inbox.read(user=alice, facets=Facets.read({"view": "decided"}), at=over).sections[0].rows
    assert row.erased
    assert row.size == 0


def test_the_next_ask_is_compared_with_none(client, decided, shop, logan, alice, over):
    erase(decided, logan, at=over)
    following = submit(shop, key="k2", at=over).action
    page = action_page.read(user=alice, action_id=following.pk, at=over)
    assert page.history.approved == 1
    assert not page.layout.arguments.compared
    assert "The last approved was erased" in get(client, alice, reverse("action", args=[following.pk])).text


def test_its_server_keeps_the_receipt_and_is_told(decided, shop, logan, over):
    erase(decided, logan, at=over)
    (found,) = standing.read_many(wanted=[(identity(shop), decided.pk)])
    said = rest.action(found)
    assert said["erased"] is True
    assert "edit" not in said
    assert said["receipt"]
    assert "erased" not in rest.action(standing.of_new(decided, checkpoint=None, receipt=None))


def test_a_receipt_that_is_still_owed_goes_without_the_edit(decided, logan, over):
    erase(decided, logan, at=over)
    sent = []
    Delivery.objects.update(due_at=over)
    delivery.hand_over(publish=sent.extend, at=over)
    assert [message.edit for message in sent] == [None]


def test_a_simulation_passes_over_it(decided, shop, logan, alice, now, over):
    from approvals import simulating
    from approvals.models import Simulation
    from tests.publishing import rule as worded

    erase(decided, logan, at=over)
    submit(shop, key="k2", at=over)
    draft = worded(checkpoint="shop/refund", pattern="refund", when="args.amount > 10", deadline_seconds=600)
    Simulation.objects.all().delete()
    tried = simulating.start(author=alice, rule=draft, days=1, at=over + timedelta(seconds=1))
    assert simulating.take_up(at=over + timedelta(seconds=1)) == tried.pk
    simulating.run(simulation_id=tried.pk, clock=lambda: over + timedelta(seconds=2))
    tried.refresh_from_db()
    assert tried.failed == ""
    assert tried.finished_at


def test_a_grant_is_previewed_without_it(shop, alice, bob, logan, now, later, over):
    publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=now, grants={"uses": 5, "seconds": 86400},
        roles={"approval": "payments-owner", "logging": "log-owner"},
    )  # fmt: skip
    first, second = (submit(shop, key=key, at=now).action for key in ("k1", "k2"))
    for action in (first, second):
        editing.approve(action, alice, at=later)
    erase(first, logan, at=over)
    offered = grants.offer(action_id=second.pk, person=alice, at=over)
    assert grants.preview(offered=offered, limits={}, person=alice).looked_at == 1
    with pytest.raises(Erased):
        grants.offer(action_id=first.pk, person=alice, at=over)


# ── By page, by command, by the rule for keeping ─────────────────────────────────────────────────────────────────────


def test_the_page_asks_twice_and_wants_a_reason(client, decided, logan, monkeypatch, over):
    monkeypatch.setattr("django.utils.timezone.now", lambda: over)
    address = reverse("erase", args=[decided.pk])
    assert "Erase it for good" in get(client, logan, address).text
    for said in ({"reason": "why"}, {"sure": "on"}):
        assert post(client, logan, address, **said).status_code == 422
    assert not Erasure.objects.exists()
    assert post(client, logan, address, reason="why", sure="on").status_code == 302
    assert Erasure.objects.get().reason == "why"


def test_the_page_is_not_there_for_others(client, decided, alice, bob, carol, over):
    for person in (alice, bob, carol):
        assert get(client, person, reverse("erase", args=[decided.pk])).status_code == 404


def test_a_command_says_first_what_it_would_erase(decided, capsys):
    when = {"older_than": 0, "as_json": True}
    Receipt.objects.all()
    call_command("erase", **when, reason="spring cleaning")
    assert json.loads(capsys.readouterr().out)["would_erase"] == 0, "it can still be used"
    with pytest.raises(SystemExit):
        call_command("erase", reason="all")


def test_operators_erase_by_id_and_by_server(rule, shop, alice, now, capsys):
    then = now - timedelta(days=40)
    publish(checkpoint="shop/refund", pattern="refund", deadline_seconds=600, at=then)
    action = submit(shop, at=then).action
    from approvals import deadlines

    deadlines.sweep(at=then + timedelta(hours=1))
    call_command("erase", "--server", "shop", "--older-than", "41", "--yes", "--reason", "too old", "--json")
    assert json.loads(capsys.readouterr().out) == {"erased": 0}
    call_command("erase", str(action.pk), "--yes", "--reason", "asked for", "--json")
    assert json.loads(capsys.readouterr().out) == {"erased": 1}
    assert Entry.objects.latest("pk").actor == "operator"
    assert Erasure.objects.get().person is None


def test_nothing_is_erased_unless_somebody_says_how_long_it_is_kept(rule, shop, alice, now, settings):
    from approvals import deadlines

    then = now - timedelta(days=40)
    action = submit(shop, at=then).action
    deadlines.sweep(at=then + timedelta(hours=1))
    assert tasks.retain() == 0
    settings.RETAIN_DAYS = 41
    assert tasks.retain() == 0
    settings.RETAIN_DAYS = 39
    assert tasks.retain() == 1
    assert Entry.objects.filter(action=action).latest("pk").actor == "console"


# ── What cannot be read ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_cannot_read_the_bytes_says_so_and_decides_nothing(client, decided, alice, over):
    from .unsealing import put

    stored = bytes(Action.objects.values_list("body", flat=True).get())
    put(decided, "body", stored[:-1] + bytes([stored[-1] ^ 1]))
    Edit.objects.all()
    answer = get(client, alice, reverse("bytes", args=[decided.pk]) + "?asked")
    assert answer.status_code == 500
    assert "What was asked cannot be read" in answer.text
    assert get(client, alice, "/?view=decided").status_code == 200

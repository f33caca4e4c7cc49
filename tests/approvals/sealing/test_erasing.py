"""Erasing: what goes, what stays, who may, and that every reader says so decently."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.urls import reverse

from approvals import answers, delivery, erasing, grants, redemption, reviews, standing, tasks
from approvals.errors import NotFound, TextMissing
from approvals.errors.sealed import AlreadyErased, Erased, NotErasable, OwnWord
from approvals.models import Action, Answer, Comment, Delivery, Edit, Entry, Erasure, Receipt, Review
from approvals.queries import inbox
from approvals.queries import page as action_page
from approvals.queries.facets import Facets
from approvals.wire import rest
from tests.approvals import answering, editing
from tests.approvals.browsing import get, post
from tests.asks import identity, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(db, now):
    """Refunds: payments-owner approves, log-owner reads the log; amounts may be changed, and grants given."""
    return publish(
        checkpoint="shop/refund", pattern="refund", deadline_seconds=600, edit=["/amount"], at=now,
        roles={"approval": "payments-owner", "logging": "log-owner"},
    )  # fmt: skip


@pytest.fixture
def logan(db):
    from accounts import roles
    from accounts.models import User
    from tests.conftest import SINCE

    user = User.objects.create_user("logan", password="logan-password")
    roles.give(role="log-owner", user=user, at=SINCE)
    return user


@pytest.fixture
def over(now):
    """When nothing of it can be used any more."""
    return now + timedelta(hours=1)


@pytest.fixture
def decided(rule, shop, alice, logan, now, later):
    """Asked, commented, changed and approved by alice."""
    action = submit(shop, at=now).action
    reviews.comment(action_id=action.pk, author=alice, text="Looks like order A1 again.", at=later)
    editing.edit(action, alice, at=later)
    return Action.objects.get(pk=action.pk)


def erase(action, person, *, at):
    erasing.erase(action_id=action.pk, person=person, reason="Asked for by the customer.", at=at)


# ── What goes, what stays ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_payloads_go_and_all_else_stays(decided, logan, over):
    kept = bytes(Receipt.objects.get().jws), decided.dig, decided.context_dig, Edit.objects.get().dig
    erase(decided, logan, at=over)
    found = Action.objects.get(pk=decided.pk)
    for row, name in ((found, "body"), (found, "context"), (Edit.objects.get(), "body")):
        assert row.__dict__[name] == b"\0"
        with pytest.raises(Erased):
            getattr(row, name)
    assert (bytes(Receipt.objects.get().jws), found.dig, found.context_dig, Edit.objects.get().dig) == kept
    with pytest.raises(Erased):
        Comment.objects.get().text  # noqa: B018
    assert Review.objects.count() == 1
    assert found.state == "approved"
    line = Entry.objects.latest("pk")
    assert (line.event, line.actor, line.dig) == ("action.erased", "user:logan", decided.dig)
    told = Erasure.objects.get()
    assert (told.person, told.reason, told.at) == (logan, "Asked for by the customer.", over)


def test_an_answer_goes_with_its_question(shop, alice, logan, now, later, over, django_user_model):
    dana = django_user_model.objects.create_user("dana", email="dana@example.org")
    answering.checkpoints(at=now)
    question = answering.released(shop, alice, answering.form(), at=now)
    answers.give(action_id=question.pk, person=dana, said="accept", content={"name": "Dana"}, at=later)
    assert erasing.erase_many(wanted=Action.objects.all(), actor="operator", reason="test", at=over) == 1
    found = Answer.objects.get()
    assert found.content is None
    assert found.said == "accept"
    assert found.dig


# ── Who may, and when ────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_does_not_answer_for_the_log_cannot(decided, alice, bob, carol, mallory, admin, over):
    for person in (bob, carol, mallory, admin):
        with pytest.raises(NotFound):
            erase(decided, person, at=over)
    assert not Erasure.objects.exists()


def test_nobody_erases_what_they_had_a_say_in(decided, alice, over):
    from accounts import roles
    from tests.conftest import SINCE

    roles.give(role="log-owner", user=alice, at=SINCE)
    with pytest.raises(OwnWord):
        erase(decided, alice, at=over)


def test_what_waits_is_not_erased_and_the_database_sees_to_it(rule, shop, alice, logan, now, over):
    action = submit(shop, at=now).action
    with pytest.raises(NotErasable):
        erase(action, logan, at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        Erasure.objects.create(action=action, person=logan, reason="x", at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(body=b"\0")


def test_what_can_still_be_used_is_not_erased(decided, shop, logan, later, over):
    with pytest.raises(NotErasable):
        erase(decided, logan, at=later)
    redemption.consume(action_id=decided.pk, server=identity(shop), key="c1", at=later)
    with pytest.raises(NotErasable):
        erase(decided, logan, at=later)
    redemption.report(action_id=decided.pk, server=identity(shop), status="succeeded", note="", at=later)
    erase(decided, logan, at=later)


def test_it_is_erased_once_and_for_a_reason(decided, logan, over):
    for reason in ("", "  "):
        with pytest.raises(TextMissing):
            erasing.erase(action_id=decided.pk, person=logan, reason=reason, at=over)
    erase(decided, logan, at=over)
    with pytest.raises(AlreadyErased):
        erase(decided, logan, at=over)


@pytest.mark.parametrize("change", ["delete", "reason"])
def test_an_erasure_stays_on_record(decided, logan, over, change):
    erase(decided, logan, at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        if change == "delete":
            Erasure.objects.all()._raw_delete("default")
        else:
            Erasure.objects.update(reason="another")


def test_what_was_erased_does_not_come_back(decided, logan, over):
    stored = Action.objects.values_list("body", flat=True).get()
    erase(decided, logan, at=over)
    with pytest.raises(DatabaseError), transaction.atomic():
        Action.objects.filter(pk=decided.pk).update(body=bytes(stored))


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

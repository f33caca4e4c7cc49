"""Edit, then approve: who may change an ask, where, into what; and what becomes of what was said before."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from placet import canonical

from accounts import absences, roles
from approvals import errors, reviews, standing
from approvals.models import Action, Edit, Entry, Review
from approvals.queries import inbox
from approvals.queries.facets import Desk, Facets
from approvals.wire import rest
from tests.approvals.editing import AMOUNT, approve, edit, editable, seen
from tests.approvals.test_reviews import claims
from tests.asks import ask, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(alice, bob, shop, now):
    """A refund whose amount may be changed; one yes is enough."""
    editable(at=now)
    return submit(shop, at=now).action


@pytest.fixture
def two(alice, bob, shop, now):
    """The same, and two must say yes."""
    editable(need=2, at=now)
    return submit(shop, at=now).action


def test_what_an_owner_made_of_it_is_signed_delivered_and_told_beside_what_was_asked(one, alice, later):
    said = claims(edit(one, alice, at=later).receipt)
    kept = Edit.objects.get(action=one)
    (detail,) = said["authorization_details"]
    assert (detail["dig"], detail["edited"], said["req"]["dig"]) == (kept.dig, True, one.dig)
    (review,) = said["reviews"]
    assert (review["stmt"]["eff"], review["stmt"]["req"]["dig"]) == (kept.dig, one.dig)
    told = rest.action(standing.read(action_id=one.pk))["edit"]
    assert told["params"] == {"name": "refund", "arguments": {"order": "A1", "amount": 40}}
    assert canonical.digest("tool_call", told) == kept.dig


def test_an_ask_that_nobody_changed_is_told_without_an_edit(one, alice, later):
    approve(one, alice, at=later)
    assert "edit" not in rest.action(standing.read(action_id=one.pk))


def test_an_edit_that_still_waits_or_was_denied_is_told_to_no_server(two, alice, bob, later):
    edit(two, alice, at=later)
    assert "edit" not in rest.action(standing.read(action_id=two.pk))
    reviews.record(action_id=two.pk, reviewer=bob, verdict="deny", at=later)
    assert "edit" not in rest.action(standing.read(action_id=two.pk))


def test_the_ledger_names_the_digest_of_the_edit_before_the_yes(one, alice, later):
    edit(one, alice, at=later)
    events = list(Entry.objects.filter(action=one).values_list("event", "actor", "dig"))
    assert [event for event, _, _ in events] == [
        "action.submitted", "action.edited", "action.reviewed.approve", "action.approved"
    ]  # fmt: skip
    assert events[1][1:] == ("user:alice", Edit.objects.get(action=one).dig)


@pytest.mark.parametrize("change", [{"body": b"\x01changed"}, {"body": b"\0"}, {"dig": "x" * 43}, {"number": 7}])
def test_the_database_lets_nobody_change_an_edit(one, alice, later, change):
    edit(one, alice, at=later)
    with pytest.raises(DatabaseError), transaction.atomic():
        Edit.objects.filter(action=one).update(**change)


@pytest.mark.parametrize("table", [Edit, Review])
def test_the_database_lets_nobody_delete_an_edit_or_a_review(one, alice, later, table):
    edit(one, alice, at=later)
    with pytest.raises(DatabaseError), transaction.atomic():
        table.objects.filter(action=one)._raw_delete("default")


def test_a_yes_before_the_edit_counts_no_more_and_is_asked_for_again(two, alice, bob, now, later):
    approve(two, alice, at=later)
    answer = edit(two, bob, at=later)
    assert (answer.state, answer.approvals) == ("pending", 1)
    waiting = inbox.waiting(desk=Desk.of(alice, at=later), facets=Facets(), size=5)
    assert [each.pk for each in waiting] == [two.pk]
    assert not inbox.waiting(desk=Desk.of(bob, at=later), facets=Facets(), size=5)
    said = claims(approve(two, alice, at=later).receipt)
    assert {r["stmt"]["eff"] for r in said["reviews"]} == {Edit.objects.get(action=two).dig}
    assert [r["stmt"]["sub"] for r in said["reviews"]] == ["user:bob", "user:alice"]
    assert Review.objects.filter(action=two).count() == 3


def test_who_looks_at_the_old_page_signs_nothing(two, alice, bob, later):
    before = seen(two)
    edit(two, bob, at=later)
    for verdict in ("approve", "deny"):
        with pytest.raises(errors.StaleView):
            reviews.record(action_id=two.pk, reviewer=alice, verdict=verdict, seen=before, at=later)
    with pytest.raises(errors.StaleView):
        edit(two, alice, {"/amount": 41}, seen=before, at=later)


def test_an_edit_without_a_word_of_what_was_seen_is_refused(one, alice, later):
    with pytest.raises(errors.StaleView):
        edit(one, alice, seen=None, at=later)


def test_the_next_may_change_it_again_and_then_only_the_last_bytes_count(two, alice, bob, later):
    edit(two, alice, at=later)
    edit(two, bob, {"/amount": 41}, at=later)
    said = claims(approve(two, alice, at=later).receipt)
    last = Edit.objects.get(action=two, number=2)
    assert said["authorization_details"][0]["dig"] == last.dig and len(said["reviews"]) == 2


def test_who_said_yes_to_the_newest_bytes_changes_them_no_more(two, alice, later):
    edit(two, alice, at=later)
    with pytest.raises(errors.AlreadyReviewed):
        edit(two, alice, {"/amount": 41}, at=later)


REFUSED = [
    ({"/order": "A2"}, errors.NotEditable), ({"": {"order": "A1", "amount": 1}}, errors.NotEditable),
    ({"/amount/deeper": 1}, errors.NotEditable), ({"/amount2": 1}, errors.NotEditable),
    ({"/new": 1}, errors.NotEditable), ({"/../name": "payout"}, errors.NotEditable),
    ({"/name": "payout"}, errors.NotEditable), ({"/__proto__": {"amount": 1}}, errors.NotEditable),
    ({"/constructor/prototype": 1}, errors.NotEditable), ({"/amoun~1t": 1}, errors.NotEditable),
    ({"/amount~0": 1}, errors.NotEditable), ({"/amoun~2t": 1}, errors.BadEdit), ({"amount": 1}, errors.BadEdit),
    ({"/amount~": 1}, errors.BadEdit), ({"/amount": "40"}, errors.BadEdit), ({"/amount": True}, errors.BadEdit),
    ({"/amount": None}, errors.BadEdit), ({"/amount": 40.5}, errors.BadEdit), ({"/amount": [40]}, errors.BadEdit),
    ({"/amount": float("nan")}, errors.BadEdit), ({"/amount": float("inf")}, errors.BadEdit),
    ({"/amount": 2**53}, errors.BadEdit), ({}, errors.BadEdit), ({"/amount": 4200}, errors.NothingEdited),
    ({"/amount": 4200.0}, errors.NothingEdited),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "refusal"), REFUSED, ids=lambda v: str(v)[:40])
def test_what_the_rule_does_not_list_or_what_cannot_stand_there_changes_nothing(one, alice, later, changes, refusal):
    with pytest.raises(refusal):
        edit(one, alice, changes, at=later)
    assert Action.objects.get(pk=one.pk).state == "pending"
    assert not Edit.objects.exists() and not Review.objects.exists()


NOTE = {"note": {"to": ["a", "b"], "~/": "x", "deep": {"n": 1}}}
SHAPES = [
    ({"/note": {"to": ["a", "c"], "~/": "y", "deep": {"n": 2}}}, None), ({"/note/to/1": "c"}, None),
    ({"/note/~0~1": "y"}, None), ({"/note/to/0": "c", "/note/deep/n": 2}, None),
    ({"/note": {"to": ["a", "b"], "~/": "x"}}, errors.BadEdit), ({"/note/to": ["a"]}, errors.BadEdit),
    ({"/note": NOTE["note"] | {"more": 1}}, errors.BadEdit), ({"/note/to": ["a", "b", "c"]}, errors.BadEdit),
    ({"/note/to/2": "c"}, errors.NotEditable), ({"/note/to/-": "c"}, errors.NotEditable),
    ({"/note/to/01": "c"}, errors.NotEditable), ({"/note/to/-1": "c"}, errors.NotEditable),
    ({"/note/~1~0": "y"}, errors.NotEditable), ({"/note/deep": {"n": "2"}}, errors.BadEdit),
    ({"/note": {"to": ["c", "b"], "~/": "x", "deep": {"n": 1}}, "/note/to/0": "d"}, errors.BadEdit),
    ({"/note/to/0": "\ud800"}, errors.BadEdit),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "refusal"), SHAPES, ids=lambda v: str(v)[:40])
def test_below_a_listed_place_values_change_and_the_shape_stays(alice, shop, now, later, changes, refusal):
    editable(edit=["/note"], at=now)
    value = ask()
    value["mcp"]["params"]["arguments"] |= NOTE
    action = submit(shop, value, at=now).action
    if refusal is None:
        assert edit(action, alice, changes, at=later).state == "approved"
    else:
        with pytest.raises(refusal):
            edit(action, alice, changes, at=later)


def test_the_rules_schema_may_let_a_value_take_another_type(alice, shop, now, later):
    editable(arguments=AMOUNT, at=now)
    action = submit(shop, at=now).action
    assert edit(action, alice, {"/amount": 40.5}, at=later).state == "approved"


def test_text_that_hides_something_is_taken_as_it_is_and_kept_byte_for_byte(alice, shop, now, later):
    editable(edit=["/order"], at=now)
    action = submit(shop, at=now).action
    edit(action, alice, {"/order": "A1\u202e\u200b<b>"}, at=later)
    assert json.loads(bytes(Edit.objects.get().body))["value"]["params"]["arguments"]["order"] == "A1\u202e\u200b<b>"


def test_an_edit_of_more_than_256_kib_is_refused(alice, shop, now, later):
    editable(edit=["/order"], at=now)
    action = submit(shop, at=now).action
    with pytest.raises(errors.TooLarge):
        edit(action, alice, {"/order": "A" * 256 * 1024}, at=later)


def test_the_right_to_change_it_can_be_a_role_of_its_own(alice, bob, carol, shop, now, later):
    editable(editors="refund-editor", at=now)
    action = submit(shop, at=now).action
    roles.give(role="refund-editor", user=bob, at=now)
    roles.give(role="refund-editor", user=carol, at=now)
    with pytest.raises(errors.NotAnEditor):
        edit(action, alice, at=later)
    with pytest.raises(errors.NotFound):
        edit(action, carol, at=later)
    assert edit(action, bob, at=later).state == "approved"


def test_nobody_changes_their_own_ask(alice, bob, shop, now, later):
    editable(at=now)
    action = submit(shop, ask(subject="alice"), at=now).action
    with pytest.raises(errors.OwnAsk):
        edit(action, alice, at=later)


def test_a_stranger_finds_nothing_to_change(one, mallory, later):
    with pytest.raises(errors.NotFound):
        edit(one, mallory, at=later)


def test_only_a_yes_changes_anything(one, alice, later):
    with pytest.raises(errors.BadEdit):
        edit(one, alice, verdict="deny", at=later)


def test_after_the_deadline_nothing_is_changed_and_the_ask_has_expired(one, alice, now):
    with pytest.raises(errors.AlreadySettled):
        edit(one, alice, at=now + timedelta(seconds=600))
    assert Action.objects.get(pk=one.pk).state in ("expired", "pending") and not Edit.objects.exists()


def test_after_the_decision_nothing_is_changed(one, alice, bob, later):
    approve(one, alice, at=later)
    with pytest.raises(errors.AlreadySettled):
        edit(one, bob, at=later)


def test_a_delegate_changes_it_for_who_is_away(alice, bob, carol, shop, now, later):
    editable(at=now)
    absences.declare(person=alice, delegates={"payments-owner": carol}, at=now)
    action = submit(shop, at=now).action
    (review,) = claims(edit(action, carol, at=later).receipt)["reviews"]
    assert (review["stmt"]["sub"], review["stmt"]["on_behalf_of"]) == ("user:carol", "user:alice")


def test_in_a_sequence_only_whoever_is_asked_first_changes_it(alice, bob, carol, shop, now, later):
    needs = [{"role": "payments-owner", "count": 1}, {"role": "data-owner", "count": 1}]
    editable(needs=needs, order="sequential", roles={}, at=now)
    action = submit(shop, at=now).action
    with pytest.raises(errors.NotYourTurn):
        edit(action, carol, at=later)
    edit(action, alice, at=later)
    with pytest.raises(errors.NotYourTurn):
        edit(action, carol, {"/amount": 41}, at=later)
    assert approve(action, carol, at=later).state == "approved"

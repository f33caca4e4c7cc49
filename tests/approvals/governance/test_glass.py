"""Breaking the glass: one person, alone, aloud, bounded, with a reason, and looked at afterwards by somebody else."""

import base64
import json
from datetime import timedelta

import pytest

from accounts import absences, roles
from approvals import errors, findings, glass, redemption, reviews, settlement
from approvals.models import Action, Entry, Finding, Review
from tests import asks, publishing

pytestmark = pytest.mark.django_db
GLASS = {"break_glass": "night-owner", "exceptions": ["data-owner"]}
REASON = "Payments are down, and nobody else answers."


@pytest.fixture
def nina(mallory, now):
    """Holds the role that may break the glass, and nothing else."""
    roles.give(role="night-owner", user=mallory, at=now)
    return mallory


@pytest.fixture
def waiting(nina, alice, bob, carol, shop, now):
    return wait(shop, at=now)


def wait(shop, *, at, key="k1", value=None, **said):
    publishing.publish(
        **{"checkpoint": "shop/refund", "pattern": "refund", "need": 2, "deadline_seconds": 600, **GLASS} | said, at=at
    )
    return asks.submit(shop, value, key=key, at=at).action


def broken(action, person, *, at, reason=REASON, **said):
    return glass.break_glass(action_id=action.pk, person=person, reason=reason, at=at, **said)


def test_one_person_approves_alone_and_everything_names_it(waiting, nina, shop, later):
    receipt = broken(waiting, nina, at=later)
    said = json.loads(base64.urlsafe_b64decode(bytes(receipt.jws).split(b".")[1] + b"=="))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.reason) == ("approved", "break_glass")
    assert (said["decision"], said["basis"]) == ("approved", "break_glass")
    (review,) = said["reviews"]
    assert (review["stmt"]["sub"], review["stmt"]["role"]) == (nina.urn, "night-owner")
    assert (Review.objects.get().note, Review.objects.get().verdict) == (REASON, "approve")
    events = Entry.objects.filter(action=waiting, actor=nina.urn).values_list("event", flat=True)
    assert list(events) == ["action.glass_broken", "action.approved"]
    assert REASON not in json.dumps(said), "the reason stays among the owners"
    redemption.consume(action_id=waiting.pk, server=asks.identity(shop), key="once", at=later)


def test_it_keeps_who_had_said_yes_before(waiting, nina, alice, later):
    reviews.record(action_id=waiting.pk, reviewer=alice, verdict="approve", at=later)
    broken(waiting, nina, at=later)
    assert list(Review.objects.values_list("reviewer__username", flat=True)) == ["alice", "mallory"]


def test_exceptions_owners_find_it_and_the_breaker_does_not_resolve_it(waiting, nina, carol, later):
    roles.give(role="data-owner", user=nina, at=later)
    broken(waiting, nina, at=later)
    found = Finding.objects.get()
    assert (found.code, found.action_id, found.detail) == ("break_glass", waiting.pk, REASON)
    with pytest.raises(errors.OwnGlass):
        findings.resolve(finding_id=found.pk, by=nina, resolution="It was fine.", at=later)
    assert findings.resolve(finding_id=found.pk, by=carol, resolution="Looked at it.", at=later).resolved_by == carol


def test_two_glasses_are_two_findings_even_of_one_tool(waiting, nina, alice, carol, shop, later):
    other = asks.submit(shop, key="k2", at=later).action
    roles.give(role="night-owner", user=carol, at=later)
    broken(waiting, nina, at=later)
    broken(other, carol, at=later)
    assert Finding.objects.count() == 2
    with pytest.raises(errors.OwnGlass):
        findings.resolve(finding_id=Finding.objects.get(action=other).pk, by=carol, resolution="Fine.", at=later)


def test_who_may_decide_may_not_therefore_break_it(waiting, alice, later):
    with pytest.raises(errors.NoBreakGlass):
        broken(waiting, alice, at=later)


def test_to_a_stranger_it_is_not_there(waiting, django_user_model, later):
    stranger = django_user_model.objects.create_user("eve", is_staff=True, is_superuser=True)
    with pytest.raises(errors.NotFound):
        broken(waiting, stranger, at=later)


def test_who_held_the_role_and_holds_it_no_more_does_not(waiting, nina, later):
    roles.take(role="night-owner", user=nina, at=later)
    with pytest.raises(errors.NotFound):
        broken(waiting, nina, at=later)


def test_who_stands_in_for_somebody_away_does_not(waiting, nina, alice, later):
    absences.declare(person=nina, delegates={"night-owner": alice}, at=later)
    with pytest.raises(errors.NoBreakGlass):
        broken(waiting, alice, at=later)


def test_a_rule_without_glass_has_none_to_break(nina, alice, bob, carol, shop, now):
    roles.give(role="payments-owner", user=nina, at=now)
    plain = wait(shop, at=now, break_glass=None)
    assert not glass.may_break(action=plain, person=nina, at=now)
    with pytest.raises(errors.NoBreakGlass):
        broken(plain, nina, at=now)


@pytest.mark.parametrize("subject", ["mallory", "user:Mallory"])
def test_nobody_breaks_it_for_themselves(nina, alice, bob, carol, shop, now, subject):
    own = wait(shop, at=now, value=asks.ask(subject=subject))
    with pytest.raises(errors.OwnAsk):
        broken(own, nina, at=now)


def test_an_excluded_owner_of_the_server_does_not_break_it(nina, alice, bob, carol, shop, now):
    type(shop).objects.update(owner=nina)
    own = wait(shop, at=now, exclude_server_owner=True)
    with pytest.raises(errors.OwnServer):
        broken(own, nina, at=now)


@pytest.mark.parametrize(("reason", "refusal"), [(" ", errors.TextMissing), ("x" * 501, errors.TextTooLong)])
def test_a_reason_is_given_and_bounded(waiting, nina, later, reason, refusal):
    with pytest.raises(refusal):
        broken(waiting, nina, at=later, reason=reason)
    assert Action.objects.get().state == "pending"


def test_it_is_broken_once_and_before_the_deadline(waiting, nina, carol, later):
    with pytest.raises(errors.AlreadySettled, match="expired"):
        broken(waiting, nina, at=waiting.deadline_at)
    broken(waiting, nina, at=later)
    with pytest.raises(errors.AlreadySettled, match="approved"):
        broken(waiting, nina, at=later)
    assert not glass.may_break(action=Action.objects.get(), person=nina, at=later)


def test_who_has_said_yes_already_leaves_it_to_somebody_else(waiting, nina, alice, later):
    roles.give(role="night-owner", user=alice, at=later)
    reviews.record(action_id=waiting.pk, reviewer=alice, verdict="approve", at=later)
    with pytest.raises(errors.AlreadyReviewed):
        broken(waiting, alice, at=later)


def test_what_was_seen_is_what_is_approved(waiting, nina, later):
    with pytest.raises(errors.StaleView):
        broken(waiting, nina, at=later, seen="x" * 43)
    broken(waiting, nina, at=later, seen=settlement.shown(waiting, policy=waiting.policy))


def test_one_person_breaks_so_many_an_hour(waiting, nina, shop, later):
    actions = [asks.submit(shop, key=f"more{number}", at=later).action for number in range(glass.MOST_AN_HOUR)]
    for action in actions:
        broken(action, nina, at=later)
    with pytest.raises(errors.TooManyBroken):
        broken(waiting, nina, at=later)
    hour = later + timedelta(hours=1)
    publishing.publish(checkpoint="shop/refund", pattern="refund", need=2, deadline_seconds=86400, **GLASS, at=later)
    late = asks.submit(shop, key="late", at=later).action
    broken(late, nina, at=hour)


def test_a_page_offers_it_to_whom_it_belongs(waiting, nina, alice, later):
    assert glass.may_break(action=waiting, person=nina, at=later)
    assert not glass.may_break(action=waiting, person=alice, at=later)

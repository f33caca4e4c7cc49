"""What fell through is noted once while it is open, seen by those whose duty it is, and resolved with a sentence."""

from datetime import timedelta

import pytest

from accounts import roles
from accounts.models import User
from approvals import errors, findings, rows
from approvals.findings import Noted
from approvals.models import Entry, Finding, Review
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def minded(now, alice):
    """A checkpoint of payments with exceptions owners, of whom alice is one."""
    roles.give(role="payments-exceptions", user=alice, at=now)
    held = {"approval": "payments-owner", "exceptions": "payments-exceptions"}
    return publish(checkpoint="shop/refund", pattern="refund", roles=held, at=now).checkpoint


@pytest.fixture
def admin(db):
    return User.objects.create_user("ada", is_staff=True)


@pytest.fixture
def failed(minded, shop, now):
    noted = Noted(code="outcome_failed", checkpoint_id=minded.pk, server_id=shop.pk, kind="tool_call", about="refund")
    findings.record([noted], at=now)
    return Finding.objects.get()


def resolve(finding, by, at, resolution="The order was refunded by hand."):
    return findings.resolve(finding_id=finding.pk, by=by, resolution=resolution, at=at)


def test_many_are_noted_in_one_statement(shop, asked, now):
    noted = [Noted(code="no_checkpoint", server_id=shop.pk, kind="tool_call", about=name) for name in "aabc"]
    noted += [Noted(code="dead_letter", about="not_json", action_id=asked.pk, detail="It is no JSON.")]
    rows.turn(findings.step(noted, at=now))
    found = {(row.code, row.about): row for row in Finding.objects.all()}
    assert {key: row.count for key, row in found.items()} == {
        ("no_checkpoint", "a"): 2, ("no_checkpoint", "b"): 1, ("no_checkpoint", "c"): 1, ("dead_letter", "not_json"): 1,
    }  # fmt: skip
    letter = found["dead_letter", "not_json"]
    assert (letter.action_id, letter.server_id, letter.checkpoint_id) == (asked.pk, None, None)
    assert (letter.first_at, letter.last_at, letter.detail) == (now, now, "It is no JSON.")


def test_nothing_noted_asks_the_database_nothing(now, django_assert_num_queries):
    with django_assert_num_queries(0):
        rows.turn(findings.step([], at=now))


def test_the_same_again_only_counts(shop, asked, now, later):
    first = Noted(code="no_owner", server_id=shop.pk, about="refund", action_id=asked.pk, detail="once")
    again = Noted(code="no_owner", server_id=shop.pk, about="refund", detail="twice")
    findings.record([first], at=now)
    findings.record([again, again], at=later)
    (row,) = Finding.objects.all()
    assert (row.count, row.first_at, row.last_at) == (3, now, later)
    assert (row.action_id, row.detail) == (asked.pk, "twice")


def test_what_was_resolved_and_happens_again_is_new(failed, alice, now, later):
    resolve(failed, alice, now)
    noted = Noted(code="outcome_failed", checkpoint_id=failed.checkpoint_id, server_id=failed.server_id,
                  kind="tool_call", about="refund")  # fmt: skip
    findings.record([noted], at=later)
    assert [(row.count, row.resolved_at) for row in Finding.objects.order_by("pk")] == [(1, now), (1, None)]


def test_texts_of_servers_are_cut_and_hold_no_null(shop, now):
    findings.record([Noted(code="dead_letter", server_id=shop.pk, about="x" * 300, detail="a\0b" * 400)], at=now)
    row = Finding.objects.get()
    assert (len(row.about), len(row.detail)) == (256, 500) and "\0" not in row.detail


def test_an_exceptions_owner_resolves_it_in_words_and_the_ledger_tells(failed, alice, now):
    row = resolve(failed, alice, now)
    assert (row.resolved_by, row.resolution) == (alice, "The order was refunded by hand.")
    assert Entry.objects.filter(event="finding.resolved", actor="user:alice").exclude(dig="").count() == 1


@pytest.mark.parametrize("who", ["bob", "carol", "mallory", "admin"])
def test_whose_duty_it_is_not_finds_nothing(request, failed, who, now):
    """Approving there is another duty; an admin sees what has no checkpoint."""
    person = request.getfixturevalue(who)
    assert not findings.seen_by(person, at=now).exists()
    with pytest.raises(errors.NotFound):
        resolve(failed, person, now)


def test_what_has_no_checkpoint_is_for_admins(shop, admin, alice, minded, now):
    findings.record([Noted(code="no_checkpoint", server_id=shop.pk)], at=now)
    assert findings.seen_by(admin, at=now).count() == 1 and not findings.seen_by(alice, at=now).exists()
    resolve(Finding.objects.get(), admin, now)


def test_a_superuser_who_is_no_admin_sees_nothing(shop, now):
    findings.record([Noted(code="no_checkpoint", server_id=shop.pk)], at=now)
    assert not findings.seen_by(User.objects.create_user("root", is_superuser=True), at=now).exists()


def test_the_duty_ends_with_the_role(failed, alice, now, later):
    roles.take(role="payments-exceptions", user=alice, at=now)
    with pytest.raises(errors.NotFound):
        resolve(failed, alice, later)


@pytest.mark.parametrize(
    ("said", "refusal"), [("  \n", errors.TextMissing), ("x" * 1001, errors.TextTooLong)], ids=["nothing", "too much"]
)
def test_a_resolution_is_a_sentence(failed, alice, now, said, refusal):
    with pytest.raises(refusal):
        resolve(failed, alice, now, said)
    assert Finding.objects.get().resolved_at is None


def test_the_second_to_resolve_is_told(failed, alice, now, later):
    resolve(failed, alice, now)
    with pytest.raises(errors.AlreadyResolved):
        resolve(failed, alice, later, "Me too.")
    assert Finding.objects.get().resolution == "The order was refunded by hand."


def test_who_broke_the_glass_does_not_look_at_it_alone(asked, minded, alice, bob, now):
    roles.give(role="payments-exceptions", user=bob, at=now)
    for reviewer, at in ((bob, now), (alice, now + timedelta(seconds=1))):
        Review.objects.create(action=asked, reviewer=reviewer, role="r", verdict="approve", shown="", stmt=b"", at=at)
    findings.record([Noted(code="break_glass", checkpoint_id=minded.pk, action_id=asked.pk)], at=now)
    with pytest.raises(errors.OwnGlass):
        resolve(Finding.objects.get(), alice, now)
    resolve(Finding.objects.get(), bob, now)

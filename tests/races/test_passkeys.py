"""A passkey is revoked while somebody decides with it; two tabs sign the same yes; one registration is sent twice."""

import pytest

from accounts import passkeys
from accounts.models import Passkey
from approvals import changes, introducing, reviews
from approvals.models import Action, Change, Review
from tests.approvals.governance.test_introducing import register
from tests.approvals.signing import device_of, sign
from tests.asks import submit
from tests.publishing import publish

from .test_races import at_once, on_postgres

__all__ = ["on_postgres"]
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ROUNDS = 8


def saying(action, person, signed, *, at):
    return lambda: reviews.record(
        action_id=action.pk, reviewer=person, verdict="approve", signed=signed, at=at
    )  # fmt: skip


def test_a_revocation_and_a_yes_happen_one_after_the_other(alice, bob, shop, now):
    publish(checkpoint="shop/refund", pattern="refund", passkey="required", deadline_seconds=600, at=now)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        signed = sign(device_of(alice, at=now), action, alice, at=now)
        key = passkeys.live_of(alice)[0].pk
        answers = at_once(
            saying(action, alice, signed, at=now),
            lambda key=key: introducing.revoke(passkey_id=key, by=alice, at=now),
        )
        named = sorted(type(answer).__name__ for answer in answers)
        assert named in (["Passkey", "Recorded"], ["Passkey", "UnknownPasskey"])
        assert Review.objects.filter(action=action).exists() == ("Recorded" in named)
        assert Passkey.objects.get(pk=key).revoked_at == now


def test_two_tabs_that_sign_the_same_yes_are_one_review(alice, bob, shop, now):
    publish(checkpoint="shop/payout", pattern="refund", need=2, deadline_seconds=600, at=now)
    device = device_of(alice, at=now)
    for number in range(ROUNDS):
        action = submit(shop, key=f"k{number}", at=now).action
        one, other = (sign(device, action, alice, at=now) for _ in range(2))
        answers = at_once(saying(action, alice, one, at=now), saying(action, alice, other, at=now))
        assert sorted(type(answer).__name__ for answer in answers) == ["AlreadyReviewed", "Recorded"]
        assert Review.objects.filter(action=action).count() == 1
        assert Action.objects.get(pk=action.pk).state == "pending"


def test_confirming_and_taking_back_never_leave_a_passkey_between(alice, now):
    from accounts.models import User

    admin = User.objects.create_user("ann", is_staff=True)
    for _ in range(ROUNDS):
        passkey = register(alice, at=now)
        change = Change.objects.filter(about="passkey").latest("id")
        at_once(
            lambda change=change: changes.confirm(change_id=change.pk, by=admin, at=now),
            lambda passkey=passkey: introducing.revoke(passkey_id=passkey.pk, by=alice, at=now),
        )
        passkey.refresh_from_db()
        change.refresh_from_db()
        assert passkey.revoked_at == now and change.state in ("applied", "withdrawn")
        assert (passkey.live_from is not None) == (change.state == "applied")

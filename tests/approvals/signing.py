"""People with passkeys that count, and verdicts signed by them."""

from datetime import timedelta

from accounts import passkeys
from accounts.models import User
from approvals import reviews, signing, verdicts
from tests.approvals.authenticator import Authenticator

CHALLENGE = "Y2hhbGxlbmdlLW9mLXRoaXMtY2VyZW1vbnktaXMtbG9uZw"
EARLIER = timedelta(minutes=1)


def device_of(person, *, at, alg=-7, **said) -> Authenticator:
    """A device whose passkey counts for this person since a minute ago."""
    device = Authenticator.here(alg=alg, **said)
    made = passkeys.registered(device.create(CHALLENGE), challenge=CHALLENGE)
    row = passkeys.add(person=person, credential=made, name="Laptop", at=at - EARLIER)
    keeper, _ = User.objects.get_or_create(username="keeper")
    passkeys.confirm(passkey_id=row.pk, by=keeper, at=at - EARLIER)
    return device


def given(action, person, verdict="approve", **said) -> verdicts.Given:
    return verdicts.Given(action_id=action.pk, reviewer=person, verdict=verdict, **said)


def sign(device, action, person, verdict="approve", *, at, how=None, **said) -> signing.Signed:
    """The verdict's statement, signed."""
    stmt = reviews.stated(given=given(action, person, verdict, **said), at=at)
    return signing.Signed(stmt, device.sign(stmt, **(how or {})))


def say(device, action, person, verdict="approve", *, at, how=None, **said) -> reviews.Recorded:
    """State it, sign it, record it."""
    signed = sign(device, action, person, verdict, at=at, how=how, **said)
    return reviews.record(action_id=action.pk, reviewer=person, verdict=verdict, signed=signed, at=at, **said)

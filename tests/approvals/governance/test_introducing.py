"""Who vouches for a new passkey: an old one of the same person, or an admin; and what is on record of it."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from placet import canonical

from accounts import passkeys
from accounts.errors import BadCeremony, CeremonyOver, NoPasskeysHere, PasskeyTaken, UnknownPasskey
from accounts.models import Notice, Passkey
from approvals import changes, errors, introducing, vetting
from approvals.introducing import Ceremony
from approvals.models import Change, Entry, Finding
from tests import publishing
from tests.approvals.authenticator import Authenticator
from tests.approvals.signing import device_of

pytestmark = pytest.mark.django_db


def register(person, *, at, device=None, old=None, name="Laptop"):
    """Go through the ceremony; with `old`, that device introduces the new one."""
    device, ceremony = device or Authenticator.here(), Ceremony.begin(at=at)
    made = device.create(ceremony.challenge)
    introduced = None
    if old is not None:
        attestation = passkeys.registered(made, challenge=ceremony.challenge).attestation
        introduced = old.sign(
            canonical.canonical(
                {
                    "@type": "placet.introduction.v1", "iss": introducing.settings.PUBLIC_URL, "sub": person.urn,
                    "challenge": ceremony.challenge, "attestation": attestation,
                }
            )
        )  # fmt: skip
    return introducing.register(
        person=person, ceremony=ceremony, credential=made, name=name, introduced=introduced, at=at
    )  # fmt: skip


def events():
    return list(Entry.objects.filter(event__startswith="passkey.").values_list("event", "actor"))


def test_the_first_passkey_waits_until_an_admin_confirms_it(ann, alice, now):
    passkey = register(alice, at=now)
    change = Change.objects.get(about="passkey")
    assert passkey.waits and (change.state, change.subject, change.author) == ("proposed", "alice", alice)
    assert changes.consequences(about="passkey", subject="alice", proposed=changes.documents(change)[1], at=now)
    changes.confirm(change_id=change.pk, by=ann, at=now)
    passkey.refresh_from_db()
    assert passkey.live and passkey.confirmed_by == ann and passkey.live_from == now
    assert events() == [("passkey.registered", "user:alice"), ("passkey.confirmed", "user:ann")]
    assert list(Notice.objects.order_by("id").values_list("code", flat=True)) == ["passkey_new", "passkey_counts"]


def test_nobody_confirms_their_own_but_the_only_admin(ann, ben, alice, now):
    passkey = register(ann, at=now)
    change = Change.objects.get()
    with pytest.raises(errors.OwnChange):
        changes.confirm(change_id=change.pk, by=ann, at=now)
    with pytest.raises(errors.NotAnAdmin):
        changes.confirm(change_id=change.pk, by=alice, at=now)
    changes.confirm(change_id=change.pk, by=ben, at=now)
    passkey.refresh_from_db()
    assert passkey.confirmed_by == ben


def test_the_only_admin_acts_alone_and_the_record_says_so(ann, now):
    passkey = register(ann, at=now)
    assert passkey.live and passkey.confirmed_by == ann and Change.objects.get().alone
    assert "alone" in Notice.objects.get().text


def test_a_passkey_that_counts_introduces_the_next_at_once(ann, alice, now):
    old = device_of(alice, at=now)
    passkey = register(alice, at=now, old=old, name="Phone")
    assert passkey.live and passkey.introduced_by.person == alice and not Change.objects.exists()
    assert events() == [("passkey.registered", "user:alice"), ("passkey.introduced", "user:alice")]


def test_an_introduction_that_does_not_hold_registers_nothing(ann, alice, bob, now):
    device_of(alice, at=now)
    with pytest.raises(UnknownPasskey):
        register(alice, at=now, old=device_of(bob, at=now))
    ceremony, device, old = Ceremony.begin(at=now), Authenticator.here(), device_of(alice, at=now)
    with pytest.raises(BadCeremony):  # signed for something else
        introducing.register(
            person=alice, ceremony=ceremony, credential=device.create(ceremony.challenge), name="x",
            introduced=old.sign(b"{}"), at=now,
        )  # fmt: skip
    assert Passkey.objects.filter(live_from=None).count() == 0 and not events()


def test_what_is_refused_or_withdrawn_is_revoked(ann, alice, now):
    for end in ("refuse", "withdraw"):
        passkey = register(alice, at=now)
        change = Change.objects.first()
        if end == "refuse":
            changes.refuse(change_id=change.pk, by=ann, note="She knows nothing of it.", at=now)
        else:
            changes.withdraw(change_id=change.pk, by=alice, at=now)
        passkey.refresh_from_db()
        assert passkey.revoked_by == (ann if end == "refuse" else alice) and passkey.live_from is None
        with pytest.raises(errors.ChangeOver):
            changes.confirm(change_id=change.pk, by=ann, at=now)
    assert Notice.objects.filter(code="passkey_gone").count() == 2


def test_revoking_holds_at_once_for_its_person_and_for_admins_only(ann, alice, bob, now):
    waiting = register(alice, at=now)
    introducing.revoke(passkey_id=waiting.pk, by=alice, at=now)
    assert Change.objects.get().state == "withdrawn"
    other = register(alice, at=now)
    introducing.revoke(passkey_id=other.pk, by=ann, at=now)
    assert Change.objects.first().state == "refused"
    device_of(alice, at=now)
    live = passkeys.live_of(alice)[0]
    with pytest.raises(errors.NotFound):
        introducing.revoke(passkey_id=live.pk, by=bob, at=now)
    introducing.revoke(passkey_id=live.pk, by=ann, at=now)
    assert passkeys.live_of(alice) == [] and events()[-1] == ("passkey.revoked", "user:ann")


def test_a_ceremony_is_good_for_five_minutes_and_a_credential_once(ann, alice, bob, now):
    kept = asdict(Ceremony.begin(at=now))
    assert Ceremony.of(kept, at=now + timedelta(minutes=5)).challenge == kept["challenge"]
    for stale, at in ((kept, now + timedelta(minutes=5, seconds=1)), (None, now), ("x", now), ({}, now)):
        with pytest.raises(CeremonyOver):
            Ceremony.of(stale, at=at)
    device = Authenticator.here()
    register(alice, at=now, device=device)
    for person in (alice, bob):
        with pytest.raises(PasskeyTaken):
            register(person, at=now, device=device)


def test_a_console_without_a_name_has_no_passkeys(settings, now):
    settings.PUBLIC_URL = "https://10.0.0.7"
    with pytest.raises(NoPasskeysHere):
        Ceremony.begin(at=now)


def test_what_is_vouched_for_is_that_very_key(ann, alice, bob, now):
    register(alice, at=now)
    document = changes.documents(Change.objects.get())[1]
    for wrong in ({"key": "x" * 43}, {"passkey": "x" * 43}, {"person": "bob"}, {"more": 1}):
        with pytest.raises(errors.BadChange):
            changes.propose(author=alice, about="passkey", subject="alice", proposed=document | wrong, at=now)
    with pytest.raises(errors.NotFound):
        changes.propose(author=bob, about="passkey", subject="alice", proposed=document, at=now)


def test_a_rule_that_wants_passkeys_needs_people_who_have_them(ann, alice, bob, now):
    wants = publishing.rule(checkpoint="pay", pattern="pay", need=2, passkey="required")
    with pytest.raises(errors.Unsatisfiable, match="it has none with a passkey that counts"):
        vetting.vet(rule=wants, at=now)
    device_of(alice, at=now)
    with pytest.raises(errors.Unsatisfiable, match="2 distinct people of payments-owner, it has 1 with a passkey"):
        vetting.vet(rule=wants, at=now)
    device_of(bob, at=now)
    assert vetting.vet(rule=wants, at=now) is not None


def test_revoking_the_passkey_that_a_rule_needs_is_found(ann, alice, now):
    device_of(alice, at=now)
    publishing.publish(checkpoint="pay", pattern="pay", passkey="required", at=now)
    assert vetting.recheck(at=now) == 0
    introducing.revoke(passkey_id=passkeys.live_of(alice)[0].pk, by=alice, at=now)
    assert "with a passkey that counts" in Finding.objects.get(code="unsatisfiable").detail

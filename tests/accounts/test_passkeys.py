"""People's passkeys: what a ceremony has to show, who vouches for a new one, and what is kept of an old one."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator as Shadow
from django.db import IntegrityError, transaction
from placet import canonical

from accounts import errors, passkeys
from accounts.models import Passkey
from tests.approvals.authenticator import PRESENT, Authenticator

CHALLENGE = "Y2hhbGxlbmdlLW9mLXRoaXMtY2VyZW1vbnktaXMtbG9uZw"


def kept(person, *, at, device=None, name="Laptop"):
    device = device or Authenticator.here()
    made = passkeys.registered(device.create(CHALLENGE), challenge=CHALLENGE)
    return device, passkeys.add(person=person, credential=made, name=name, at=at)


@pytest.mark.parametrize("alg", [-7, -8, -257])
@pytest.mark.django_db
def test_a_credential_of_each_algorithm_is_read_and_signs(alice, carol, now, alg):
    device, passkey = kept(alice, at=now, device=Authenticator.here(alg=alg))
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)
    (live,) = passkeys.live_of(alice)
    stmt = canonical.canonical({"verdict": "approve"})
    said = json.loads(passkeys.signed(device.sign(stmt), challenge=passkeys.challenge_of(stmt), passkey=live))
    assert sorted(said) == ["authenticatorData", "clientDataJSON", "id", "signature"] and said["id"] == device.name
    named, jwk = passkeys.jwk(live.public_key)
    assert named == alg and jwk["kty"] == {-7: "EC", -8: "OKP", -257: "RSA"}[alg]


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"challenge": "AAAA"}, errors.BadCeremony),
        ({"origin": "http://localhost.evil.example"}, errors.ForeignOrigin),
        ({"origin": "https://localhost"}, errors.ForeignOrigin),
        ({"crossOrigin": True}, errors.ForeignOrigin),
        ({"topOrigin": "https://evil.example"}, errors.ForeignOrigin),
        ({"type": "webauthn.get"}, errors.BadCeremony),
        ({"padding": "x" * 400}, errors.BadCeremony),
        ({"flags": PRESENT}, errors.UnverifiedPerson),
        ({"flags": 0x04}, errors.BadCeremony),
    ],
)
def test_a_registration_that_does_not_hold_is_refused(how, refusal):
    challenge = how.pop("challenge", CHALLENGE) if "challenge" in how else CHALLENGE
    said = Authenticator.here().create(challenge, **how)
    with pytest.raises(refusal):
        passkeys.registered(said, challenge=CHALLENGE)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda said: said.update(id="AAAAAAAAAAAAAAAAAAAAAA"),
        lambda said: said.update(response=None),
        lambda said: said["response"].pop("attestationObject"),
        lambda said: said["response"].update(attestationObject="AAAA"),
        lambda said: said["response"].update(attestationObject=said["response"]["attestationObject"] + "="),
        lambda said: said["response"].update(clientDataJSON=7),
    ],
)
def test_a_registration_in_pieces_is_refused(break_it):
    said = Authenticator.here().create(CHALLENGE)
    break_it(said)
    with pytest.raises(errors.BadCeremony):
        passkeys.registered(said, challenge=CHALLENGE)
    for junk in (None, [], "x", {}, {"id": 1, "response": {}}):
        with pytest.raises(errors.BadCeremony):
            passkeys.registered(junk, challenge=CHALLENGE)


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        (-7, {-3: bytes(31) + b"\x05"}), (-8, {-2: b"\x01" + bytes(31)}), (-8, {-2: bytes(32)}), (-8, {-2: b"short"}),
        (-257, {-2: b"\x01"}), (-257, {-2: b"\x03"}), (-257, {-2: b"\x00\x01\x00\x01"}), (-257, {3: -65535}),
        (-7, b"\x81" * 5000),
    ],
    ids=["off the curve", "the neutral point", "small order", "half a key", "exponent 1", "exponent 3",
         "an exponent spelled longer", "SHA-1", "nested without end"],
)  # fmt: skip
def test_a_key_with_which_others_sign_too_is_no_passkey(alg, key):
    """Its owner could say that somebody else did it, and who verifies would be right to refuse it."""
    said = Authenticator.here(alg=alg).create(CHALLENGE, key=key)
    with pytest.raises(errors.BadCeremony):
        passkeys.registered(said, challenge=CHALLENGE)


def test_transports_of_no_sense_are_passed_over():
    said = Authenticator.here().create(CHALLENGE)
    said["response"]["transports"] = [["usb"], {}, "usb", 7, "telepathy"]
    assert passkeys.registered(said, challenge=CHALLENGE).transports == ("usb",)


@pytest.mark.django_db
def test_whatever_a_stranger_sends_as_a_passkey_is_a_wrong_code(client, alice, carol, now):
    device, passkey = kept(alice, at=now)
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)
    handle = {"userHandle": canonical_handle(alice)}
    nested = device.get("AAAA", extra=b"\x81" * 4000)
    junk = ["[" * 100_000, "7", json.dumps(nested | {"response": nested["response"] | handle}),
            json.dumps(device.get("AAAA") | {"clientExtensionResults": 7})]  # fmt: skip
    for said in junk:
        answer = client.post("/sign-in/passkey/", {"credential": said})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in/"), said[:80]


@pytest.mark.django_db
def test_who_signs_in_signs_that_and_nothing_that_could_be_a_yes(client, alice, carol, now):
    """A console that lies could give the digest of a yes as its challenge."""
    device, passkey = kept(alice, at=now)
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)

    def enter(say):
        options = client.get("/sign-in/passkey/", headers={"X-Requested-With": "XMLHttpRequest"}).json()
        said = device.get(say(options["request_options"]["publicKey"]["challenge"]))
        said["response"]["userHandle"] = canonical_handle(alice)
        return client.post("/sign-in/passkey/", {"credential": json.dumps(said)}).headers["Location"], json.dumps(said)

    assert enter(lambda challenge: challenge)[0] == "/sign-in/", "the bare challenge"
    place, said = enter(passkeys.entering)
    assert place == "/" and "_auth_user_id" in client.session
    client.logout()
    assert client.post("/sign-in/passkey/", {"credential": said}).headers["Location"] == "/sign-in/", "and once"


def canonical_handle(person):
    from allauth.account.utils import user_pk_to_url_str
    from placet import jws

    return jws.encode(user_pk_to_url_str(person).encode()).decode()


def test_a_credential_for_another_site_or_with_an_endless_name_is_refused():
    for device in (Authenticator(rp_id="evil.example", origin=passkeys.relying_party().origin),
                   Authenticator.here(id=bytes(129)), Authenticator.here(id=bytes(8))):  # fmt: skip
        with pytest.raises(errors.BadCeremony):
            passkeys.registered(device.create(CHALLENGE), challenge=CHALLENGE)


@pytest.mark.django_db
def test_an_assertion_that_does_not_hold_is_refused(alice, carol, now):
    device, passkey = kept(alice, at=now)
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)
    (live,) = passkeys.live_of(alice)
    stmt, other = b'{"verdict":"approve"}', b'{"verdict":"deny"}'
    whole = {"challenge": passkeys.challenge_of(stmt), "passkey": live}
    twisted = device.sign(stmt)
    twisted["response"]["signature"] = device.sign(other)["response"]["signature"]
    stranger = Authenticator.here(id=device.id).sign(stmt)
    foreign = Authenticator(rp_id="evil.example", origin=device.origin, id=device.id)
    foreign.key = device.key
    for said, refusal in (
        (device.sign(other), errors.BadCeremony), (twisted, errors.BadCeremony), (stranger, errors.BadCeremony),
        (foreign.sign(stmt), errors.BadCeremony), (device.sign(stmt, flags=PRESENT), errors.UnverifiedPerson),
        (device.sign(stmt, crossOrigin=True), errors.ForeignOrigin),
        (Authenticator.here().sign(stmt), errors.UnknownPasskey),
        (device.sign(stmt, origin="https://evil.example"), errors.ForeignOrigin),
        (device.sign(stmt, type="webauthn.create"), errors.BadCeremony), ({}, errors.BadCeremony),
    ):  # fmt: skip
        with pytest.raises(refusal):
            passkeys.signed(said, **whole)


@pytest.mark.django_db
def test_a_new_passkey_counts_for_nothing_until_somebody_vouches_for_it(alice, carol, now):
    _, passkey = kept(alice, at=now)
    assert passkey.waits and passkeys.live_of(alice) == [] and not Shadow.objects.exists()
    assert passkeys.people_with(at=now) == set()
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)
    assert passkeys.people_with(at=now) == {alice.pk} and Shadow.objects.get().user == alice
    with pytest.raises(errors.PasskeyTaken):
        passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)


@pytest.mark.django_db
def test_a_passkey_introduces_another_of_the_same_person_only(alice, bob, carol, now):
    _, old = kept(alice, at=now)
    _, new = kept(alice, at=now, name="Phone")
    with pytest.raises(errors.UnknownPasskey):
        passkeys.introduce(passkey_id=new.pk, by=old, at=now)  # the old one counts for nothing itself
    passkeys.confirm(passkey_id=old.pk, by=carol, at=now)
    _, his = kept(bob, at=now)
    with pytest.raises(errors.UnknownPasskey):
        passkeys.introduce(passkey_id=his.pk, by=old, at=now)
    assert passkeys.introduce(passkey_id=new.pk, by=old, at=now).introduced_by == old


@pytest.mark.django_db
def test_a_revoked_passkey_stays_on_record_and_signs_nobody_in(alice, carol, now):
    device, passkey = kept(alice, at=now)
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)
    passkeys.revoke(passkey_id=passkey.pk, by=alice, at=now + timedelta(seconds=9))
    assert passkeys.live_of(alice) == [] and not Shadow.objects.exists()
    assert passkeys.people_with(at=now + timedelta(seconds=8)) == {alice.pk}
    for again in (passkeys.revoke, passkeys.confirm):
        with pytest.raises(errors.PasskeyOver):
            again(passkey_id=passkey.pk, by=carol, at=now)
    with pytest.raises(errors.PasskeyTaken):
        kept(alice, at=now, device=device)
    with pytest.raises(errors.PasskeyOver):
        passkeys.rename(passkey_id=passkey.pk, person=alice, name="Old one")


@pytest.mark.django_db
def test_the_database_keeps_a_passkey_as_it_is(alice, carol, now):
    _, passkey = kept(alice, at=now)
    passkeys.confirm(passkey_id=passkey.pk, by=carol, at=now)
    row = Passkey.objects.filter(pk=passkey.pk)
    for wrong in ({"public_key": b"x"}, {"credential_id": b"x"}, {"live_from": now + timedelta(days=1)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()
    row.update(revoked_at=now, revoked_by=carol)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.update(revoked_at=None, revoked_by=None)


@pytest.mark.django_db
def test_nobody_has_more_than_ten_and_each_has_a_name(alice, bob, now):
    _, passkey = kept(alice, at=now)
    for _ in range(9):
        kept(alice, at=now)
    with pytest.raises(errors.TooManyPasskeys):
        kept(alice, at=now)
    for name in ("", "  ", "x" * 61, "two\nlines", "\u202egnp"):
        with pytest.raises(errors.BadPasskeyName):
            passkeys.rename(passkey_id=passkey.pk, person=alice, name=name)
    with pytest.raises(errors.UnknownPasskey):
        passkeys.rename(passkey_id=passkey.pk, person=bob, name="Mine")
    with pytest.raises(errors.BadPasskeyName):  # an admin is asked about it by that name
        passkeys.rename(passkey_id=passkey.pk, person=alice, name="Key ring")
    passkeys.confirm(passkey_id=passkey.pk, by=bob, at=now)
    assert passkeys.rename(passkey_id=passkey.pk, person=alice, name=" Key ring ").name == "Key ring"


@pytest.mark.parametrize(
    ("url", "party"),
    [
        ("http://127.0.0.1:8000", ("localhost", "http://localhost:8000")),
        ("http://[::1]:8000", ("localhost", "http://localhost:8000")),
        ("http://localhost", ("localhost", "http://localhost")),
        ("https://console.example.org", ("console.example.org", "https://console.example.org")),
        ("https://console.example.org:8443", ("console.example.org", "https://console.example.org:8443")),
        ("https://10.0.0.7", ("", "https://10.0.0.7")),
    ],
)
def test_passkeys_work_under_one_name_and_one_origin(url, party):
    assert passkeys.relying_party(url) == party

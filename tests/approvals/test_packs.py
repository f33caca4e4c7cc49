"""Proof packs: one file with all that is known of an action. Whatever is changed in it is found, by both verifiers."""

import copy
import json
import os
from random import Random

import pytest
from django.conf import settings
from placet import canonical, jws, packs
from placet.receipts import APPROVAL, DENIAL, Directory, Pin

from accounts import directory, passkeys
from approvals import keys, packing, reviews, sequencing, settlement, signing
from tests.approvals.authenticator import Authenticator
from tests.sdk import differing
from tests.sdk.forge import receipts as forge
from tests.sdk.script import javascript

pytestmark = pytest.mark.django_db
MANY = int(os.environ.get("MANY_CHANGES", "150"))  # thousands by hand, as many as fit in a second here
REFUSED = {
    "form": lambda pack: pack | {"more": 1},
    "action": lambda pack: pack | {"action": "0199e3c4-5a51-7c3e-9d4b-2f1f6c0a7b12"},
    "issuer": lambda pack: pack | {"iss": "https://console.example.com"},
    "receipt": lambda pack: pack | {"receipt": pack["receipt"][:-6] + "AAAAAA"},
    "another key": lambda pack: _put(pack, ["keys", "keys", 0, "x"], "A" * 43),
    "no keys": lambda pack: _put(pack, ["keys", "keys"], []),
    "policy": lambda pack: pack | {"policy": pack["policy"].replace("600", "601")},
    "nobody": lambda pack: _put(pack, ["directory", "people"], []),
    "a role from later on": lambda pack: _put(pack, ["directory", "people", 0, "roles", 0, "from"], 2_000_000_000),
    "another role": lambda pack: _put(pack, ["directory", "people", 0, "roles", 0, "role"], "gardener"),
    "a role from earlier on": lambda pack: _put(pack, ["directory", "people", 0, "roles", 0, "from"], 5),
    "another passkey": lambda pack: _put(pack, ["directory", "people", 0, "passkeys", 0, "id"], "AAAA"),
    "somebody beside": lambda pack: _put(pack, ["directory", "people"], [*pack["directory"]["people"], MALLORY]),
    "another site": lambda pack: _put(pack, ["directory", "iss"], "https://console.example.com"),
    "view": lambda pack: _put(pack, ["view", "renderer"], 99),
    "view of other bytes": lambda pack: _put(pack, ["view", "body"], "e" * 43),
    "view under another rule": lambda pack: _put(pack, ["view", "policy"], "e" * 43),
    "view with another context": lambda pack: _put(pack, ["view", "context"], "e" * 43),
    "another entry": lambda pack: _put(pack, ["ledger", "inclusion", "entry", "actor"], "user:mallory"),
    "another leaf": lambda pack: _put(pack, ["ledger", "inclusion", "entry", "leaf"], 0),
    "another head": lambda pack: _put(pack, ["ledger", "head", "note"], _unsigned(pack["ledger"]["head"]["note"])),
    "another proof": lambda pack: _put(pack, ["ledger", "inclusion", "hashes", 0], "A" * 43),
    "body": lambda pack: _put(pack, ["asked", "body"], pack["asked"]["body"].replace("4200", "4201")),
    "an edit that was none": lambda pack: _put(pack, ["asked", "edit"], pack["asked"]["body"]),
    "context": lambda pack: _put(pack, ["asked", "context"], '{"@type":"placet.context.v1","value":{}}'),
    "more beside the body": lambda pack: _put(pack, ["asked", "note"], "fine"),
}
MALLORY = {"sub": "user:mallory", "roles": [], "stands_in": [], "passkeys": []}


def _put(pack, path, value):
    pack = copy.deepcopy(pack)
    place = pack
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return pack


def _unsigned(note: str) -> str:
    """The same head, but signed over one leaf more."""
    origin, size, *rest = note.split("\n")
    return "\n".join([origin, str(int(size) + 1), *rest])


@pytest.fixture
def pack(asked, alice, carol, now):
    """A refund that alice approved with her passkey, as its pack."""
    device = Authenticator.here()
    made = passkeys.registered(device.create(CHALLENGE), challenge=CHALLENGE)
    passkeys.confirm(passkey_id=passkeys.add(person=alice, credential=made, name="Laptop", at=now).pk, by=carol, at=now)
    shown = settlement.shown(asked, policy=asked.policy)
    said = signing.statement(
        asked, person=alice, role="payments-owner", verdict="approve", shown=shown, edited="", at=now,
        more={"opened": 0},
    )  # fmt: skip
    stmt = canonical.canonical(said)
    signed = signing.Signed(stmt, device.sign(stmt))
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", note="", at=now, signed=signed)
    sequencing.run(at=now)
    return json.loads(packing.pack(action_id=asked.pk, at=now))


CHALLENGE = "Y2hhbGxlbmdlLW9mLXRoaXMtY2VyZW1vbnktaXMtbG9uZw"


def both(pack, *, level_2=True, now) -> tuple[packs.Report, dict]:
    """What the Python verifier makes of it, and what the independent one does."""
    pin, people = keys.jwks() | {"issuer": settings.PUBLIC_URL}, directory.export(at=now) if level_2 else None
    raw = json.dumps(pack).encode()
    report = packs.verify(raw, pin=Pin(pin), directory=Directory.of(people))
    other = javascript("pack", {"pack": raw.decode(), "pin": pin, "directory": people})
    assert report.holds == other["holds"]
    assert [(part.name, part.result) for part in report.parts] == [(p["part"], p["result"]) for p in other["parts"]]
    return report, other


def test_a_pack_holds_without_asking_anybody(pack, now):
    report, other = both(pack, now=now)
    assert report.holds and all(part.result == "holds" for part in report.parts), report.parts
    assert report.examined.refusal is None and "Passkeys of user:alice" in " ".join(report.examined.proven)
    assert other["receipt"]["signers"] == ["user:alice"]


def test_without_a_directory_it_holds_by_the_consoles_word(pack, now):
    report, _ = both(pack, level_2=False, now=now)
    assert report.holds and "console’s word" in report.parts[4].detail


@pytest.mark.parametrize("how", REFUSED)
def test_whatever_is_changed_in_a_pack_is_found(pack, now, how):
    report, _ = both(REFUSED[how](pack), now=now)
    assert not report.holds


def test_what_was_erased_or_is_not_in_a_head_yet_is_left_out(pack, now):
    report, _ = both(pack | {"asked": None, "ledger": None, "policy": None}, now=now)
    assert report.holds and [part.name for part in report.parts if part.result == "left out"] == [
        "policy", "ledger", "asked",
    ]  # fmt: skip


def test_both_verifiers_say_the_same_of_whatever_is_changed_in_a_pack(pack, now):
    """Half of them with a receipt that the console signed anew, to be at one with what was changed."""
    by, pin, people = Random(7), keys.jwks() | {"issuer": settings.PUBLIC_URL}, directory.export(at=now)
    found, given = [], []
    for _ in range(MANY):
        changed, known = _signed_anew(pack, by=by) if by.random() < 0.4 else differing.change(pack, by=by), people
        raw, known = json.dumps(changed), known if by.random() < 0.6 else None
        report = packs.verify(raw.encode(), pin=Pin(pin), directory=Directory.of(known))
        found.append((raw, [[part.name, part.result] for part in report.parts]))
        given.append({"pack": raw, "pin": pin, "directory": known})
    said = javascript("packed", given)
    assert [(raw, ours, other) for (raw, ours), other in zip(found, said, strict=True) if ours != other] == []


def _signed_anew(pack, *, by):
    claims = differing.change(canonical.parse(jws.split(pack["receipt"].encode()).payload), by=by)
    typ = by.choice((APPROVAL, APPROVAL, DENIAL))
    receipt = forge.sealed(claims, typ=typ, signer=keys.signer(), payload=json.dumps(claims).encode())
    return differing.change(pack, by=by) | {"receipt": receipt} if by.random() < 0.3 else pack | {"receipt": receipt}


def test_a_pack_of_another_console_is_refused(pack, now):
    pin = {"issuer": "https://console.example.com", "keys": keys.jwks()["keys"]}
    report = packs.verify(json.dumps(pack).encode(), pin=Pin(pin))
    assert not report.holds and "wrong_issuer" in report.parts[1].detail


def test_a_denial_has_a_pack_too(asked, alice, now):
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="deny", note="No.", at=now)
    sequencing.run(at=now)
    report, _ = both(json.loads(packing.pack(action_id=asked.pk, at=now)), now=now)
    assert report.holds and report.parts[1].detail == "denied", report.parts


def test_owners_download_it_and_strangers_find_nothing(client, pack, alice, mallory):
    address = f"/actions/{pack['action']}/pack/"
    client.force_login(alice)
    answer = client.get(address)
    assert answer["Content-Disposition"].startswith("attachment") and json.loads(answer.content)["@type"] == packs.TYPE
    client.force_login(mallory)
    assert client.get(address).status_code == 404


def test_what_is_pending_has_no_pack(client, asked, alice):
    client.force_login(alice)
    assert client.get(f"/actions/{asked.pk}/pack/").status_code == 404

"""Values of standards, from data files, tried on both verifiers. How they were made: tests/sdk/published/README.md."""

import base64
import hashlib
import json
import struct
from pathlib import Path

import pytest
from placet import jws
from placet.canonical import NotCanonical, canonical, digest_bytes, parse
from placet.errors import NotVerified
from placet.receipts import assertions

from .published import make
from .script import javascript

HERE = Path(__file__).parent / "published"
#: Of the specification itself: the challenge of the authentication, and the beginning of its signature.
STATED = {
    "none.ES256": ("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408", "3046022100f50a4e2e4409249c4a"),
    "packed-self.ES256": (
        "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b", "304402203310b9431903c401f1be"),
    "packed.ES256": (None, "30450220694969d3ee928de6f02e"),
}  # fmt: skip


def data(name):
    return json.loads((HERE / name).read_text())


def test_the_files_are_what_the_rules_make():
    assert {name: (HERE / name).read_text() for name in make.FILES} == make.files()


@pytest.fixture(scope="module")
def ceremonies():
    return data("webauthn-assertions.json")


def test_the_rule_of_the_specification_was_read_rightly(ceremonies):
    known = {each["name"]: each for each in ceremonies}
    for name, (challenge, begins) in STATED.items():
        assert challenge in (None, known[name]["challenge"]) and known[name]["signature"].startswith(begins)
    assert known["none.ES256"]["registered"][:16] == "00c30fb78531c464"


def given(each, **changed):
    """The assertion as receipts repeat it, and what it is about."""
    parts = {name: bytes.fromhex(each[name]) for name in ("authenticatorData", "signature")}
    parts |= {"clientDataJSON": each["clientDataJSON"].encode()} | changed
    webauthn = {name: jws.encode(raw).decode() for name, raw in parts.items()} | {"id": each["id"]}
    challenge = jws.encode(bytes.fromhex(each["challenge"])).decode()
    passkey = {"alg": each["alg"], "jwk": each["jwk"], "id": each["id"]}
    rp = {"id": make.SITE, "origins": [make.ORIGIN]}
    return {"webauthn": webauthn, "challenge": challenge, "passkey": passkey, "rp": rp}


def python(said, monkeypatch):
    monkeypatch.setattr(assertions, "challenge", lambda stmt: stmt)
    try:
        assertions.check(
            said["webauthn"], stmt=said["challenge"], jwk=said["passkey"]["jwk"], alg=said["passkey"]["alg"],
            rp_id=said["rp"]["id"], origins=frozenset(said["rp"]["origins"]),
        )  # fmt: skip
    except NotVerified as no:
        return no.code
    return None


def test_assertions_of_the_specification_are_taken_or_refused_for_what_they_say(ceremonies, monkeypatch):
    """A frame is refused, and so is an authenticator that did not ask who was there; every signature holds."""
    asked = [given(each) for each in ceremonies]
    codes = [python(said, monkeypatch) for said in asked]
    assert codes == javascript("assertions", asked)
    for each, code in zip(ceremonies, codes, strict=True):
        framed = each["name"].endswith(("crossOrigin", "topOrigin"))
        assert code == ("cross_origin" if framed else None if each["verified"] else "user_unverified"), each["name"]
        client = hashlib.sha256(each["clientDataJSON"].encode()).digest()
        signed = bytes.fromhex(each["authenticatorData"]) + client
        assert assertions._signed(bytes.fromhex(each["signature"]), signed, jwk=each["jwk"], alg=each["alg"])


def test_no_bit_of_them_can_be_changed(ceremonies, monkeypatch):
    asked = []
    for each in ceremonies:
        for part in ("authenticatorData", "clientDataJSON", "signature"):
            raw = each[part].encode() if part == "clientDataJSON" else bytes.fromhex(each[part])
            for bit in range(0, len(raw) * 8, 61):
                turned = bytearray(raw)
                turned[bit // 8] ^= 1 << bit % 8
                asked.append(given(each, **{part: bytes(turned)}))
    said = javascript("assertions", asked)
    assert len(asked) > 300 and None not in said and said == [python(one, monkeypatch) for one in asked]


def test_signatures_that_rfc_8032_refuses_are_refused_by_both():
    cases = data("ed25519.json")
    asked = [{name: jws.encode(bytes.fromhex(each[key])).decode() for name, key in
              {"x": "x", "bytes": "data", "signature": "signature"}.items()} for each in cases]  # fmt: skip
    other = javascript("signatures", asked)
    ours = [
        jws.ed25519_holds(
            *(bytes.fromhex(each[name]) for name in ("signature", "data")), public_key=bytes.fromhex(each["x"])
        )
        for each in cases
    ]
    apart = [(each["name"], mine, theirs) for each, mine, theirs in zip(cases, ours, other, strict=True)
             if not mine == theirs == each["holds"]]  # fmt: skip
    assert len(cases) > 150 and apart == []


def written(text):
    try:
        return canonical(parse(text)).decode()
    except NotCanonical as no:
        return no.code


def test_numbers_are_written_as_rfc_8785_says_by_both():
    """Those that would be written as integers beyond 2^53-1 are not admitted here; nobody could read them back."""
    found = data("jcs-numbers.json")
    values = [struct.unpack(">d", bytes.fromhex(bits))[0] for bits, _ in found]
    texts = [repr(value).encode() for value in values]
    other = javascript("texts", [base64.b64encode(text).decode() for text in texts])
    for (bits, says), value, text, theirs in zip(found, values, texts, other, strict=True):
        admitted = says if abs(value) < 2**53 or abs(value) >= 1e21 else "integer_range"
        assert written(text) == admitted == theirs.get("canonical", theirs.get("refused")), bits
    assert len(found) > 2000


def test_texts_are_written_as_rfc_8785_says_by_both():
    found = [(raw.encode("utf-8", "surrogatepass"), says) for raw, says in data("jcs-texts.json")]
    other = javascript("texts", [base64.b64encode(raw).decode() for raw, _ in found])
    assert [written(raw) for raw, _ in found] == [says for _, says in found] == [each["canonical"] for each in other]
    assert digest_bytes(found[0][1].encode()) == digest_bytes(canonical(parse(found[0][0])))

"""The history of keys: only what follows is a history, and only what a trusted key vouched for is trusted."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from placet import jws
from placet.cli import main as placet
from placet.receipts import FileSigner, history


def key(seed: int) -> FileSigner:
    return FileSigner(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


A, B, C, MALLORY = map(key, (1, 2, 3, 9))


def change(so_far: history.History, what: str, of: FileSigner, by: FileSigner, at: int, /, **changes) -> str:
    claims = so_far.claims(what, jwk=of.public_jwk(), at=at) | changes
    return jws.seal(claims, typ=history.TYPE, signer=by).decode()


def told(*steps) -> history.History:
    """A history of (what, of, by)."""
    made = history.History()
    for number, (what, of, by) in enumerate(steps):
        made.add(change(made, what, of, by, 1_000 * (number + 1)))
    return made


BEGUN = (("published", A, A), ("used", A, A))
ROTATED = (*BEGUN, ("published", B, A), ("used", B, A))


def kids(found) -> set[str]:
    return {each["kid"] for each in found if not each.get("revoked")}


def test_a_rotation_is_followed_from_the_first_key_to_the_last():
    made = told(*ROTATED, ("published", C, B), ("used", C, B))
    assert [each.state for each in made.keys.values()] == ["retired", "retired", "current"]
    assert kids(history.follow(made, [A.public_jwk()])) == {A.kid, B.kid, C.kid}
    assert kids(history.follow(made, [B.public_jwk()])) == {B.kid, C.kid}, "nobody vouches for the keys before"
    assert history.document(json.dumps({"changes": made.changes}).encode()).current == C.kid


def test_a_history_of_somebody_else_brings_no_trust():
    made = told(("published", MALLORY, MALLORY), ("used", MALLORY, MALLORY))
    assert kids(history.follow(made, [A.public_jwk()])) == {A.kid}


def test_a_revoked_key_vouches_for_none():
    """Whoever has the leaked key may publish another one with it, and backdate that."""
    made = told(*ROTATED, ("revoked", A, B))
    assert kids(history.follow(made, [A.public_jwk()])) == set(), "pin again, over a way you trust"
    assert kids(history.follow(made, [B.public_jwk()])) == {B.kid}
    marked = next(each for each in history.follow(made, [A.public_jwk()]) if each["kid"] == A.kid)
    assert marked["revoked"] == 5_000
    pinned = {**A.public_jwk(), "revoked": 1}
    assert kids(history.follow(told(*ROTATED), [pinned])) == set(), "a pin that is marked stays marked"


@pytest.mark.parametrize(
    "step",
    [
        ("published", B, MALLORY),
        ("published", B, B),
        ("published", A, A),
        ("used", B, A),
        ("used", A, A),
        ("revoked", A, A),
        ("revoked", MALLORY, A),
    ],
    ids=lambda step: step[0] if isinstance(step, tuple) else None,
)
def test_what_does_not_follow_is_refused(step):
    made = told(*BEGUN)
    with pytest.raises(history.BadHistory):
        made.add(change(made, step[0], step[1], step[2], 9_000))


@pytest.mark.parametrize(
    "changes",
    [
        {"prev": ""},
        {"ver": 2},
        {"at": "1000"},
        {"at": True},
        {"what": "forgotten"},
        {"more": 1},
        {"kid": "x"},
        {"jwk": MALLORY.public_jwk()},
        {"jwk": {**B.public_jwk(), "d": "secret"}},
        {"jwk": None},
    ],
    ids=str,
)
def test_a_change_says_exactly_what_it_should(changes):
    made = told(*BEGUN)
    with pytest.raises(history.BadHistory):
        made.add(change(made, "published", B, A, 9_000, **changes))


def test_a_history_is_whole_or_none():
    made = told(*ROTATED)
    for broken in (made.changes[1:], made.changes[:1], made.changes[::-1], [*made.changes, "x.y.z"], [], ["x" * 9_000]):
        with pytest.raises(history.BadHistory):
            history.read(broken)
    assert history.read(made.changes[:3]).next.kid == B.kid
    for raw in (b"", b"{}", b"[]", b'{"changes": 1}', b'{"changes": [1]}'):
        with pytest.raises(history.BadHistory):
            history.document(raw)
    forged = [*made.changes[:2], made.changes[2][:-4] + "AAAA", made.changes[3]]
    with pytest.raises(history.BadHistory):
        history.read(forged)


def test_a_jws_of_another_kind_is_no_change():
    made = told(*BEGUN)
    claims = made.claims("published", jwk=B.public_jwk(), at=9_000)
    with pytest.raises(history.BadHistory):
        made.add(jws.seal(claims, typ="placet-approval+jwt", signer=A).decode())


def test_an_old_pin_becomes_a_new_one_by_the_history(tmp_path, capsys):
    (tmp_path / "pin").write_text(json.dumps({"issuer": "https://a.example.org", "keys": [A.public_jwk()]}))
    (tmp_path / "history").write_text(json.dumps({"changes": told(*ROTATED).changes}))
    assert placet(["keys", f"{tmp_path}/history", "--pin", f"{tmp_path}/pin"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert kids(said["keys"]) == {A.kid, B.kid} and said["issuer"] == "https://a.example.org"
    (tmp_path / "pin").write_text(json.dumps({"keys": [MALLORY.public_jwk()]}))
    assert placet(["keys", f"{tmp_path}/history", "--pin", f"{tmp_path}/pin"]) == 1
    assert "vouches" in capsys.readouterr().err

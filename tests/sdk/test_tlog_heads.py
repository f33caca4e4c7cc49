"""A head is a signed note that others read, and that nobody but a pinned key may have signed."""

import base64

import pytest
from aics_tlog.checkpoint import checkpoint_from_note
from aics_tlog.note import parse_note, verify_note, vkey_from_ed25519
from placet import jws
from placet.receipts import FileSigner
from placet.tlog import cosigning, heads

ORIGIN = "https://console.example.org"
HEAD = heads.Head(ORIGIN, 4712, bytes(range(32)))


@pytest.fixture
def signer(tmp_path):
    return FileSigner.generate(tmp_path / "key.pem")


@pytest.fixture
def note(signer) -> bytes:
    return heads.sign(HEAD, public_key=signer.public_key, signer=signer)


def test_a_head_comes_back_and_names_its_key(note, signer):
    read = heads.read(note)
    assert read.head == HEAD and heads.signed_by(read, [signer.public_jwk()]) == signer.kid


def test_another_implementation_reads_and_believes_it(note, signer):
    key = vkey_from_ed25519(ORIGIN, signer.public_key)
    assert verify_note(parse_note(note), [key])
    checkpoint, _ = checkpoint_from_note(note)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == HEAD


def test_signatures_of_witnesses_beside_it_do_no_harm(note, signer):
    more = note + "— witness.example.org/w1 ".encode() + base64.b64encode(bytes(76)) + b"\n"
    assert heads.signed_by(heads.read(more), [signer.public_jwk()]) == signer.kid


def test_a_head_of_another_key_or_another_size_or_a_revoked_key_is_refused(note, signer, tmp_path):
    other = FileSigner.generate(tmp_path / "other.pem").public_jwk()
    grown = heads.read(note.replace(b"\n4712\n", b"\n4713\n"))
    for read, keys in (
        (heads.read(note), [other]),
        (grown, [signer.public_jwk()]),
        (heads.read(note), [signer.public_jwk() | {"revoked": True}]),
        (heads.read(note), [{"kty": "OKP", "crv": "Ed25519", "x": "!"}, {"kty": "EC"}]),
    ):
        with pytest.raises(heads.BadHead):
            heads.signed_by(read, keys)


@pytest.mark.parametrize("point", [*sorted(jws.SMALL_ORDER)[:4], bytes([1]) + bytes(31)])
def test_a_point_of_small_order_signs_no_head_and_is_no_witness(point):
    """OpenSSL takes such a key, and anybody signs anything in its name."""
    anything = bytes([1]) + bytes(63)
    blob = base64.b64encode(heads.key_id(ORIGIN, point) + anything).decode()
    read = heads.read(f"{HEAD.text}\n— {ORIGIN} {blob}\n".encode())
    with pytest.raises(heads.BadHead):
        heads.signed_by(read, [jws.jwk(point)])
    weak = cosigning.Witness("w", point)
    line = f"— w {base64.b64encode(weak.key_id + (1).to_bytes(8, 'big') + anything).decode()}"
    assert cosigning.given(heads.read(heads.written(read, [line]).encode()), [weak]) == []
    with pytest.raises(ValueError):
        cosigning.witness(weak.vkey)


def test_json_that_is_nested_without_an_end_is_no_head():
    with pytest.raises(heads.BadHead):
        heads.read(b'{"note":' + b"[" * 60_000)


def test_a_signature_under_another_name_does_not_count(signer):
    under = heads.Head("https://elsewhere.example.org", *HEAD[1:])
    foreign = heads.sign(under, public_key=signer.public_key, signer=signer)
    _, _, line = foreign.rpartition(b"\n\n")
    with pytest.raises(heads.BadHead):
        heads.signed_by(heads.read(HEAD.text.encode() + b"\n" + line), [signer.public_jwk()])


@pytest.mark.parametrize(
    "change",
    [
        lambda note: b"",
        lambda note: note.replace(b"\n\n", b"\n"),
        lambda note: note.rstrip(b"\n"),
        lambda note: note.replace(b"4712", b"04712"),
        lambda note: note.replace(b"4712", b"-1"),
        lambda note: note.replace(b"\n4712\n", b"\n\n4712\n"),
        lambda note: note.replace(b"AAECAwQ", b"AAECAw="),
        lambda note: note.replace("— ".encode(), b"- "),
        lambda note: note + b"\xff",
        lambda note: note.replace(b"https", b"htt\x00ps"),
        lambda note: b"{}",
        lambda note: b'{"note": "' + b"a" * 70_000,
    ],
)
def test_what_is_no_note_is_refused(note, change):
    with pytest.raises(heads.BadHead):
        heads.read(change(note))


def test_a_name_that_no_note_can_carry_is_not_signed(signer):
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(ValueError):
            heads.sign(heads.Head(name, *HEAD[1:]), public_key=signer.public_key, signer=signer)

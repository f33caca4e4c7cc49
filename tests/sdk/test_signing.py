"""Signatures that others can check, and keys that stay where they are."""

import stat

import pytest
from joserfc import jws as oracle
from joserfc.jwk import OKPKey
from placet import envelopes, jws
from placet.receipts import APPROVAL, FileSigner, sign


def test_another_library_reads_what_we_sign(tmp_path):
    signer = FileSigner.generate(tmp_path / "key.pem")
    key = OKPKey.import_key(signer.public_jwk())
    read = oracle.deserialize_compact(sign({"ver": 1}, typ=APPROVAL, signer=signer), key, algorithms=["Ed25519"])
    assert read.payload == b'{"ver":1}'
    assert read.headers() == {"alg": "Ed25519", "typ": APPROVAL, "kid": key.thumbprint()}


def test_a_key_survives_in_a_file_that_only_its_owner_reads(tmp_path):
    signer = FileSigner.generate(tmp_path / "key.pem")
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    assert FileSigner.load(tmp_path / "key.pem").kid == signer.kid


def test_a_key_is_never_replaced(tmp_path):
    FileSigner.generate(tmp_path / "key.pem")
    with pytest.raises(FileExistsError):
        FileSigner.generate(tmp_path / "key.pem")


def test_only_receipts_are_signed_as_receipts(tmp_path):
    with pytest.raises(ValueError, match="no type of receipt"):
        sign({}, typ="JWT", signer=FileSigner.generate(tmp_path / "key.pem"))


def test_a_sealed_envelope_opens_with_its_key_only(tmp_path):
    shop, mallory = FileSigner.generate(tmp_path / "shop.pem"), FileSigner.generate(tmp_path / "mallory.pem")
    sealed = envelopes.seal({"iss": "shop"}, typ="placet-envelope+jwt", signer=shop)
    assert envelopes.open_signed(sealed, public_key=shop.public_key, typ="placet-envelope+jwt") == {"iss": "shop"}
    with pytest.raises(ValueError, match="signature"):
        envelopes.open_signed(sealed, public_key=mallory.public_key, typ="placet-envelope+jwt")
    with pytest.raises(ValueError, match="typ"):
        envelopes.open_signed(sealed, public_key=shop.public_key, typ="placet-request+jwt")


def test_a_public_key_is_read_from_either_form(tmp_path):
    import json

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    signer = FileSigner.generate(tmp_path / "key.pem")
    private = load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for source in (pem, json.dumps(signer.public_jwk()).encode()):
        assert envelopes.read_public_key(source) == (signer.public_key, signer.kid)
    with pytest.raises(ValueError, match="public JWK"):
        envelopes.read_public_key(json.dumps(signer.public_jwk() | {"d": "secret"}).encode())


@pytest.mark.parametrize("segment", [b"A", b"AB", b"AA==", b"A+A/", b"AAA A", "é".encode()])
def test_bytes_have_one_spelling_only(segment):
    with pytest.raises(ValueError, match="base64"):
        jws.decode(segment)

"""Signing keys in a hardware module: SoftHSM stands for it, and does what modules do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from approvals import custody, keys
from tests.approvals.test_commands import refused

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so",
           "/opt/homebrew/lib/softhsm/libsofthsm2.so")  # fmt: skip
MODULE = next((path for path in MODULES if Path(path).exists()), "")
PIN = "1234"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not MODULE or not shutil.which("softhsm2-util"), reason="needs SoftHSM: apt install softhsm2"),
]


@pytest.fixture(scope="module")
def softhsm(tmp_path_factory):
    """One token for the module's tests: the library reads its place once a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "placet", "--pin", PIN, "--so-pin", "5678"],
        check=True, capture_output=True,
    )  # fmt: skip
    yield folder
    del os.environ["SOFTHSM2_CONF"]


@pytest.fixture
def module(softhsm, settings, request):
    settings.SIGNER, settings.PKCS11_MODULE, settings.PKCS11_PIN = "pkcs11", MODULE, PIN
    settings.PKCS11_TOKEN, settings.PKCS11_LABEL = "placet", request.node.name[:40]
    return settings


def holds(signer) -> bool:
    Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signer.sign(b"what is signed"), b"what is signed")
    return True


def test_a_key_in_a_module_signs_and_no_file_holds_it(module, own_keys):
    assert holds(keys.signer()) and not list(own_keys.glob("*.pem"))
    kid = keys.signer().kid
    keys.forget()
    assert keys.signer().kid == kid == keys.jwks()["keys"][0]["kid"]


def test_keys_move_from_a_file_into_a_module_by_a_rotation(module, now, own_keys):
    module.SIGNER = "file"
    first = keys.signer().kid
    module.SIGNER = "pkcs11"
    keys.forget()
    assert keys.signer().kid == first, "the setting is about new keys"
    custody.rotate(by="operator:root", at=now, now=True, reason="into the module")
    assert holds(keys.signer()) and keys.signer().kid != first and not list(own_keys.glob("*.pem"))
    custody.rotate(by="operator:root", at=now, now=True, reason="again")
    assert holds(keys.signer()) and len(keys.state().history.keys) == 3


def test_a_private_key_cannot_be_read_out_of_the_module(module):
    import pkcs11

    held = keys.signer()._key
    assert held[pkcs11.Attribute.SENSITIVE] and not held[pkcs11.Attribute.EXTRACTABLE]
    with pytest.raises(pkcs11.exceptions.PKCS11Error):
        held[pkcs11.Attribute.VALUE]


def test_a_session_that_the_module_lost_is_opened_again(module):
    signer = keys.signer()
    signer._session.close()
    assert holds(signer)


def test_a_module_that_is_not_there_is_said_in_a_sentence(module):
    keys.signer()
    for name, value in (("PKCS11_MODULE", "/nowhere.so"), ("PKCS11_TOKEN", "elsewhere"), ("PKCS11_PIN", "")):
        before = getattr(module, name)
        setattr(module, name, value)
        keys.forget()
        with pytest.raises(keys.Unusable):
            keys.signer()
        assert refused("keys", "status") == "key_unusable"
        setattr(module, name, before)

"""What stops a start: keys that others of this machine may read, and files of keys that are none."""

import pytest

from approvals import keys
from approvals.management.commands.up import _check_keys
from approvals.sealing import ring
from config.embedded import CannotStart
from tests.approvals.test_commands import refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("current.pem", 0o644, "private key.*chmod 600"),
        ("seal-1.key", 0o640, "sealing key.*chmod 600"),
        ("keys.json", 0o622, "may write"),
        (".", 0o770, "may write"),
    ],
)
def test_others_who_may_read_a_key_or_exchange_it_stop_the_start(own_keys, name, mode, words):
    keys.check()
    ring.ring()
    (own_keys / name).chmod(mode)
    keys.forget()
    with pytest.raises(keys.Unusable, match=words):
        keys.check()
    assert refused("keys", "status") == "key_unusable"


@pytest.mark.parametrize(
    "change",
    [
        lambda said: b"",
        lambda said: said[:100],
        lambda said: b"[]",
        lambda said: b'{"changes": [], "places": {}}',
        lambda said: said.replace(b'"places"', b'"elsewhere"'),
        lambda said: said.replace(b"eyJ", b"eyK", 1),
    ],
)
def test_a_file_of_keys_that_is_not_what_was_written_stops_the_start_in_a_sentence(own_keys, change):
    keys.check()
    file = own_keys / "keys.json"
    file.write_bytes(change(file.read_bytes()))
    keys.forget()
    with pytest.raises(keys.Unusable, match="bring its newest copy back"):
        keys.check()
    assert refused("keys", "status") == "key_unusable"


def test_a_sealing_key_that_is_none_stops_the_start_in_a_sentence(own_keys):
    own_keys.mkdir(mode=0o700)
    own_keys.joinpath("seal-1.key").touch(mode=0o600)
    own_keys.joinpath("seal-1.key").write_text("not a key")
    with pytest.raises(CannotStart, match=r"seal-.*holds no sealing key"):
        _check_keys()

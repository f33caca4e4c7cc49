"""Pinned keys are looked at again: for a new key, and for one that was revoked since."""

import json

import pytest
from placet.receipts import Pin, pins

KNOWN, NEW = {"kty": "OKP", "kid": "a"}, {"kty": "OKP", "kid": "b"}


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(pins.time, "monotonic", lambda: now[0])
    return now


def test_a_key_that_was_revoked_is_noticed_within_a_minute_without_a_restart(clock, tmp_path):
    """Once only an unknown key made the file be read again: who had stolen the known one was believed for ever."""
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [KNOWN]}))
    pin = Pin.file(file)
    file.write_text(json.dumps({"keys": [KNOWN | {"revoked": 1}]}))
    assert not pin.find("a")[0].get("revoked")
    clock[0] += 60
    assert pin.find("a")[0]["revoked"]


def test_an_unknown_key_makes_it_be_read_at_once_but_no_more_than_once_a_minute(clock):
    asked = []

    def reload():
        asked.append(1)
        return {"keys": [KNOWN, NEW]}

    pin = Pin({"keys": [KNOWN]}, reload=reload)
    assert pin.find("b") and len(asked) == 1
    assert not pin.find("c") and len(asked) == 1
    clock[0] += 60
    assert not pin.find("c") and len(asked) == 2


@pytest.mark.parametrize("broken", ["", "[]", '{"keys": []}', None])
def test_while_the_file_cannot_be_read_what_was_known_last_counts(clock, tmp_path, broken):
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [KNOWN]}))
    pin = Pin.file(file)
    file.unlink() if broken is None else file.write_text(broken)
    clock[0] += 60
    assert pin.find("a") and not pin.find("b")

"""A pinned directory: what counts as one, that it follows its file, and who demands one."""

import json
import os

import pytest
from placet.cli import main
from placet.console import Console
from placet.receipts import Directory, Expected, Floor, MemorySpent, NotVerified, Pin, verify

from .forge import proven
from .forge import receipts as forge

GOOD = proven.directory(proven.person("alice", proven.ALICE.passkey()), proven.person("bob", proven.BOB.passkey()))
PASSKEY = proven.ALICE.passkey()


@pytest.mark.parametrize(
    "change",
    [
        {"@type": "placet.directory.v2"}, {"iss": ""}, {"rp": {"id": "console.example.org"}}, {"people": None},
        {"people": {}},
        {"people": [proven.person("alice"), proven.person("alice")]},
        {"people": [proven.person("alice", PASSKEY, PASSKEY)]},
        {"people": [proven.person("alice", PASSKEY | {"alg": -8})]},
        {"people": [proven.person("alice", PASSKEY | {"alg": -37})]},
        {"people": [proven.person("alice", PASSKEY | {"jwk": PASSKEY["jwk"] | {"d": "AA"}})]},
        {"people": [proven.person("alice", PASSKEY | {"from": "now"})]},
        {"people": [proven.person("alice", roles=[{"role": "owner", "from": 0, "until": 1.5}])]},
        {"people": [proven.person("alice", roles=[{"role": "owner", "from": 0}])]},
        {"people": [proven.person("alice", stands_in=[{"role": "owner", "from": 0, "until": None}])]},
    ],
)  # fmt: skip
def test_what_is_no_directory_is_refused_before_any_receipt(change):
    with pytest.raises(ValueError):
        Directory(GOOD | change)


def verified(directory):
    expect = Expected(
        audience=forge.SHOP, kind="tool_call", effective=forge.REFUND, action=forge.ACTION, nonce=forge.NONCE
    )
    terms = {"pin": Pin(forge.PIN), "expect": expect, "now": forge.NOW, "spent": MemorySpent()}
    return verify(proven.ONE.encode(), floor=Floor(level=2), directory=directory, **terms)


def test_a_passkey_taken_out_of_the_file_counts_no_more_without_a_restart(tmp_path):
    file = tmp_path / "directory.json"
    file.write_text(json.dumps(GOOD))
    directory = Directory.file(file)
    assert verified(directory)
    file.write_text(json.dumps(GOOD | {"people": [proven.person("alice")]}))
    with pytest.raises(NotVerified, match="unknown_credential"):
        verified(directory)
    file.write_text("{")
    with pytest.raises(NotVerified, match="no_directory"):
        verified(directory)
    os.unlink(file)
    with pytest.raises(NotVerified, match="no_directory"):
        verified(directory)


def test_a_console_demands_level_2_with_a_directory_and_none_without():
    common = {"pin": forge.PIN, "token": "plc_x"}
    assert Console("https://console.example.org", directory=GOOD, **common).trust.floor.level == 2
    assert Console("https://console.example.org", **common).trust.floor.level == 1
    with pytest.raises(ValueError, match="takes a directory"):
        Console("https://console.example.org", floor=Floor(level=2), **common)


def test_the_command_line_says_whose_passkeys_signed(tmp_path, capsys):
    for name, text in (("r", proven.ONE), ("k", json.dumps(forge.PIN)), ("d", json.dumps(GOOD))):
        (tmp_path / name).write_text(text)
    call = ["verify", str(tmp_path / "r"), "--pin", str(tmp_path / "k"), "--at", str(forge.NOW)]
    assert main([*call, "--directory", str(tmp_path / "d"), "--level", "2"]) == 0
    said = capsys.readouterr().out
    assert "11  reviews                  holds" in said and "Passkeys of user:alice" in said and "level 1" not in said
    (tmp_path / "d").write_text(json.dumps(GOOD | {"people": []}))
    assert main([*call, "--directory", str(tmp_path / "d")]) == 1
    assert "unknown_person" in capsys.readouterr().out

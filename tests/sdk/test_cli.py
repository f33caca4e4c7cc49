"""The command line: an ask from a shell script, and a receipt that an auditor checks without a network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from placet.cli import main
from placet.receipts import DENIAL

from .forge import receipts as forge

SDK = Path(__file__).parents[2] / "sdk"


@pytest.fixture
def files(tmp_path):
    """Files of an auditor: the pinned keys, receipts, an ask."""

    def write(name: str, content) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


@pytest.fixture
def pin(files) -> str:
    return files("jwks.json", {"keys": forge.PIN["keys"]})


ASK = {"kind": "tool_call", "nonce": forge.NONCE, "mcp": forge.REFUND}
AT = ["--at", str(forge.NOW)]


def test_a_genuine_approval_is_proven_offline_and_what_is_not_proven_is_said(files, pin, capsys):
    code = main(["verify", files("r.jws", forge.GOOD + "\n"), "--pin", pin, *AT])
    said = capsys.readouterr().out
    assert code == 0
    assert " 4  signature                holds" in said
    assert "user:alice (approve)" in said
    assert "Not proven:" in said
    assert "Give --audience." in said


def test_with_issuer_audience_and_ask_more_is_proven(files, pin, capsys):
    more = ["--issuer", forge.ISSUER, "--audience", "shop", "--ask", files("ask.json", ASK), "--json"]
    assert main(["verify", files("r.jws", forge.GOOD), "--pin", pin, *AT, *more]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [step["result"] for step in said["steps"]] == ["holds"] * 10 + ["left out"] * 2
    assert "It answers the given ask: same nonce, same bytes." in said["proven"]
    assert said["claims"]["jti"] == forge.approval()["jti"]


@pytest.mark.parametrize(
    ("receipt", "more", "step"),
    [
        ("no receipt", [], 1),
        (forge.sealed(forge.approval(), signer=forge.MALLORY), [], 3),
        (forge.GOOD, ["--issuer", "https://console.example.com"], 5),
        (forge.GOOD, ["--audience", "bank"], 5),
        (forge.GOOD, ["--at", "2040-01-01T00:00:00Z"], 6),
        (forge.sealed(forge.changed(forge.approval(), req=...)), [], 7),
        (forge.GOOD, ["--need", "2"], 9),
        (forge.GOOD, ["--level", "2"], 11),
    ],
)
def test_a_refusal_names_its_step_and_ends_with_1(files, pin, capsys, receipt, more, step):
    assert main(["verify", files("r.jws", receipt), "--pin", pin, *AT, *more, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [each["step"] for each in said["steps"] if each["result"] == "refused"] == [step]
    assert said["verified"] is False
    assert (said["claims"] is None) == (step != 6)


@pytest.mark.parametrize(("basis", "claims"), [("policy", forge.standing()), ("grant", forge.granted())])
def test_a_yes_that_rests_on_no_review_is_taken_only_when_asked_for(files, pin, capsys, basis, claims):
    receipt = files("r.jws", forge.sealed(claims))
    assert main(["verify", receipt, "--pin", pin, *AT]) == 1
    assert "wrong_basis" in capsys.readouterr().out
    assert main(["verify", receipt, "--pin", pin, *AT, "--accept", basis]) == 0
    assert "It rests on a " in capsys.readouterr().out


def test_other_bytes_than_the_given_ask_are_refused(files, pin, capsys):
    other = ASK | {"mcp": {"method": "tools/call", "params": {"name": "refund", "arguments": {"amount": 9999}}}}
    assert main(["verify", files("r.jws", forge.GOOD), "--pin", pin, *AT, "--ask", files("ask.json", other)]) == 1
    assert "wrong_digest" in capsys.readouterr().out


def test_an_approval_that_is_over_still_proves_but_permits_nothing(files, pin, capsys):
    receipt = files("r.jws", forge.GOOD)
    assert main(["verify", receipt, "--pin", pin, "--at", "2040-01-01T00:00:00Z"]) == 1
    said = capsys.readouterr().out
    assert "expired" in said
    assert "nothing may run on it any more" in said
    assert "user:alice (approve)" in said
    assert main(["verify", receipt, "--pin", pin, "--at", "issued"]) == 0


def test_an_approval_that_is_over_and_for_another_proves_nothing(files, pin, capsys):
    other = ASK | {"nonce": "another-nonce-of-128-b"}
    ask = files("ask.json", other)
    assert main(["verify", files("r.jws", forge.GOOD), "--pin", pin, "--at", "2040-01-01T00:00:00Z", "--ask", ask]) == 1
    said = capsys.readouterr().out
    assert "Proven:" not in said
    assert "wrong_nonce" in said


@pytest.mark.parametrize("decision", ["denied", "expired", "withdrawn"])
def test_a_genuine_no_is_proven_and_is_not_a_yes(files, pin, capsys, decision):
    receipt = forge.sealed(forge.refusal(decision, "because"), typ=DENIAL)
    assert main(["verify", files("r.jws", receipt), "--pin", pin]) == 3
    assert f"is {decision}." in capsys.readouterr().out


def test_a_wrong_call_says_what_is_wrong(files, pin, capsys):
    assert main(["verify", files("r.jws", forge.GOOD), "--pin", files("no.json", {"keys": []})]) == 2
    assert "JWK Set" in capsys.readouterr().err
    assert main(["wait", files("a.json", "{}"), "--url", "http://127.0.0.1:9"]) == 2
    assert "--pin" in capsys.readouterr().err
    assert main(["verify", "/nowhere", "--pin", pin]) == 2


def test_verifying_needs_no_network_and_no_django(files, pin):
    """As a program of its own, in a process that cannot open a socket."""
    program = """
import socket, sys
def closed(*given, **more): raise AssertionError("a socket was opened")
socket.socket.connect = socket.create_connection = closed
from placet.cli import main
code = main()
assert "django" not in sys.modules
sys.exit(code)
"""
    command = [sys.executable, "-c", program, "verify", files("r.jws", forge.GOOD), "--pin", pin, *AT]
    run = subprocess.run(command, env={"PYTHONPATH": str(SDK)}, capture_output=True, text=True, timeout=30, check=False)
    assert run.returncode == 0, run.stderr


def test_a_script_submits_waits_and_reports(console, token, jwks, owners, files, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PLACET_TOKEN", token)
    reach = ["--url", console, "--pin", files("console.json", jwks)]
    kept = tmp_path / "ask.json"
    asked = ["--name", "refund", "--arguments", '{"order": "A1"}', "--subject", "dana@example.org", "--out", str(kept)]
    assert main(["submit", *reach, *asked, "--json"]) == 0
    action = json.loads(capsys.readouterr().out)["id"]
    owners.decide(action)
    assert main(["wait", str(kept), *reach, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["effective"]["params"]["arguments"], said["reviewers"]) == ({"order": "A1"}, ["user:alice"])
    assert main(["report", action, "succeeded", *reach]) == 0
    assert main(["wait", str(kept), *reach, "--json"]) == 1
    assert '"error": "OutcomeUnknown"' in capsys.readouterr().out
    pinned = ["--pin", files("console.json", jwks), "--issuer", console, "--audience", "shop", "--ask", str(kept)]
    assert main(["verify", files("r.jws", said["receipt"]), *pinned]) == 0


def test_a_script_is_told_no(console, token, jwks, owners, files, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PLACET_TOKEN", token)
    reach = ["--url", console, "--pin", files("console.json", jwks)]
    kept = str(tmp_path / "ask.json")
    main(["submit", *reach, "--name", "refund", "--out", kept])
    owners.decide(json.loads(Path(kept).read_text())["id"], "deny", note="Not today.")
    capsys.readouterr()
    assert main(["wait", kept, *reach, "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["decision"], said["reason"], said["note"]) == ("denied", "owner_denied", "Not today.")

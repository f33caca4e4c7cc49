"""Witnesses: real processes that keep the last head, refuse what does not continue it, and co-sign the rest."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from django.conf import settings
from placet.cli import main as placet
from placet.tlog import cosigning, heads, witness

from approvals import keys, ledger, sequencing, witnessing
from approvals.models import Cosignature
from approvals.queries import tree

pytestmark = pytest.mark.django_db
KILLED_AFTER_FSYNC = """
import os, sys
from placet.tlog import cosigning
cosigning.sign = lambda *a, **k: os._exit(9)
from placet.cli import main
main(sys.argv[1:])
"""


@pytest.fixture
def pinned(tmp_path):
    (tmp_path / "jwks.json").write_text(json.dumps({**keys.jwks(), "issuer": settings.PUBLIC_URL}))
    return tmp_path


@contextmanager
def running(folder: Path, name: str = "w1.example.org", *, program: list[str] | None = None):
    """A witness in a process of its own; yields its address and verifier key."""
    given = [
        "witness", "--log", "http://127.0.0.1:9", "--name", name, "--key", f"{folder}/{name}.pem",
        "--state", f"{folder}/{name}.json", "--pin", f"{folder}/jwks.json", "--listen", "127.0.0.1:0", "--json",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": "sdk"}
    with subprocess.Popen(
        [sys.executable, *(program or ["-m", "placet"]), *given],
        env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        vkey = json.loads(process.stdout.readline())["vkey"]
        port = process.stderr.readline().strip().rpartition(":")[2]
        try:
            yield f"http://127.0.0.1:{port}", vkey
        finally:
            process.send_signal(signal.SIGKILL)


def head_of(count: int, *, at) -> tree.Head:
    for _ in range(count):
        ledger.record(event="test.written", actor="user:a", at=at)
    return sequencing.head(at=at)


def asked(url: str, note: bytes, *, old: int, proof=()) -> httpx2.Response:
    return httpx2.post(f"{url}/add-checkpoint", content=witness.request(heads.read(note), old=old, proof=proof))


def forged(size: int, *, root: bytes = b"r" * 32) -> bytes:
    """A head of another history, signed with the console's own key."""
    signer = keys.signer()
    return heads.sign(heads.Head(settings.PUBLIC_URL, size, root), public_key=signer.public_key, signer=signer)


def test_the_console_collects_cosignatures_and_serves_them_with_the_head(pinned, now, settings, capsys):
    head = head_of(3, at=now)
    with (
        running(pinned) as (url, vkey),
        running(pinned, "w2.example.org") as (other, second),
    ):
        settings.WITNESSES = f"{url} {vkey}, {other} {second}"
        assert witnessing.collect(at=now) == 2 and witnessing.collect(at=now) == 0
        later = head_of(4, at=now + timedelta(seconds=5))
        assert tree.shown().cosignatures == () and tree.shown(witnesses=2).size == head.size
        assert witnessing.collect(at=now) == 2
    shown = tree.shown(witnesses=2)
    assert (shown.size, len(shown.cosignatures)) == (later.size, 2)
    given = cosigning.given(heads.read(shown.whole), [cosigning.witness(vkey), cosigning.witness(second)])
    assert {each.witness for each in given} == {"w1.example.org", "w2.example.org"}
    (pinned / "head").write_bytes(shown.whole)
    (pinned / "all").write_bytes(b"".join(tree.lines(until=tree.size())))
    call = ["audit", "verify", f"{pinned}/all", "--head", f"{pinned}/head", "--pin", f"{pinned}/jwks.json"]
    both = ["--witness", vkey, "--witness", second]
    assert placet([*call, *both]) == 0
    stranger = cosigning.Witness("w3.example.org", keys.signer().public_key).vkey
    assert placet([*call, *both, "--witness", stranger, "--witnesses", "2"]) == 0
    capsys.readouterr()
    assert placet([*call, *both, "--witness", stranger]) == 1 and "2 of 3 witnesses" in capsys.readouterr().err
    assert placet([*call, "--witness", vkey, "--witnesses", "2"]) == 2, "more than are named: a wrong call"


def test_a_split_view_and_a_rollback_are_refused_and_kept_as_evidence(pinned, now):
    first = head_of(3, at=now)
    later = head_of(4, at=now + timedelta(seconds=5))
    proof = tree.consistency(old=3, new=7)
    with running(pinned) as (url, _):
        assert asked(url, first.note, old=0).status_code == 200
        assert asked(url, forged(3), old=3).status_code == 422, "another root of the same size"
        assert asked(url, forged(7), old=3, proof=proof).status_code == 422
        assert asked(url, later.note, old=3, proof=proof[:-1]).status_code == 422
        assert asked(url, later.note, old=3, proof=proof).status_code == 200
        assert asked(url, first.note, old=7).status_code == 400, "a rollback"
        conflict = asked(url, first.note, old=0)
        assert (conflict.status_code, conflict.text) == (409, "7\n")
        assert conflict.headers["content-type"] == "text/x.tlog.size"
        assert asked(url, later.note, old=7).status_code == 200, "the same once more"
    evidence = (pinned / "w1.example.org.json.refused").read_text()
    assert evidence.count(settings.PUBLIC_URL) >= 4


def test_heads_that_are_not_the_logs_are_refused(pinned, now):
    head_of(3, at=now)
    stranger = keys.halves.FileSigner.generate(pinned / "mallory.pem")
    said = heads.Head(settings.PUBLIC_URL, 3, b"r" * 32)
    elsewhere = heads.Head("https://elsewhere.example.org", 3, b"r" * 32)
    with running(pinned) as (url, _):
        assert asked(url, heads.sign(said, public_key=stranger.public_key, signer=stranger), old=0).status_code == 403
        note = heads.sign(elsewhere, public_key=stranger.public_key, signer=stranger)
        assert asked(url, note, old=0).status_code == 404
        for body in (b"", b"old 1\n\nx", b"old -1\n\n" + forged(3), b"old 0\nAA==\n\n" + forged(3), b"\xff"):
            assert httpx2.post(f"{url}/add-checkpoint", content=body).status_code == 400
        assert httpx2.post(f"{url}/elsewhere", content=b"x").status_code == 404
        assert httpx2.get(f"{url}/nothing").status_code == 404


def test_a_witness_killed_between_the_disk_and_its_answer_never_signs_another_history(pinned, now, settings):
    head = head_of(3, at=now)
    with running(pinned, program=["-c", KILLED_AFTER_FSYNC]) as (url, vkey), pytest.raises(httpx2.HTTPError):
        asked(url, head.note, old=0)
    assert heads.read(json.loads((pinned / "w1.example.org.json").read_bytes())["note"].encode()).head.size == 3
    with running(pinned) as (url, again):
        assert again == vkey
        assert asked(url, forged(2), old=0).status_code == 409
        assert asked(url, forged(3), old=3).status_code == 422
        settings.WITNESSES = f"{url} {vkey}"
        assert witnessing.collect(at=now) == 1, "the console learns what the witness has seen, and goes on"


def test_two_witnesses_do_not_share_one_memory(pinned, now, capsys):
    """Each would remember a last head of its own, and one key co-sign two histories."""
    with running(pinned):
        given = ["--name", "w1.example.org", "--key", f"{pinned}/w1.example.org.pem", "--pin", f"{pinned}/jwks.json"]
        state = ["--state", f"{pinned}/w1.example.org.json"]
        assert placet(["witness", "--log", "http://127.0.0.1:9", *given, *state, "--once"]) == 2
        assert "Another witness" in capsys.readouterr().err


def test_a_witness_that_has_seen_more_than_there_is_does_not_sign(pinned, now, settings, caplog):
    """The database was brought back from a backup."""
    head_of(3, at=now)
    with running(pinned) as (url, vkey):
        asked(url, forged(9), old=0)
        settings.WITNESSES = f"{url} {vkey}"
        assert witnessing.collect(at=now) == 0
    assert caplog.records[-1].error == "SeenMore" and not Cosignature.objects.exists()


def test_a_witness_that_is_away_or_signs_for_another_is_no_witness(pinned, now, settings):
    head_of(3, at=now)
    with running(pinned) as (url, _):
        other = cosigning.Witness("w1.example.org", keys.signer().public_key).vkey
        settings.WITNESSES = f"{url} {other}, http://127.0.0.1:9 {cosigning.Witness('w9', b'k' * 32).vkey}"
        assert witnessing.collect(at=now) == 0


@contextmanager
def answering(answer):
    """A witness that answers whatever `answer(body)` gives, as bytes or piece by piece."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            said = answer(self.rfile.read(int(self.headers["Content-Length"])))
            if answer is not without_end_of_headers:
                self.send_response(200)
                self.end_headers()
            with suppress(OSError):
                for piece in [said] if isinstance(said, bytes) else said:
                    self.wfile.write(piece)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def without_end(body):
    while True:
        time.sleep(0.05)
        yield b"x"


def without_end_of_headers(body):
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        time.sleep(0.05)
        yield b"X: y\r\n"


def test_a_witness_that_lies_or_never_ends_stops_no_other(pinned, now, settings, monkeypatch, tmp_path):
    """It is somebody else's machine: no time it signs for, no length and no pace may stop the next one."""
    monkeypatch.setattr(witnessing, "PATIENCE", 2.0)
    head_of(3, at=now)
    key = keys.halves.FileSigner.generate(tmp_path / "w0.pem")
    mine = cosigning.Witness("w0.example.org", key.public_key)

    def at_the_end_of_time(seconds):
        def answer(body):
            note = witness.asked(body)[2]
            raw = cosigning._message(note, seconds)
            blob = mine.key_id + seconds.to_bytes(8, "big") + key.sign(raw)
            return f"— {mine.name} {heads.base64_of(blob)}\n".encode()

        return answer

    hour = int(now.timestamp()) + 3600
    lies = [at_the_end_of_time(2**63 - 1), at_the_end_of_time(2**64 - 1), at_the_end_of_time(hour)]
    lies += [lambda body: iter([b"x" * 4096] * 9), without_end, without_end_of_headers, lambda body: b"\xff\n" * 9]
    with running(pinned) as (url, vkey):
        for lie in lies:
            with answering(lie) as other:
                settings.WITNESSES = f"{other} {mine.vkey}, {url} {vkey}"
                began = time.monotonic()
                witnessing.collect(at=now)
                assert time.monotonic() - began < 8
                assert [each.witness for each in Cosignature.objects.all()] == ["w1.example.org"]


def test_honest_heads_with_wrong_proofs_leave_room_for_the_head_that_convicts(pinned, now, monkeypatch):
    monkeypatch.setattr(witness, "MOST_EVIDENCE", 1000)
    first, key, state = head_of(3, at=now), keys.halves.FileSigner.generate(pinned / "w.pem"), pinned / "w.json"
    mine = witness.Witness(
        name="w", key=key, origin=settings.PUBLIC_URL, keys=lambda: keys.jwks()["keys"], state=state
    )  # fmt: skip
    mine.add(heads.read(first.note), old=0, proof=[], at=1)
    litter = b"\xe2\x80\x94 x AAAAAAAA\n" * 50
    later = [head_of(2, at=now + timedelta(seconds=number)).note for number in range(2, 30, 2)]
    for number, note in enumerate([*later, *later, forged(3)]):
        with pytest.raises(witness.Refused):
            mine.add(heads.read(note + litter * (number % 2)), old=3, proof=[], at=1)
    kept = pinned.joinpath("w.json.refused").read_bytes()
    assert heads.read(forged(3)).text.encode() in kept and b"\n\xe2\x80\x94 x " not in kept
    assert kept.count(heads.read(later[0]).text.encode()) == 1


def test_the_times_and_keys_of_cosignatures_are_checked(pinned, now):
    note, signer = heads.read(head_of(1, at=now).note), keys.signer()
    mine = cosigning.Witness("w", signer.public_key)
    line = cosigning.sign(note, name="w", public_key=signer.public_key, signer=signer, at=1_800_000_000)
    whole = heads.read(heads.written(note, [line]).encode())
    assert cosigning.given(whole, [mine]) == [("w", 1_800_000_000)]
    twice = [mine, cosigning.Witness("v", signer.public_key)]
    for witnesses, need, at in (([mine], 1, 1_700_000_000), (twice, 2, None), ([mine._replace(name="v")], 1, None)):
        with pytest.raises(heads.BadHead):
            cosigning.enough(whole, witnesses, need=need, now=at)
    assert cosigning.witness(mine.vkey) == mine
    for vkey in ("", "w+00000000+AAAA", mine.vkey.replace("+", "-"), f"x{mine.vkey}"):
        with pytest.raises(ValueError):
            cosigning.witness(vkey)

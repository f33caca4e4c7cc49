"""A real MCP host and server, as processes of their own, whose asks wait in a real console until owners decide."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.publishing import publish

ROOT = Path(__file__).parents[2]
KINDS = {"tool_call", "elicitation_form", "elicitation_url", "sampling"}


class Host:
    """The demo's agent. Its lines arrive in a file."""

    def __init__(self, log: Path, told: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sdk'}"}
        command = [sys.executable, "-m", "approvals.demo.agent", str(told)]
        self.log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)

    def says(self, *words: str) -> str:
        """The first line with all the words, once it is there."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for line in self.log.read_text().splitlines():
                if all(word in line for word in words):
                    return line
            time.sleep(0.05)
        raise AssertionError(f"no line with {words} in:\n{self.log.read_text()}")


@pytest.fixture
def owners(transactional_db, alice, bob):

    rules = [("tool_call", "refund", 1), ("tool_call", "payout", 2)]
    rules += [(kind, "*", 1) for kind in ("elicitation_form", "elicitation_url", "sampling")]
    for kind, pattern, need in rules:
        name = pattern if kind == "tool_call" else kind.replace("_", "-")
        publish(
            checkpoint=f"shop/{name}", kind=kind, pattern=pattern, need=need, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=datetime.now(UTC),
        )  # fmt: skip
    return [alice, bob]


@pytest.fixture
def host(console, shop, owners, tmp_path) -> Iterator[Host]:
    from accounts import servers
    from approvals import keys

    token = servers.issue_token(server=shop, at=datetime.now(UTC))
    told = tmp_path / "demo.json"
    told.write_text(json.dumps({"url": console, "token": token, "pin": keys.jwks()}))
    host = Host(tmp_path / "host.log", told)
    yield host
    host.process.send_signal(signal.SIGTERM)
    host.process.wait(5)


def waiting(*, but: set[str] = frozenset()) -> list:
    """The asks of one shift, once all five are there."""
    from approvals.models import Action

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [action for action in Action.objects.filter(state="pending") if str(action.pk) not in but]
        if len(found) >= 5 and {action.kind for action in found} == KINDS:
            return found
        time.sleep(0.05)
    raise AssertionError(f"only {[action.kind for action in found]} arrived")


def decide(actions: list, owners: list, verdict: str) -> None:
    from approvals import reviews

    for action in actions:
        for person in owners[: action.policy.need if verdict == "approve" else 1]:
            reviews.record(action_id=action.pk, reviewer=person, verdict=verdict, note="", at=datetime.now(UTC))


def test_asks_of_both_eras_wait_for_owners_and_finish_or_are_refused(host, owners):
    first = waiting()
    assert {json.loads(bytes(action.context))["value"].get("revision") for action in first} == {None, "2025-11-25"}
    decide(first, owners, "approve")
    host.says("2025-11-25", "T-512 closed: refund")
    host.says("2025-11-25", "refund of A-1100 confirmed")
    host.says("2025-11-25", "draft for T-513 by none")
    host.says("direct", "refund A-1043", "done, user:alice")
    host.says("direct", "payout R-771", "done, user:alice, user:bob")

    second = waiting(but={str(action.pk) for action in first})
    assert {json.loads(bytes(action.context))["value"].get("revision") for action in second} == {None, "2026-07-28"}
    decide(second, owners, "deny")
    host.says("2026-07-28", "T-514 stays open (decline)")
    host.says("2026-07-28", "not confirmed (decline)")
    host.says("2026-07-28", "refused", "User rejected sampling request")
    host.says("direct", "refund A-1044", "Denied")


def test_a_host_that_is_killed_takes_its_old_asks_back_at_its_next_start(host, owners, tmp_path):
    from approvals.models import Action

    old = {str(action.pk) for action in waiting()}
    host.process.kill()
    host.process.wait(5)
    again = Host(tmp_path / "again.log", tmp_path / "demo.json")
    try:
        waiting(but=old)
        assert set(Action.objects.filter(pk__in=old).values_list("state", flat=True)) == {"withdrawn"}
    finally:
        again.process.send_signal(signal.SIGTERM)
        again.process.wait(5)

"""The official conformance suite, directly and through a gate whose owners approve: the findings are the same."""

import asyncio
from pathlib import Path

import pytest

from tests.counterparts import examining, programs
from tests.counterparts.reaching import Gate, gate_before, serving

#: Scenarios whose messages differ most from one another; `make conformance` runs all of them.
HOST_SCENARIOS = [
    ("2025-11-25", "tools_call"), ("2025-11-25", "elicitation-sep1034-client-defaults"), ("2025-11-25", "sse-retry"),
    ("2025-11-25", "auth/scope-step-up"), ("2026-07-28", "request-metadata"), ("2026-07-28", "http-custom-headers"),
    ("2026-07-28", "sep-2322-client-request-state"),
]  # fmt: skip
REVISIONS = ["2025-11-25", "2026-07-28"]
pytestmark = pytest.mark.long
#: Checks that succeed without a gate, so that two empty runs are never the same.
LEAST = {("host", "2025-11-25"): 247, ("host", "2026-07-28"): 405}
LEAST |= {("server", "2025-11-25"): 74, ("server", "2026-07-28"): 148}


def told(gate: Gate) -> dict:
    """A gate as a host takes it that is a process of its own."""
    return {"words": list(gate.words), "environment": gate.environment}


@pytest.mark.parametrize(("revision", "scenario"), HOST_SCENARIOS)
async def test_a_host_passes_behind_a_gate_what_it_passes_without(tmp_path: Path, gate, owners, revision, scenario):
    words = ("--scenario", scenario)
    async with owners.deciding():
        direct, through = await asyncio.gather(
            examining.host_findings(tmp_path / "direct", revision, *words),
            examining.host_findings(tmp_path / "gate", revision, *words, gate=told(gate())),
        )
    assert examining.passed(direct).keys() == {"SUCCESS"}
    assert through == direct


@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_server_passes_behind_a_gate_what_it_passes_without(tmp_path: Path, gate, owners, revision):
    with serving(programs.examined()) as url, gate_before(url, gate()) as through_it:
        async with owners.deciding():
            direct = await examining.server_findings(tmp_path / "direct", revision, url)
            through = await examining.server_findings(tmp_path / "gate", revision, through_it)
    assert examining.passed(direct)["SUCCESS"] >= LEAST["server", revision]
    assert through == direct

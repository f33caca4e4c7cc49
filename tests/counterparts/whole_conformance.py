"""Every scenario of the conformance suite's client side, directly and through a gate: `make conformance`, two minutes.

`make test` runs the few of them whose messages differ most.
"""

from pathlib import Path

import pytest

from tests.counterparts import examining
from tests.counterparts.test_conformance import LEAST, REVISIONS, told


@pytest.mark.parametrize("revision", REVISIONS)
async def test_every_host_scenario_ends_the_same_behind_a_gate(tmp_path: Path, gate, owners, revision):
    """Each of the suite's hosts starts a gate of its own, all at once."""
    direct = await examining.host_findings(tmp_path / "direct", revision, "--suite", "all")
    async with owners.deciding():
        through = await examining.host_findings(tmp_path / "gate", revision, "--suite", "all", gate=told(gate()))
    found = examining.passed(direct)
    assert (found["SUCCESS"], found["FAILURE"], found["WARNING"]) == (LEAST["host", revision], 0, 0)
    assert through == direct

"""The official conformance suite, direct: a host and a server that pass it are the measure for the gate."""

from pathlib import Path

import pytest

from tests.counterparts import examining, programs
from tests.counterparts.reaching import serving

#: Scenarios whose messages differ most from one another; `make conformance` runs all of them.
HOST_SCENARIOS = [
    ("2025-11-25", "tools_call"), ("2025-11-25", "elicitation-sep1034-client-defaults"), ("2025-11-25", "sse-retry"),
    ("2025-11-25", "auth/scope-step-up"), ("2026-07-28", "request-metadata"), ("2026-07-28", "http-custom-headers"),
    ("2026-07-28", "sep-2322-client-request-state"),
]  # fmt: skip


@pytest.mark.parametrize(("revision", "scenario"), HOST_SCENARIOS)
async def test_the_examined_host_passes(tmp_path: Path, revision, scenario):
    found = await examining.host_findings(tmp_path, revision, "--scenario", scenario)
    assert examining.passed(found).keys() == {"SUCCESS"}, found


@pytest.mark.parametrize(("revision", "least"), [("2025-11-25", 74), ("2026-07-28", 148)])
async def test_the_examined_server_passes_what_it_offers(tmp_path: Path, revision, least):
    with serving(programs.EXAMINED) as url:
        found = await examining.server_findings(tmp_path, revision, url)
    assert examining.passed(found)["SUCCESS"] >= least

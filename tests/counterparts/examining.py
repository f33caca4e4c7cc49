"""Runs the official conformance suite, and reads what it found."""

import asyncio
import json
import os
import re
import sys
from collections import Counter
from pathlib import Path

from tests.counterparts.programs import HERE, conformance, quiet

type Findings = dict[str, list[str]]

#: What the suite puts after a scenario's name: 2026-11-23T14-25-28-202Z.
STAMP = re.compile(r"-\d{4}-\d\d-\d\dT[\d-]+Z$")
#: Seconds for one run. The suite starts its hosts all at once, so a whole suite needs more than one scenario.
LIMIT = 240


async def host_findings(folder: Path, revision: str, *words: str, gate: dict | None = None) -> Findings:
    """Scenario -> sorted "check: status" of the suite's client side. `words` name a scenario or a suite.

    `gate` is what hosts/gateway.py wants: the gate's own words, and the environment it finds its console by.
    """
    command = f"{sys.executable} {HERE / 'hosts' / 'conformance.py'}"
    environment = quiet()
    if gate is not None:
        environment |= gate["environment"] | {"GATE": json.dumps(gate["words"])}
    await _run(
        environment, "client", "--command", command, "--spec-version", revision,
        "--timeout", "120000", "-o", str(folder), *words,
    )  # fmt: skip
    return _read(folder)


async def server_findings(folder: Path, revision: str, url: str) -> Findings:
    """The same of the suite's server side, with the server at `url`: all that this revision requires."""
    await _run(quiet(), "server", "--url", url, "--requirements", revision, "-o", str(folder))
    return _read(folder)


def passed(findings: Findings) -> Counter:
    """How many checks ended in which status."""
    return Counter(check.rsplit(": ", 1)[1] for checks in findings.values() for check in checks)


async def _run(environment: dict[str, str], *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *conformance(), *words, env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), LIMIT)
    finally:
        if process.returncode is None:
            process.kill()
    if os.environ.get("CONFORMANCE_LOG"):
        Path(os.environ["CONFORMANCE_LOG"]).write_bytes(said)


def _read(folder: Path) -> Findings:
    """Each scenario has a folder of its own, named after it and after the time it began."""
    findings: Findings = {}
    for file in sorted(folder.rglob("checks.json")):
        name = STAMP.sub("", str(file.parent.relative_to(folder)))
        found = [check for check in json.loads(file.read_text()) if check["status"] != "INFO"]
        checks = [f"{check['id']}: {check['status']}" for check in found]
        findings.setdefault(name, []).extend(sorted(checks))
    return findings

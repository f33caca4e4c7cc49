"""What the counterparts do without a gate: the measure that the gate is held against, so it must be there."""

import pytest

from tests.counterparts import programs, scenarios
from tests.counterparts.hosts.fast import FastHost
from tests.counterparts.hosts.plain import PlainHost
from tests.counterparts.reaching import WAYS, reach

ERAS = ["legacy", "2026-07-28"]
pytestmark = pytest.mark.long
KINDS = ["name", "check", "firstLine", "email", "homepage", "birthdate", "integer", "number"]


def said(passed: list[dict], name: str) -> list[str]:
    """The text of each call's result, or the error's code."""
    found = [one[name] for one in passed if name in one]
    return [one["code"] if "code" in one else one["content"][0]["text"] for one in found]


@pytest.mark.parametrize("way", WAYS)
async def test_the_reference_server_asks_in_its_three_kinds(way):
    async with reach(programs.everything(), way) as server:
        passed = await scenarios.everything_asking(server, "legacy", PlainHost())
    asked = [one["asked"] for one in passed if "asked" in one]
    assert [one.get("mode", "sampling") for one in asked] == ["form", "sampling", "url", "url"]
    assert set(KINDS) < set(asked[0]["requestedSchema"]["properties"])
    assert len(asked[0]["requestedSchema"]["properties"]) == 13
    assert "Name: Ada" in passed[1]["trigger-elicitation-request"]["content"][1]["text"]
    assert "Paris" in said(passed, "trigger-sampling-request")[0]
    first, needed, again = said(passed, "trigger-url-elicitation")
    assert ("completed" in first, needed, "completed" in again) == (True, -32042, True)


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_the_reference_server_takes_a_no(action):
    async with reach(programs.everything(), "http") as server:
        passed = await scenarios.everything_asking(server, "legacy", PlainHost(action))
    assert action in said(passed, "trigger-elicitation-request")[0]
    assert action in said(passed, "trigger-url-elicitation")[0]


@pytest.mark.parametrize("host", [PlainHost, FastHost])
@pytest.mark.parametrize("era", ERAS)
async def test_the_official_server_asks_in_both_eras(era, host):
    async with reach(programs.official(), "stdio") as server:
        passed = await scenarios.official_asking(server, era, host())
    assert len([one for one in passed if "asked" in one]) == (6 if era == "legacy" else 5)


async def test_no_revision_lets_a_server_run_a_hosts_tool():
    async with reach(programs.official(), "stdio") as server:
        passed = await scenarios.official_reverse(server, "legacy", PlainHost())
    assert said(passed, "reverse_tool") == ["MCPError -32601: Method not found"]


@pytest.mark.parametrize("way", WAYS)
async def test_fastmcp_asks_in_the_foreground_and_from_its_tasks(way):
    async with reach(programs.fastmcp(), way) as server:
        passed = await scenarios.fastmcp_asking(server, "2026-07-28", FastHost())
    answers = [next(iter(one.values())).get("said") for one in passed if "asked" not in one]
    assert answers == ["5", "accept {'ok': True}", "accept {'ok': True}", None]

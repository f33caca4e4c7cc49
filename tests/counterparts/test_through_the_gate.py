"""The same scenarios directly and through a gate whose owners approve: hosts and servers cannot tell the difference."""

import asyncio

import pytest
from mcp import Client

from tests.counterparts import programs, scenarios, scenarios_tasks
from tests.counterparts.conftest import Subject, again_and_again
from tests.counterparts.hosts.fast import FastHost
from tests.counterparts.hosts.plain import PlainHost, filled_in
from tests.counterparts.reaching import WAYS, command, reach

FORM, LINK, MODEL = "elicitation_form", "elicitation_url", "sampling"
OLD, NEW = "legacy", "2026-07-28"


def long(*cases) -> list:
    """Cases that `make long` runs."""
    return [pytest.param(*case, marks=pytest.mark.long) for case in cases]


SAME = [
    *long((programs.everything, scenarios.everything_quiet, OLD, PlainHost, [])),
    (programs.everything, scenarios.everything_asking, OLD, PlainHost, [FORM, MODEL, LINK, LINK, LINK]),
    (programs.official, scenarios.official_asking, NEW, PlainHost, [FORM] * 3 + [LINK, MODEL]),
    *long(
        (programs.official, scenarios.official_asking, OLD, PlainHost, [FORM] * 3 + [LINK, MODEL, FORM, LINK]),
        (programs.official, scenarios.official_asking, NEW, FastHost, [FORM] * 3 + [LINK, MODEL]),
        (programs.fastmcp, scenarios.fastmcp_asking, NEW, FastHost, [FORM, FORM]),
        (programs.fastmcp, scenarios.fastmcp_asking, OLD, FastHost, [FORM]),
    ),
]


def bare(server) -> Client:
    """A host that can do nothing but call."""
    return Client(server, mode=OLD, read_timeout_seconds=30)


def named(case) -> str:
    return case.__name__ if callable(case) else str(case)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("program", "scenario", "era", "host", "asked"), SAME, ids=named)
async def test_all_that_passes_is_the_same_with_a_gate_between(gate, owners, way, program, scenario, era, host, asked):
    async def run(between=None) -> list[dict]:
        async with reach(program(), way, between) as server:
            return await scenario(server, era, host())

    async with owners.deciding():
        direct, through = await asyncio.gather(run(), run(gate()))
    assert through == direct
    assert owners.kinds() == asked


@pytest.mark.long
@pytest.mark.parametrize(
    ("scenario", "asked"),
    [(scenarios_tasks.asked_within_a_task, [FORM]), (scenarios_tasks.answered_by_a_task, [FORM, MODEL])],
    ids=named,
)
async def test_tasks_of_the_older_revision_pass_byte_for_byte(gate, owners, scenario, asked):
    """An ask within the server's task (its `related-task` says so), and asks that the host answers by tasks."""
    everything = programs.everything()
    async with owners.deciding():
        direct, through = await asyncio.gather(scenario(command(everything)), scenario(command(everything, gate())))
    assert through == direct
    assert owners.kinds() == asked
    polled = [line for line in direct if b'"tasks/get"' in line or b'"tasks/result"' in line]
    related = [line for line in direct if b'"elicitation/create"' in line and scenarios_tasks.RELATED.encode() in line]
    assert (len(related), len(polled)) == ((1, 0) if asked == [FORM] else (0, 4))


@pytest.mark.parametrize("way", WAYS)
async def test_what_owners_deny_is_never_shown_and_ends_in_the_protocols_no(gate, owners, way):
    host = PlainHost()
    async with owners.deciding(lambda kind: "deny"), reach(programs.everything(), way, gate()) as server:
        await scenarios.everything_asking(server, OLD, host)
    assert host.came_to("asked") == []
    assert "declined" in host.came_to("trigger-elicitation-request")[0]["content"][0]["text"]
    assert "User rejected sampling request" in str(host.came_to("trigger-sampling-request")[0])
    links = host.came_to("trigger-url-elicitation")
    assert "declined" in links[0]["content"][0]["text"]
    assert links[1].get("code") != -32042 and "example.org" not in str(links[1])


@pytest.mark.long
@pytest.mark.long
@pytest.mark.parametrize("era", [OLD, NEW])
async def test_denied_asks_of_the_official_server_end_in_the_eras_own_no(gate, owners, era):
    host = PlainHost()
    async with owners.deciding(lambda kind: "deny"), reach(programs.official(), "stdio", gate()) as server:
        await scenarios.official_asking(server, era, host)
    assert host.came_to("asked") == []
    assert host.came_to("form")[0]["content"][0]["text"] == "decline"
    assert host.came_to("two_forms")[0]["content"][0]["text"] == "decline because decline"
    assert host.came_to("link")[0]["content"][0]["text"].startswith("decline")
    assert "Paris" not in str(host.came_to("sample"))


async def test_a_denied_ask_of_a_background_task_lets_the_task_go_on(gate, owners):
    host = FastHost()
    async with owners.deciding(lambda kind: "deny"), reach(programs.fastmcp(), "stdio", gate()) as server:
        await scenarios.fastmcp_asking(server, NEW, host)
    assert host.came_to("asked") == []
    assert [one["said"] for one in host.came_to("deploy") + host.came_to("deploy_task")] == ["decline None"] * 2


@pytest.mark.long
@pytest.mark.parametrize("way", WAYS)
async def test_a_completion_is_held_a_second_time_where_that_was_asked_for(gate, owners, way):
    host = PlainHost()
    through = gate("--hold-result")
    async with owners.deciding(), reach(programs.everything(), way, through) as server, host.at(server, OLD) as client:
        await host.call(client, "trigger-sampling-request", prompt="One word about France", maxTokens=10)
    assert owners.kinds() == [MODEL, "sampling_result"]
    assert "Paris" in str(host.came_to("trigger-sampling-request"))


@pytest.mark.parametrize("way", WAYS)
async def test_a_servers_wish_to_run_a_tool_is_refused_unless_allowed(gate, owners, way):
    host = PlainHost()
    async with owners.deciding(), reach(programs.official(), way, gate()) as server:
        await scenarios.official_reverse(server, OLD, host)
    assert owners.kinds() == []
    assert "old" not in str(host.came_to("reverse_tool")[0]["content"])


@pytest.mark.parametrize(("verdict", "wanted"), [("approve", "gone: /srv/old"), ("deny", "isError': True")])
async def test_an_allowed_tool_runs_by_the_executor_after_a_yes_only(gate, owners, tmp_path, verdict, wanted):
    script = tmp_path / "run.py"
    script.write_text(EXECUTOR)
    through = gate("--allow-tool", "delete_file", "--executor", f"{programs.PYTHON} {script}")
    host = PlainHost()
    async with owners.deciding(lambda kind: verdict), reach(programs.official(), "stdio", through) as server:
        await scenarios.official_reverse(server, OLD, host)
    assert owners.kinds() == ["tool_call"]
    assert wanted in str(host.came_to("reverse_tool")[0]["content"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("willing", "wanted"), [(True, "Name: Ada"), (False, "declined")])
async def test_a_host_that_shows_no_forms_has_its_subject_answer_on_the_console(
    gate, owners, dana, way, willing, wanted
):
    """Every kind of field the reference server knows goes through the console and back."""

    def fill_in(params: dict) -> dict | None:
        fields = params["requestedSchema"]["properties"]
        return {name: filled_in(schema) for name, schema in fields.items()} if willing else None

    looking, between = again_and_again(Subject(dana, fill_in).look), gate("--inject")
    async with owners.deciding(), looking, reach(programs.everything(), way, between) as server, bare(server) as client:
        result = await client.call_tool("trigger-elicitation-request", {})
    assert owners.kinds() == [FORM]
    assert wanted in str(result.content)


EXECUTOR = """
import json, sys
asked = json.load(sys.stdin)
text = "gone: " + (asked.get("params") or asked)["arguments"]["path"]
print(json.dumps({"content": [{"type": "text", "text": text}]}))
"""

"""The snippets in the documents are what hosts read and what the gate understands."""

import json
import re

import pytest
from placet import cli

from tests.counterparts.programs import ROOT

BLOCKS = re.findall(r"^```json\n(.*?)^```", (ROOT / "docs" / "gate.md").read_text(), re.MULTILINE | re.DOTALL)


def servers(block: str) -> list[dict]:
    told = json.loads(block)
    return list(told.get("mcpServers", told.get("servers")).values())


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_every_snippet_starts_a_gate_that_knows_its_words(block):
    for server in servers(block):
        if not server.get("command", "").endswith("placet"):
            continue
        given = cli._parser().parse_args(server["args"])
        assert given.behind == ["--", "npx", "-y", "shop-mcp-server"]
        assert {"PLACET_URL", "PLACET_TOKEN", "PLACET_PIN"} <= server["env"].keys()


def test_no_snippet_shows_a_token():
    assert not re.search(r"plc_[A-Za-z0-9]", "".join(BLOCKS))


def test_the_options_of_the_document_exist():
    text = (ROOT / "docs" / "gate.md").read_text()
    parser = cli._parser()._subparsers._group_actions[0].choices["gate"]
    known = {option for action in parser._actions for option in action.option_strings}
    named = set(re.findall(r"`(--[a-z-]+)", text)) - {"--its", "--options"}
    assert named <= known, named - known

"""Headers that repeat a call's arguments: written anew as the official client writes them."""

import pytest
from mcp.shared.inbound import mcp_param_headers, x_mcp_header_map
from placet.gate.http.mirrored import mirrored, without

SCHEMA = {
    "type": "object",
    "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "dry": {"type": "boolean", "x-mcp-header": "Dry-Run"},
        "count": {"type": "integer", "x-mcp-header": "Count"},
        "where": {"type": "object", "properties": {"zone": {"type": "string", "x-mcp-header": "Zone"}}},
        "plain": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    "arguments",
    [
        {"region": "eu-west", "dry": False, "count": 3, "where": {"zone": "a"}, "plain": "x"},
        {"region": "Zürich\u202e", "dry": True},
        {"region": " spaced ", "count": 2**53 - 1},
        {"region": None, "where": "elsewhere"},
        {},
    ],
)
def test_an_edited_call_repeats_its_arguments_as_the_official_client_would(arguments):
    wanted = mcp_param_headers(x_mcp_header_map(SCHEMA), arguments)
    assert dict(mirrored(SCHEMA, arguments)) == {k.lower().encode(): v.encode() for k, v in wanted.items()}


@pytest.mark.parametrize(
    "schema", [None, [], {"properties": 3}, {"properties": {"a": {"x-mcp-header": "bad token\r\n"}}}]
)
def test_a_schema_that_says_nothing_sensible_repeats_nothing(schema):
    assert mirrored(schema, {"a": "1"}) == []


def test_what_the_host_repeated_of_its_own_call_goes():
    assert without([(b"mcp-param-region", b"eu"), (b"accept", b"*/*")]) == [(b"accept", b"*/*")]

"""Who may knock: hosts of this machine at the one address, and no page of a stranger."""

import pytest
from placet.gate.http import address, headers
from placet.gate.http.fence import Refusal, fence

GOOD = [(b"host", b"127.0.0.1:9100"), (b"content-type", b"application/json")]


def made(listen="127.0.0.1:9100", upstream="https://mcp.example.org/mcp?key=1", **how):
    return fence(listen=address.listen(listen), upstream=address.upstream(upstream), **how)


def knock(door=None, *, method="POST", target=b"/mcp?key=1", said=GOOD):
    (door or made()).check(method=method, target=target, headers=said)


def refused(**how) -> tuple[int, str]:
    with pytest.raises(Refusal) as no:
        knock(**how)
    return no.value.status, no.value.code


def test_a_host_of_this_machine_may_knock():
    for name in (b"127.0.0.1", b"localhost", b"LOCALHOST", b"[::1]"):
        knock(said=[(b"host", name + b":9100"), *GOOD[1:]])
    for origin in (b"http://localhost:6274", b"http://127.0.0.1:3000", b"http://[::1]:1"):
        knock(said=[*GOOD, (b"origin", origin)])
    for method in ("GET", "DELETE", "OPTIONS"):
        knock(method=method, said=GOOD[:1])


@pytest.mark.parametrize(
    "origin",
    [b"https://evil.example", b"null", b"http://localhost.evil.example", b"http://127.0.0.1@evil.example", b""],
)
def test_a_page_of_a_stranger_is_turned_away(origin):
    assert refused(said=[*GOOD, (b"origin", origin)]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "host", [b"evil.example:9100", b"127.0.0.1", b"127.0.0.1:9101", b"127.0.0.1:9100.evil.example"]
)
def test_a_name_that_only_resolves_to_this_machine_is_turned_away(host):
    assert refused(said=[(b"host", host), *GOOD[1:]]) == (421, "wrong_host")


def test_a_request_without_a_host_is_turned_away():
    assert refused(said=GOOD[1:]) == (421, "wrong_host")


def test_an_origin_list_takes_the_place_of_this_machines_pages():
    door = made(origins=["https://app.example.org"])
    knock(door, said=[*GOOD, (b"origin", b"https://app.example.org")])
    assert refused(door=door, said=[*GOOD, (b"origin", b"http://localhost:6274")]) == (403, "foreign_origin")


def test_beyond_this_machine_the_hosts_are_named():
    with pytest.raises(ValueError, match="--allow-host"):
        made(listen="0.0.0.0:9100")
    door = made(listen="0.0.0.0:9100", hosts=["gate.example.org:9100"])
    knock(door, said=[(b"host", b"gate.example.org:9100"), *GOOD[1:]])
    assert refused(door=door)[0] == 421


@pytest.mark.parametrize(
    "target",
    [b"/", b"/mcp", b"/mcp?key=2", b"/mcp/../admin?key=1", b"/mcp/%2e%2e/admin", b"//mcp?key=1", b"/MCP?key=1"],
)
def test_only_the_upstreams_own_path_is_served(target):
    assert refused(target=target) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "TRACE", "CONNECT"])
def test_other_methods_are_refused(method):
    assert refused(method=method) == (405, "method_not_allowed")


@pytest.mark.parametrize("name", [b"mcp-session-id", b"origin", b"host", b"content-type", b"authorization"])
def test_a_header_that_may_stand_once_is_not_taken_twice(name):
    said = [*GOOD, (b"origin", b"http://localhost"), (b"mcp-session-id", b"a"), (b"authorization", b"Bearer a")]
    assert refused(said=[*said, (name, b"b")]) == (400, "repeated_header")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ((b"content-type", b"text/plain"), "not_json"),
        ((b"content-type", b"application/json; charset=utf-16"), "unknown_charset"),
        ((b"content-encoding", b"gzip"), "encoded_body"),
    ],
)
def test_a_body_that_the_server_would_read_differently_is_refused(header, code):
    said = [(b"host", b"127.0.0.1:9100"), *([header] if header[0] == b"content-type" else [*GOOD[1:], header])]
    assert refused(said=said) == (415, code)


@pytest.mark.parametrize(
    "text",
    ["http://mcp.example.org/mcp", "ftp://127.0.0.1/x", "https://a:b@mcp.example.org/", "mcp.example.org", "https://"],
)
def test_an_upstream_that_would_show_the_hosts_token_is_refused(text):
    with pytest.raises(ValueError, match="--upstream"):
        address.upstream(text)


def test_plain_http_is_for_this_machine_or_said_aloud():
    assert not address.upstream("http://127.0.0.1:8000/mcp").is_encrypted
    assert address.upstream("http://mcp.internal/mcp", plain=True).target == b"/mcp"
    assert address.upstream("https://mcp.example.org/mcp?key=1").name == "https://mcp.example.org/mcp"


@pytest.mark.parametrize("text", ["9100", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999", "::1:9100", ":9100"])
def test_an_address_to_listen_on_is_a_host_and_a_port(text):
    with pytest.raises(ValueError):
        address.listen(text)
    assert address.listen("[::1]:9100").authority == "[::1]:9100"


def test_headers_of_one_hop_stay_there_and_all_others_travel():
    said = [
        (b"host", b"h"), (b"connection", b"close, X-Hop"), (b"x-hop", b"1"), (b"te", b"trailers"), (b"upgrade", b"h2c"),
        (b"content-length", b"3"), (b"accept-encoding", b"gzip"), (b"proxy-authorization", b"Basic x"),
        (b"mcp-session-id", b"s"), (b"authorization", b"Bearer t"), (b"x-custom", b"a"), (b"x-custom", b"b"),
    ]  # fmt: skip
    assert headers.to_server(said) == [
        (b"mcp-session-id", b"s"), (b"authorization", b"Bearer t"), (b"x-custom", b"a"), (b"x-custom", b"b"),
        (b"accept-encoding", b"identity"),
    ]  # fmt: skip
    back = [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"Transfer-Encoding", b"chunked"), (b"Date", b"now")]
    assert headers.to_host(back) == [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"date", b"now")]


@pytest.mark.parametrize("value", ["refund", "wei\u00df", " padded", "line\nbreak", "=?base64?eA==?=", "", "a b"])
def test_text_in_a_header_is_read_back_by_the_official_package(value):
    from mcp.shared.inbound import decode_header_value

    assert decode_header_value(headers.text(value).decode("ascii")) == value


@pytest.mark.parametrize(
    ("accept", "takes"),
    [
        (b"application/json, text/event-stream", True), (b"*/*", True), (b"text/*;q=0.5", True),
        (b"application/json", False),
    ],
)  # fmt: skip
def test_who_takes_events_says_so(accept, takes):
    assert headers.accepts([(b"accept", accept)], headers.EVENTS) is takes
    assert headers.accepts([], headers.EVENTS) is False

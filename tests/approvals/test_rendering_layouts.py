"""Every value of an ask is on the page, once, whatever its kind; what is too large waits until it was opened."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.rules.rendering import plain, unrender
from approvals.rules.rendering.addresses import drawn, read_address
from approvals.rules.rendering.layouts import lay_out
from approvals.rules.rendering.values import INLINE, NAMED, ROWS, ROWS_NAMED, escaped, flatten, label, pointer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
SAMPLING = {
    "method": "sampling/createMessage",
    "params": {
        "systemPrompt": "Be brief.",
        "messages": [
            {"role": "user", "content": {"type": "text", "text": "How many days?"}},
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "t1", "name": "search", "input": {"query": "days", "limit": 5}},
                    {"type": "image", "mimeType": "image/png", "data": "AAAA"},
                ],
            },
        ],
        "tools": [{"name": "search", "description": "Finds.", "inputSchema": {"type": "object"}}],
        "modelPreferences": {"hints": [{"name": "small"}], "costPriority": 0.8},
        "maxTokens": 800,
    },
}
FORM = {
    "method": "elicitation/create",
    "params": {
        "message": "Which one?",
        "requestedSchema": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 80, "default": "Ελένη"},
                "address": {"type": "string", "enum": ["home", "work"], "enumNames": ["At home", "At work"]},
                "size": {
                    "type": "string",
                    "oneOf": [{"const": "s", "title": "Small"}, {"const": "l", "title": "Large"}],
                },
                "days": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "enum": ["mo", "tu"]},
                    "default": ["mo"],
                },
                "mail": {"type": "boolean", "default": True, "x-odd": {"deep": [1, 2]}},
            },
            "required": ["address", "name"],
        },
    },
}
URL = {
    "method": "elicitation/create",
    "params": {
        "mode": "url",
        "message": "Reconnect.",
        "url": "https://connect.crrn-suite.example/a?b=c",
        "elicitationId": "e",
    },
}
RESULT = {
    "method": "sampling/createMessage",
    "params": {
        "role": "assistant",
        "content": {"type": "text", "text": "30 days"},
        "model": "m",
        "stopReason": "endTurn",
    },
}
CALL = {
    "method": "tools/call",
    "params": {"name": "refund", "arguments": {"order": "A1", "lines": [{"sku": "x"}]}, "_meta": {"progressToken": 1}},
}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("sampling", SAMPLING),
        ("elicitation_form", FORM),
        ("elicitation_url", URL),
        ("sampling_result", RESULT),
        ("tool_call", CALL),
    ],
)
def test_every_value_is_shown_exactly_once(kind, body):
    layout = lay_out(kind, body)
    shown = [value.pointer for value in layout.sheet.values]
    assert sorted(shown) == sorted(pointer(leaf.path) for leaf in flatten(body))


@settings(max_examples=150, deadline=None)
@given(JSON, st.sampled_from([("tool_call", CALL), ("sampling", SAMPLING), ("elicitation_form", FORM)]))
def test_values_nobody_expected_are_shown_too(extra, known):
    kind, body = known
    body = json.loads(json.dumps(body))
    body["params"]["_meta"] = extra
    layout = lay_out(kind, body)
    assert sorted(v.pointer for v in layout.sheet.values) == sorted(pointer(leaf.path) for leaf in flatten(body))
    for value in layout.sheet.values:
        if value.kind == "string":
            assert unrender(value.pieces) == value.plain


@settings(max_examples=200, deadline=None)
@given(JSON, JSON)
def test_two_values_never_get_the_same_names_and_contents(one, other):
    def listed(value):
        return [(label(leaf.path), type(leaf.value), leaf.value) for leaf in flatten({"v": value})]

    assert (listed(one) == listed(other)) == (json.dumps(one) == json.dumps(other))


def test_a_list_is_told_from_an_object_with_numbers_for_names():
    assert [label(leaf.path) for leaf in flatten({"a": [1]})] == ["a[0]"]
    assert [label(leaf.path) for leaf in flatten({"a": {"0": 1, "[0]": 2, "": 3}})] == ["a/0", 'a/"[0]"', 'a/""']


def test_what_differs_from_the_last_approved_call_is_marked():
    before = {
        "method": "tools/call",
        "params": {"name": "refund", "arguments": {"order": "A0", "amount": 10, "gone": 1}},
    }
    body = {
        "method": "tools/call",
        "params": {"name": "refund", "arguments": {"order": "A0", "amount": 42, "new": "x"}},
    }
    rows = {plain(row.name): row for row in lay_out("tool_call", body, before=before).arguments.rows}
    assert {name: row.changed for name, row in rows.items()} == {
        "order": False,
        "amount": True,
        "new": True,
        "gone": True,
    }
    assert rows["amount"].difference == 32
    assert rows["gone"].value is None


def test_a_number_is_told_from_the_same_digits_in_a_string():
    before = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "7"}}}
    body = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": 7}}}
    (row,) = lay_out("tool_call", body, before=before).arguments.rows
    assert row.changed
    assert row.value.kind == "integer"


def test_a_large_value_waits_until_it_is_opened():
    body = {"method": "tools/call", "params": {"name": "t", "arguments": {"note": "line\n" * 40_000}}}
    layout = lay_out("tool_call", body)
    (value,) = [row.value for row in layout.arguments.rows]
    assert layout.waiting == ["/params/arguments/note"]
    assert (value.size, value.lines) == (200_000, 40_001)
    assert sum(len(p.shown) for p in value.pieces + value.tail) < 1_000
    opened = lay_out("tool_call", body, opened=frozenset(layout.waiting))
    assert opened.waiting == []


def test_a_large_value_is_whole_once_opened():
    text = "мир и труд. " * 1_000
    body = {"method": "tools/call", "params": {"name": "t", "arguments": {"note": text}}}
    layout = lay_out("tool_call", body, opened=frozenset({"/params/arguments/note"}))
    assert unrender(layout.arguments.rows[0].value.pieces) == text


def test_too_many_hidden_characters_are_shown_as_escaped_bytes():
    text = "a\u200b" * 30_000
    body = {"method": "tools/call", "params": {"name": "t", "arguments": {"note": text}}}
    value = lay_out("tool_call", body, opened=frozenset({"*"})).arguments.rows[0].value
    assert value.escaped.isascii()
    assert json.loads(value.escaped) == text
    assert value.alarms > NAMED
    assert value.more, "no more are counted than it takes to know that they are too many"


def test_hidden_text_at_the_end_of_far_too_many_marks_is_not_missed():
    text = "\u00a0x" * (NAMED + 5) + "\u200b"
    for opened in (frozenset({"*"}), frozenset()):
        value = lay_out("tool_call", _noting(text), opened=opened).arguments.rows[0].value
        assert value.alarms
    assert not lay_out("tool_call", _noting(text[:-1]), opened=frozenset({"*"})).alarms


def _noting(text):
    return {"method": "tools/call", "params": {"name": "t", "arguments": {"note": text}}}


def test_too_many_values_wait_until_they_are_opened():
    arguments = {f"k{n:04}": n for n in range(ROWS + 1)}
    body = {"method": "tools/call", "params": {"name": "t", "arguments": arguments}}
    layout = lay_out("tool_call", body)
    assert layout.waiting == ["/params/arguments"]
    assert len(layout.arguments.rows) == ROWS
    assert plain(layout.arguments.rows[-1].name) == f"k{ROWS:04}"
    opened = lay_out("tool_call", body, opened=frozenset({"/params/arguments"}))
    assert len(opened.arguments.rows) == ROWS + 1


def test_far_too_many_values_are_shown_as_escaped_bytes():
    arguments = {f"k{n}": n for n in range(ROWS_NAMED + 1)}
    body = {"method": "tools/call", "params": {"name": "t", "arguments": arguments}}
    table = lay_out("tool_call", body, opened=frozenset({"*"})).arguments
    assert len(json.loads(table.escaped)) == ROWS_NAMED + 1


def test_a_text_that_just_fits_is_shown_at_once():
    body = {"method": "tools/call", "params": {"name": "t", "arguments": {"note": "x" * INLINE}}}
    assert lay_out("tool_call", body).waiting == []


def test_a_form_is_read_field_by_field():
    fields = {plain(f.name): f for f in lay_out("elicitation_form", FORM).fields}
    assert {name: f.control for name, f in fields.items()} == {
        "name": "text", "address": "one", "size": "one", "days": "many", "mail": "yes-no",
    }  # fmt: skip
    assert [name for name, f in fields.items() if f.required] == ["name", "address"]
    assert [plain(c.title.pieces) for c in fields["size"].choices] == ["Small", "Large"]
    assert plain(fields["mail"].rows.rows[0].name) == "x-odd/deep[0]"


def test_hidden_text_is_counted_by_value():
    body = {"method": "tools/call", "params": {"name": "t", "arguments": {"a": "x\u202ey", "b": "Nоrd", "c": "fine"}}}
    assert lay_out("tool_call", body).alarms == 2


@pytest.mark.parametrize(
    ("url", "before", "domain"),
    [
        ("https://connect.crrn-suite.example/oauth?x=1", "https://connect.", "crrn-suite.example"),
        ("https://accounts.google.com.evil.co.uk/", "https://accounts.google.com.", "evil.co.uk"),
        ("https://attacker.github.io/login", "https://", "attacker.github.io"),
        ("https://PAY.Example.COM", "https://PAY.", "Example.COM"),
    ],
)
def test_the_registrable_domain_is_named(url, before, domain):
    address = read_address(url)
    assert (address.before, address.domain) == (before, domain)
    assert address.before + address.domain + address.after == url


@pytest.mark.parametrize(
    "url", ["https://good.example\\@evil.example/", "https://a@b.example/", "https://ex ample.com/", "javascript:1"]
)
def test_no_domain_is_named_where_readers_disagree(url):
    assert read_address(url).domain == ""


def test_a_punycode_host_says_what_a_browser_may_draw():
    assert plain(read_address("https://xn--pple-43d.example/").international) == "⟦аU+0430 Cyrillic⟧pple.example"


def test_hosts_that_read_alike_are_drawn_alike():
    assert drawn("crrn-suite.example") == drawn("crm-suite.example")
    assert drawn("shop.example") != drawn("ship.example")


def test_a_very_long_name_waits_until_it_is_opened():
    body = {"method": "tools/call", "params": {"name": "t", "arguments": {"k" * 9_000: 1}}}
    layout = lay_out("tool_call", body)
    assert layout.waiting == ["/params/arguments"]
    assert len(plain(layout.arguments.rows[0].name)) < 500
    opened = lay_out("tool_call", body, opened=frozenset({"/params/arguments"}))
    assert json.loads(opened.arguments.escaped) == {"k" * 9_000: 1}


def test_escaped_text_breaks_its_lines_where_the_text_does():
    assert escaped("a\nb\\nc") == '"a\\n\nb\\\\nc"'


def test_what_a_conversation_shows_is_not_said_to_be_missing_beside_its_limits():
    def sampling(text):
        message = {"role": "user", "content": {"type": "text", "text": text}}
        return {"method": "sampling/createMessage", "params": {"messages": [message], "maxTokens": 9}}

    before = sampling("a")
    before["params"]["messages"] *= 3
    rows = lay_out(
        "sampling", sampling("b"), before=before | {"params": before["params"] | {"temperature": 1}}
    ).limits.rows
    assert {plain(row.name): bool(row.value) for row in rows} == {"maxTokens": True, "temperature": False}

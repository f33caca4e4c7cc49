"""Whatever an ask holds, the page gives all of it back to whoever reads only what is seen there."""

import json
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from placet import canonical

from approvals.rules.rendering.layouts import lay_out
from approvals.rules.rendering.values import EVERYTHING, Sheet, escaped

from . import seeing
from .test_rendering import HOSTILE
from .test_rendering_layouts import CALL, FORM, RESULT, SAMPLING, URL

IMITATED = [
    "U+202E RIGHT-TO-LEFT OVERRIDE", "⟨U+202E⟩", "␣ ×4", "↵", "TAG ×2 “ab”", "empty", "itself", "null", "true", "1",
    "\\u202e", "\\n", '"', "&lt;b&gt;", "&#8238;", "<bdi>", "[0]", "a/b", 'x/"y"', "~0", "data-leaf",
    "… 500 characters",    "  ", "\n\n", " \n ", "\r\n", "\u0301\u0302" * 30, "\ufe0f",
    "\U000e0061\U000e007f", "\x7f", "\x1b[2J", "раура", "0", "Cyrillic",
    "__proto__", "constructor", "\ufdd0", "\U0010ffff", "a" * 420, "\u0301",
]  # fmt: skip
TEXT = st.one_of(
    st.text(max_size=12), st.lists(HOSTILE, max_size=8).map("".join),
    st.lists(st.sampled_from(IMITATED), max_size=3).map("".join),
)  # fmt: skip
NUMBER = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from([0, 1, 1.0, 1e0, -0.0, 0.1, 1e21, 5e-324, 1e-7, -1]),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: abs(x) < 2**53 or abs(x) >= 1e21),
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=14,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=4)
MEMBERS = ("type", "title", "description", "default", "enum", "enumNames", "oneOf", "anyOf", "items", "minLength", "x")
KNOWN = st.sampled_from(["string", "array", "number", "boolean", "object"])
RULE = (
    st.dictionaries(
        st.sampled_from(MEMBERS),
        JSON | KNOWN | st.lists(JSON, max_size=3) | st.lists(st.fixed_dictionaries({"const": JSON, "title": JSON})),
        max_size=6,
    )
    | JSON
)
BLOCK = JSON | st.fixed_dictionaries({"type": st.sampled_from(["text", "image"]) | JSON, "text": JSON}) | OBJECT
TURN = JSON | st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]) | JSON,
                                    "content": BLOCK | st.lists(BLOCK, max_size=3)}, optional={"x": JSON})  # fmt: skip
PARAMS = {
    "tool_call": st.fixed_dictionaries({"name": TEXT.filter(bool)}, optional={"arguments": OBJECT, "_meta": JSON}),
    "sampling": st.fixed_dictionaries(
        {"messages": st.lists(TURN, max_size=3), "maxTokens": NUMBER},
        optional={"systemPrompt": JSON, "tools": st.lists(JSON | st.fixed_dictionaries(
            {"name": TEXT, "description": JSON}), max_size=2), "temperature": NUMBER, "metadata": JSON},
    ),
    "sampling_result": st.fixed_dictionaries({"role": TEXT, "content": BLOCK | st.lists(BLOCK, max_size=3)},
                                             optional={"model": JSON, "stopReason": JSON}),
    "elicitation_form": st.fixed_dictionaries(
        {"message": JSON, "requestedSchema": st.fixed_dictionaries(
            {"type": JSON, "properties": st.dictionaries(TEXT, RULE, max_size=3)},
            optional={"required": st.lists(TEXT | NUMBER, max_size=4) | JSON, "title": JSON})},
        optional={"mode": TEXT}),
    "elicitation_url": st.fixed_dictionaries({"message": JSON, "url": st.one_of(
        TEXT, TEXT.map("https://a.b.example/".__add__), st.just("https://xn--pple-43d.example/?a=b&a"))},
        optional={"elicitationId": JSON}),
}  # fmt: skip
METHOD = {"tool_call": "tools/call", "elicitation_form": "elicitation/create", "elicitation_url": "elicitation/create"}
KINDS = sorted(PARAMS)


def drawn(kind, body, *, opened=frozenset({EVERYTHING}), as_bytes=False):
    """The HTML of the payload as the page's own template draws it."""
    action = SimpleNamespace(kind=kind, pk="0190163d-8694-739b-aea5-966c26f8ad91", server=SimpleNamespace(name="shop"),
                             subject="dana")  # fmt: skip
    layout = lay_out(kind, body, opened=opened)
    page = SimpleNamespace(action=action, layout=layout, body=b"", dig="d", pending=False)
    known = {"page": page, "as_bytes": as_bytes, "bytes": escaped(body), "opened": [], "in_pane": False}
    return render_to_string("approvals/action.html#payload", known)


def same(one, other):
    return canonical.canonical(one) == canonical.canonical(other)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_all_of_an_ask_can_be_read_back_from_its_page(kind, data):
    body = {"method": METHOD.get(kind, "sampling/createMessage"), "params": data.draw(PARAMS[kind])}
    assert same(seeing.unrender(drawn(kind, body)), body)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(OBJECT)
def test_the_bytes_view_gives_all_of_it_back_too(arguments):
    body = {"method": "tools/call", "params": {"name": "t", "arguments": arguments}}
    html = drawn("tool_call", body, as_bytes=True)
    assert same(seeing.unrender(html), body)
    assert seeing.tree(html).first("data-all").text.isascii()
    assert "\x7f" not in html


@pytest.mark.parametrize(
    ("kind", "body"),
    [("sampling", SAMPLING), ("elicitation_form", FORM), ("elicitation_url", URL), ("sampling_result", RESULT),
     ("tool_call", CALL)],
)  # fmt: skip
def test_an_honest_ask_of_each_kind_reads_back(kind, body):
    assert same(seeing.unrender(drawn(kind, body)), body)


LARGE = {
    "a list of many numbers": [n % 7 for n in range(3_000)],
    "more named values than fit": {f"k{n}": n for n in range(400)},
    "names too long for a list": {"k" * 9_000: 1, "0": {"0": ["x"]}},
    "one long name over many values": {"K" * 40_000: [0] * 2_000},
    "a text of marks": "a\u0301\u200b" * 5_000,
    "a long honest text": "мир и труд.\nα  \n" * 1_000,
    "spaces and lines": " " * 5_000 + "\n" * 5_000 + "x",
    "a list that could be an object": {"a": [["x"] * 2_000], "b": {"0": {str(n): "x" for n in range(1_600)}}},
}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("kind", ["tool_call", "sampling", "elicitation_form"])
def test_what_is_large_reads_back_once_it_is_open_and_not_before(kind, name):
    body = json.loads(json.dumps({"tool_call": CALL, "sampling": SAMPLING, "elicitation_form": FORM}[kind]))
    if kind == "tool_call":
        body["params"]["arguments"] = {"v": LARGE[name]}
    elif kind == "sampling":
        body["params"]["messages"][0]["content"] = {"type": "text", "text": "a", "v": LARGE[name]}
    else:
        body["params"]["requestedSchema"]["properties"]["name"]["v"] = LARGE[name]
    assert same(seeing.unrender(drawn(kind, body)), body)
    assert lay_out(kind, body).waiting
    with pytest.raises(AssertionError, match="not open"):
        seeing.unrender(drawn(kind, body, opened=frozenset()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"value": {}}), ({"itself": 1}, {"": 1}), ({"a": 1}, {"a": "1"}), ({"a": None}, {"a": "null"}),
        ({"a": []}, {"a": {}}), ({"a": [1]}, {"a": {"0": 1}}), ({"a": ""}, {"a": "empty"}),
        ({"a": " "}, {"a": "␣"}), ({"a": "\n"}, {"a": "↵"}), ({"a": {"b": 1}}, {"a/b": 1}),
        ({"a": True}, {"a": "true"}),
        ({"a": "\u202e"}, {"a": "U+202E RIGHT-TO-LEFT OVERRIDE"}), ({"a": "x\x7fy"}, {"a": "xy"}),
    ],
)  # fmt: skip
def test_two_asks_that_could_be_taken_for_each_other_are_not_drawn_alike(one, other):
    def page(arguments):
        return drawn("tool_call", {"method": "tools/call", "params": {"name": "t", "arguments": arguments}})

    assert page(one) != page(other)
    assert same(seeing.unrender(page(one))["params"]["arguments"], one)
    assert same(seeing.unrender(page(other))["params"]["arguments"], other)


def test_lists_too_long_to_name_tell_lists_from_objects():
    many = [0] * 1_600
    listed = Sheet({"a": many}, frozenset({EVERYTHING})).rows().escaped
    assert listed != Sheet({"a": {str(n): 0 for n in range(1_600)}}, frozenset({EVERYTHING})).rows().escaped


def test_choices_that_differ_in_kind_alone_are_told_apart():
    schema = {"type": "object", "properties": {"n": {"enum": [1, "1", None, "null"], "default": "1"}}}
    body = {"method": "elicitation/create", "params": {"message": "m", "requestedSchema": schema}}
    html = drawn("elicitation_form", body)
    assert same(seeing.unrender(html), body)
    assert html.count('<li class="in">') == 1


def test_a_message_without_content_still_shows_who_says_it():
    body = {"method": "sampling/createMessage", "params": {"messages": [{"role": "assistant"}], "maxTokens": 1}}
    assert "assistant" in drawn("sampling", body)

"""The title of an action is our own sentence about its digested body."""

import pytest

from approvals.rules.rendering import plain
from approvals.rules.sentences import sentence


def said(kind, params=None, **more):
    body = None if params is None else {"method": "m", "params": params}
    parts = sentence(kind=kind, server="shop", name=more.pop("name", "refund"), body=body, **more)
    return "".join(plain(part.pieces) for part in parts)


def test_a_tool_call_names_tool_and_first_values():
    arguments = {"amount": 4200, "currency": "EUR", "note": "x", "order": "A1"}
    assert said("tool_call", {"name": "refund", "arguments": arguments}) == (
        "shop wants to run refund with order A1, amount 4200, currency EUR and 1 more value"
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("approved", "shop may run refund once"),
        ("denied", "shop wanted to run refund"),
        ("expired", "shop wanted to run refund"),
    ],
)
def test_the_verb_says_how_it_ended(state, words):
    assert said("tool_call", {"name": "refund", "arguments": {}}, state=state) == words


def test_the_servers_own_title_is_never_in_the_sentence():
    assert "Routine" not in said("tool_call", {"name": "refund", "arguments": {}, "title": "Routine"})


def test_a_long_value_is_measured_instead():
    assert said("tool_call", {"arguments": {"note": "y" * 5000}}).endswith("note (5,000 characters)")


def test_hidden_characters_show_in_the_sentence():
    assert "⟦U+202E RIGHT-TO-LEFT OVERRIDE⟧" in said("tool_call", {"arguments": {"order": "A\u202e1"}})


def test_an_ask_too_large_for_a_list_still_has_a_sentence():
    assert said("tool_call") == "shop wants to run refund"
    assert said("sampling") == "shop wants the model to read a long conversation"


def test_sampling_counts_messages_and_tokens():
    assert said("sampling", {"messages": [1, 2, 3], "maxTokens": 1200}, subject="dana") == (
        "shop wants the model to read 3 messages and write up to 1,200 tokens for dana"
    )


def test_a_form_counts_and_names_its_questions():
    schema = {"properties": {"name": {}, "address": {}, "since": {}, "mail": {}}}
    assert said("elicitation_form", {"requestedSchema": schema}, subject="dana") == (
        "shop wants to ask dana 4 questions: name, address, since and more"
    )


def test_a_link_names_its_host_and_no_more():
    assert said("elicitation_url", {"url": "https://connect.crm.example/a?secret=1"}) == (
        "shop wants its user to open connect.crm.example"
    )


def test_what_we_shorten_is_told_from_what_a_server_ends_with_dots():
    from approvals.templatetags.faithful import faithful_text

    assert faithful_text("abcdef", 3) == '<bdi dir="ltr">abc</bdi>…'
    assert faithful_text("abc", 3) == faithful_text("abc") == '<bdi dir="ltr">abc</bdi>'
    assert "U+2026" in faithful_text("abc…", 4)

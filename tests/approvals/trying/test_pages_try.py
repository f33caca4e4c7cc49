"""The page that tells who would get an ask: in words, and with the place of what cannot be read."""

import json

import pytest

from tests.publishing import publish

from .granting import call

pytestmark = pytest.mark.django_db


def tried(client, who, **fields):
    client.force_login(who)
    return client.post("/try/", {"server": "shop", "kind": "tool_call", **fields})


def test_a_pasted_ask_is_followed_to_the_people_who_get_it(client, refund, alice, bob, shop):
    text = tried(client, alice, pasted=json.dumps(call(order="A1", amount=1))).text
    assert "<b>alice</b> and <b>bob</b> would be asked" in text
    assert "It is the most exact that fits." in text
    assert "An action that is <b>pending</b>" in text


def test_a_few_fields_are_enough(client, refund, alice, bob, shop):
    text = tried(client, alice, name="refund", arguments='{"amount": 1}', subject="bob").text
    assert "<b>alice</b> would be asked" in text
    assert "it happens on their behalf" in text


@pytest.mark.parametrize("kind", ["sampling", "elicitation_form", "elicitation_url"])
def test_every_kind_has_its_fields(client, alice, shop, now, kind):
    publish(checkpoint="x", kind=kind, pattern="*", at=now)
    text = tried(client, alice, kind=kind, name="bank.example").text
    assert "<b>alice</b> would be asked" in text


def test_what_no_checkpoint_stops_is_told_as_denied(client, refund, alice, shop):
    text = tried(client, alice, name="unknown").text
    assert "denied: no checkpoint" in text
    assert "No checkpoint stops a tool call named" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pasted": '{"kind": "tool_call",\n "mcp": }'}, "Line 2, column 9: Expecting value."),
        ({"pasted": '{"kind": "tool_call", "mcp": {"method": "x", "params": {}}}'}, "Look at /mcp/method."),
        ({"pasted": '{"kind": "tool_call", "kind": "x"}'}, "occurs twice"),
        ({"name": "refund", "arguments": "[1]"}, "Write an object in JSON"),
        ({"name": "refund", "arguments": "{"}, "Line 1, column 2: Expecting property name"),
        ({"name": "refund", "signals": "{"}, "Line 1, column 2: Expecting property name"),
        ({"name": ""}, "1 to 256 characters"),
        ({"name": "refund", "server": "nobody"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_says_why_and_where(client, refund, alice, shop, fields, words):
    answer = tried(client, alice, **fields)
    assert answer.status_code == 422
    assert words in answer.text


def test_names_and_values_of_the_ask_are_shown_faithfully(client, refund, alice, shop, now):
    text = tried(client, alice, name="<i>re\u202efund").text
    assert "<i>re" not in text and "U+202E" in text
    publish(checkpoint="x", pattern="*", when="args.note == 'a'", at=now)
    text = tried(client, alice, name="refund", arguments=json.dumps({"note": "<b>\u200b"})).text
    assert "U+200B" in text and "&lt;b&gt;" in text


def test_other_pages_lead_here_with_a_kind_and_a_name(client, refund, alice, shop):
    client.force_login(alice)
    text = client.get("/try/?kind=elicitation_url&server=shop&name=bank.example%00").text
    assert 'value="bank.example"' in text
    assert '<option value="elicitation_url" selected>' in text


def test_strangers_do_not_find_it(client, refund, mallory, shop):
    client.force_login(mallory)
    assert client.get("/try/").status_code == 404
    assert tried(client, mallory, name="refund").status_code == 404


def test_it_takes_a_fixed_number_of_queries(client, alice, bob, shop, now, django_assert_max_num_queries):
    for number in range(12):
        publish(checkpoint=f"c{number}", pattern="refund", rank=number, when=f"args.amount > {number}", at=now)
    tried(client, alice, name="refund", arguments='{"amount": 99}')
    with django_assert_max_num_queries(18):
        text = tried(client, alice, name="refund", arguments='{"amount": 99}').text
    assert text.count(">loses</b>") == 11

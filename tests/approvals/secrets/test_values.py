"""Which texts hold a secret: what the rules find, where, what they leave alone, how long they take."""

import importlib
import json
import pkgutil
import re
import time
from urllib.parse import quote

import pytest

from approvals.rules.secrets import VALUE_RULES, patterns, values
from tests.approvals.secrets.planted import SECRETS, jwt


def held(value):
    return values.held(value)


def rules(value) -> set[str]:
    return {hit.rule for hit in held(value)}


@pytest.mark.parametrize("rule", SECRETS)
def test_each_rule_finds_its_secret_wherever_it_stands(rule):
    text = SECRETS[rule]
    assert rule in rules({"a": [{"b": text}]}) and rule in rules(f"before\n{text} after")
    assert rule in rules({"a": f"{text[:12]}\u200b{text[12:]}"}), "hidden characters hide nothing"


def test_every_rule_has_a_secret_to_find():
    assert set(SECRETS) | {"member"} == set(VALUE_RULES)


def test_the_place_is_said_and_the_secret_is_not():
    token = SECRETS["github-token"]
    (hit,) = held({"a": {"b/c": ["x", f"take {token}"]}})
    assert (hit.rule, hit.pointer, hit.offset) == ("github-token", "/a/b~1c/1", 5)
    named = held({"a": {token: {"x": token}}})
    assert [hit.pointer for hit in named] == ["/a"] and token not in repr(named)


def test_the_rules_agree_with_those_they_are_taken_from():
    """detect-secrets' plug-ins with something to hold on to find these too, but for what was added here."""
    from detect_secrets import plugins
    from detect_secrets.plugins.base import RegexBasedDetector

    for module in pkgutil.iter_modules(plugins.__path__):
        importlib.import_module(f"{plugins.__name__}.{module.name}")
    theirs = [
        kind() for kind in RegexBasedDetector.__subclasses__() if kind.__module__.rsplit(".", 1)[1] != "ip_public"
    ]
    added = {"card-number", "google-key", "placet-token", "bearer", "assigned", "url-credential"}
    for rule, text in SECRETS.items():
        found = any(list(plugin.analyze_string(text)) for plugin in theirs)
        assert found or rule in added, rule


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112",
        "2026-11-23T10:00:00Z 1234567890123456",
        "DE89370400440532013000",
        "http://host:8080/x@y",
        "eyJub3QiOiJqd3QifQ.abc.def",
        "the password = is missing",
        "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b",
        "https://user@host/",
        "https://a.example/list?page_token=CAoQAA1b2c3d4&max=9",
        "https://a.example/?access_token=${TOKEN}",
        "curl https://a.example/?api_key=YOUR_API_KEY",
        'api_key = "YOUR_API_KEY"',
        "pwd='/home/user1'",
        'private_key="./keys/key1.pem"',
        "AKIA" + "IOSFODNN7EXAMPLE",
        "see ghp_" + "x" * 36,
        "amqp://guest:guest@localhost:5672//",
        "redis://:%s@host",
        "ssh://git@github.com:foo",
        "sk-learn-0.1",
        "AKIA",
        "1700000000000000000",
        "https://a.example/b?c=d:e@f",
        "https://x-access-token:${TOKEN}@github.com/a/b",
        'password = "${PASSWORD}"',
        'api_key: "<your key here>"',
        "sha256:" + "0a1b2c3d" * 8,
        jwt(typ="placet-approval+jwt"),
    ],
)
def test_harmless_texts_pass(text):
    assert not rules({"a": text})


@pytest.mark.parametrize(
    "value", ["string", "${PASSWORD}", "vault:prod/db", "********", "changeme", "required", "", "keys/prod.pem"]
)
def test_a_member_named_like_a_secret_may_hold_a_place_holder(value):
    assert not rules({"password": value})


@pytest.mark.parametrize("name", ["password", "apiKey", "client_secret", "AWS_SECRET_ACCESS_KEY", "x-api-key"])
def test_a_member_named_like_a_secret_holds_one(name):
    assert rules({"user": {name: "hunter2!"}}) == {"member"}


@pytest.mark.parametrize("name", ["name", "key"])
def test_a_name_and_a_value_beside_each_other_say_a_secret(name):
    (hit,) = held({"env": [{name: "LOG_LEVEL", "value": "debug-2"}, {name: "API_KEY", "value": "hunter2!"}]})
    assert (hit.rule, hit.pointer) == ("member", "/env/1/value")
    assert not held({"env": [{name: "API_KEY", "value": "${API_KEY}"}, {name: "price", "value": "hunter2!"}]})


@pytest.mark.parametrize("rule", ["github-token", "assigned", "url-password"])
def test_json_in_a_text_and_percent_signs_hide_nothing(rule):
    text = SECRETS[rule]
    for said in (json.dumps({"x": json.dumps([text])}), quote(text, safe=""), quote(json.dumps({"x": text}), safe="")):
        assert rule in rules({"body": said}), said
    assert {hit.pointer for hit in held({"body": json.dumps({"password": "hunter2!"})})} == {"/body"}
    assert rule in rules({"body": "[" * 800 + json.dumps(text) + "]" * 800}), "however deep"
    assert rules({"body": json.dumps({"x": json.dumps({"password": "hunter2"})})}) == {"member"}


@pytest.mark.parametrize("text", ["[" * 100_000, '"' * 9, "{" * 9, "100%", "%zz%2", '{"a": 1', "[1, 2]", "50%25 off"])
def test_what_only_begins_like_json_or_percent_signs_passes(text):
    assert not rules({"a": text})


def test_an_ask_of_two_kilobytes_takes_less_than_a_millisecond():
    lines = [{"sku": f"S-{number}", "text": "two of three cups", "token_count": number} for number in range(30)]
    value = {"mcp": {"params": {"name": "refund", "arguments": {"lines": lines, "note": "x" * 300}}}}
    raw = json.dumps(value)
    assert len(raw) > 2000
    took = []
    for _ in range(30):
        start = time.process_time()
        values.held(value)
        took.append(time.process_time() - start)
    assert min(took) < 0.001


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "4111 ",
        'password="',
        "://a:",
        "eyJ.",
        "aws key ",
        "-----BEGIN ",
        "AC0",
        " APA1",
        "пароль ",
        "sk-",
        "\"'",
        "iam ",
        "123456789:AA",
        "M.N.",
        "secret_key: ",
        "\u200b",
        "eyJ",
        "softlayer key = ",
        "cloudant api:",
        "?api_key=",
        '["',
        '{"a":',
        "%25",
        "%7B%22",
    ],
)
def test_no_text_takes_long(text):
    """Linear in its length, whatever it repeats."""
    value = {"a": (text * 250_000)[:250_000]}
    start = time.process_time()
    held(value)
    assert time.process_time() - start < 1.0


def test_every_pattern_is_bounded():
    """No pattern repeats anything without an end: that is what keeps them from taking quadratic time."""
    for rule in patterns.ALL:
        assert "MAXREPEAT" not in repr(list(re._parser.parse(rule.pattern.pattern))), rule.name

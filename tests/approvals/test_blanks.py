"""Forms: every kind of field that MCP knows becomes a blank, and whatever a schema says besides harms nobody."""

import time

import pytest

from approvals.rules import blanks
from approvals.rules.secrets import asking


def form(required=(), **properties):
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return blanks.read({"method": "elicitation/create", "params": {"message": "?", "requestedSchema": schema}})


def one(rule, *, required=False):
    (blank,) = form(["x"] if required else [], x=rule).blanks
    return blank


def sent(rule, *given, required=False):
    """What is read of one blank, and what is wrong with that."""
    blank = one(rule, required=required)
    content, unread = blanks.typed([blank], {"f0": list(given)})
    wrong = unread or blanks.problems([blank], content)
    return content.get("x", "absent"), wrong.get("f0", "")


STRING, INTEGER, NUMBER, BOOLEAN = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))
ENUM = {"type": "string", "enum": ["a", "b"], "enumNames": ["Alpha", "Beta"]}
TITLED = {"type": "string", "oneOf": [{"const": "a", "title": "Alpha"}, {"const": "b", "title": "Beta"}]}
MANY = {"type": "array", "items": {"type": "string", "enum": ["a", "b", "c"]}, "minItems": 1, "maxItems": 2}
MANY_TITLED = {"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]}}


@pytest.mark.parametrize(
    ("rule", "control"),
    [
        (STRING, "text"),
        (STRING | {"maxLength": 4000}, "long"),
        (STRING | {"format": "email"}, "email"),
        (STRING | {"format": "uri"}, "url"),
        (STRING | {"format": "date"}, "date"),
        (STRING | {"format": "date-time"}, "moment"),
        (STRING | {"format": "hostname"}, "text"),
        (INTEGER, "integer"),
        (NUMBER, "number"),
        (BOOLEAN, "yes-no"),
        (ENUM, "one"),
        (TITLED, "one"),
        (MANY, "many"),
        (MANY_TITLED, "many"),
    ],
)
def test_every_kind_of_field_has_its_control(rule, control):
    assert one(rule).control == control


@pytest.mark.parametrize(
    ("rule", "given", "read"),
    [
        (STRING, "Dana", "Dana"),
        (STRING | {"maxLength": 4000}, "a\r\nb", "a\nb"),
        (STRING | {"format": "email"}, " dana@example.org ", "dana@example.org"),
        (STRING | {"format": "uri"}, "https://example.org/a?b", "https://example.org/a?b"),
        (STRING | {"format": "date"}, "2026-02-28", "2026-02-28"),
        (STRING | {"format": "date-time"}, "2026-11-23T10:30", "2026-11-23T10:30:00Z"),
        (STRING | {"format": "date-time"}, "2026-11-23T10:30:00+02:00", "2026-11-23T10:30:00+02:00"),
        (INTEGER, "-7", -7),
        (NUMBER, "12.50", 12.5),
        (NUMBER, "3.0", 3),
        (BOOLEAN, "no", False),
        (ENUM, "1", "b"),
        (TITLED, "0", "a"),
        (STRING, "", "absent"),
        (BOOLEAN, "-", "absent"),
        (ENUM, "-", "absent"),
    ],
)
def test_what_is_filled_in_is_read_as_its_type(rule, given, read):
    value, wrong = sent(rule, given)
    assert (value, wrong) == (read, "") and type(value) is type(read)


def test_ticks_are_read_in_the_order_they_came_each_once():
    assert sent(MANY, "2", "0", "2") == (["c", "a"], "")


def test_nothing_ticked_is_an_answer_where_it_may_be():
    assert sent(MANY_TITLED) == ([], "") and sent(MANY) == ("absent", "")


@pytest.mark.parametrize(
    ("rule", "given", "said"),
    [
        (STRING | {"minLength": 3}, ["ab"], "At least 3"),
        (STRING | {"maxLength": 3}, ["😀😀😀😀"], "At most 3"),
        (STRING | {"format": "email"}, ["dana"], "mail address"),
        (STRING | {"format": "email"}, ["a" * 300 + "@example.org"], "mail address"),
        (STRING | {"format": "uri"}, ["example.org"], "address"),
        (STRING | {"format": "uri"}, ["https://[bad"], "address"),
        (STRING | {"format": "date"}, ["2026-02-30"], "no date"),
        (STRING | {"format": "date-time"}, ["tomorrow"], "no moment"),
        (STRING | {"format": "date-time"}, ["2026-11-23T25:00"], "no moment"),
        (INTEGER, ["1.5"], "whole number"),
        (INTEGER, ["9007199254740992"], "whole number"),
        (INTEGER, ["٣٤٥" * 8], "whole number"),
        (INTEGER | {"minimum": 1}, ["0"], "At least 1"),
        (INTEGER | {"maximum": 9}, ["10"], "At most 9"),
        (NUMBER, ["1e999"], "number"),
        (NUMBER, ["nan"], "number"),
        (NUMBER, ["4,5"], "number"),
        (BOOLEAN, ["perhaps"], "yes or no"),
        (ENUM, ["2"], "offered"),
        (ENUM, ["-1"], "offered"),
        (ENUM, ["²"], "offered"),
        (MANY, ["0", "1", "2"], "at most 2"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(rule, given, said):
    _, wrong = sent(rule, *given)
    assert said in wrong and wrong.endswith(".")


@pytest.mark.parametrize("rule", [STRING, INTEGER, BOOLEAN, ENUM, STRING | {"format": "date"}])
def test_what_is_required_needs_an_answer(rule):
    assert sent(rule, "", required=True)[1] if rule is not BOOLEAN else sent(rule, required=True)[1]


@pytest.mark.parametrize(
    ("rule", "text", "chosen"),
    [
        (STRING | {"default": "Dana"}, "Dana", set()),
        (NUMBER | {"default": 1.5}, "1.5", set()),
        (STRING | {"format": "date-time", "default": "2026-01-01T10:00:00+02:00"}, "2026-01-01T08:00", set()),
        (STRING | {"format": "date-time", "default": "2026-01-01T10:00:05.250Z"}, "2026-01-01T10:00:05.25", set()),
        (BOOLEAN | {"default": False}, "", {"no"}),
        (ENUM | {"default": "b"}, "", {"1"}),
        (MANY | {"default": ["a", "c"]}, "", {"0", "2"}),
    ],
)
def test_defaults_are_filled_in_and_come_back_as_they_were(rule, text, chosen):
    blank = one(rule)
    (filled,) = blanks.start([blank])
    assert (filled.text, filled.chosen) == (text, frozenset(chosen))
    sent = {"f0": sorted(chosen) or [text]}
    assert blanks.typed([blank], sent) == ({"x": rule["default"]}, {})


@pytest.mark.parametrize(
    "rule",
    [
        INTEGER | {"default": "seven"},
        STRING | {"default": 7},
        STRING | {"minLength": 5, "default": "ab"},
        ENUM | {"default": "z"},
        BOOLEAN | {"default": 1},
        MANY | {"default": "a"},
        STRING | {"format": "date-time", "default": "soon"},
        STRING | {"format": "date", "default": "２０２６-01-01"},
    ],
)
def test_a_default_that_breaks_its_own_rule_is_left_out(rule):
    assert one(rule).default is None


@pytest.mark.parametrize("typed", ["2026-01-01T08:00", "2026-01-01T08:00:00"])
def test_a_moment_left_as_it_was_keeps_its_zone(typed):
    rule = STRING | {"format": "date-time", "default": "2026-01-01T10:00:00+02:00"}
    assert sent(rule, typed) == (rule["default"], "")
    assert sent(rule, "2026-01-01T08:01") == ("2026-01-01T08:01:00Z", "")


def test_a_moment_that_utc_cannot_name_is_not_filled_in():
    (filled,) = blanks.start([one(STRING | {"format": "date-time", "default": "0001-01-01T00:00:00+14:00"})])
    assert filled.text == ""


def test_rules_that_mcp_does_not_know_are_not_followed():
    hostile = STRING | {
        "pattern": "^(a+)+$", "$ref": "https://evil.example/schema.json", "allOf": [{"$ref": "#"}], "not": {},
        "minLength": -1, "maxLength": 1e300, "format": {"a": 1},
    }  # fmt: skip
    begun = time.monotonic()
    assert sent(hostile, "a" * 5000 + "b") == ("a" * 5000 + "b", "")
    assert time.monotonic() - begun < 2 and one(hostile).rule == {"type": "string"}


def test_a_rule_on_the_whole_form_is_not_followed_either():
    schema = {"type": "object", "properties": {"x": STRING}, "required": ["x", "ghost"], "$ref": "#", "not": {}}
    read = blanks.read({"method": "elicitation/create", "params": {"message": "?", "requestedSchema": schema}})
    assert blanks.problems(read.blanks, {"x": "y"}) == {}


def test_a_form_too_long_for_a_page_has_no_blanks():
    assert not form(**{f"q{n}": STRING for n in range(600)}).fits
    assert not form(x={"type": "string", "enum": [str(n) for n in range(600)]}).fits
    assert form(**{f"q{n}": STRING for n in range(400)}).fits


def test_foreign_names_never_become_names_of_controls():
    read = form(**{'"><script>': STRING, "csrfmiddlewaretoken": STRING})
    assert [blank.key for blank in read.blanks] == ["f0", "f1"]


@pytest.mark.parametrize(
    "text",
    ["password", "Your Password", "apiKey", "api_key", "PIN", "accessToken", "one-time code", "CVV", "pass\u200bword",
     "ｐａｓｓｗｏｒｄ", "Private key (PEM)", "key", "session id"],
)  # fmt: skip
def test_what_may_be_a_credential_is_warned_of_by_its_name(text):
    assert asking.is_asked_for(text)


@pytest.mark.parametrize("text", ["name", "pinned", "spinning", "tokens left", "code", ""])
def test_other_names_are_left_alone(text):
    assert not asking.is_asked_for(text)

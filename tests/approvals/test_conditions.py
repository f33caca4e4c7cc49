"""Conditions and schemas: what they may say, what they know of an ask, and that nobody can make them run for long."""

import time
from datetime import UTC, datetime

import pytest

from approvals.errors import BadCondition, BadSchema, ConditionFailed
from approvals.rules import conditions

AT = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def known(arguments: dict | None = None, **changes) -> dict:
    said = {
        "kind": "tool_call", "name": "refund", "server": "shop", "environment": "production",
        "params": {"name": "refund", "arguments": {"amount": 4200} if arguments is None else arguments},
        "signals": {"risk": 3}, "subject": "dana@example.org", "principal": "", "at": AT,
    }  # fmt: skip
    return conditions.facts(**said | changes)


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("args.amount > 100", True), ("args.amount > 4200.5", False), ("params.name == name", True),
        ("environment == 'production' && server == 'shop'", True), ("signals.risk >= 3", True),
        ("has(args.note) && args.note == ''", False), ("now.getHours() >= 15 && now.getDayOfWeek() == 1", True),
        ("subject.endsWith('@example.org')", True), (r"subject.matches('^[a-z]+@example\\.org$')", True),
        ("kind in ['tool_call', 'sampling']", True), ("principal == ''", True), ("size(args) == 1", True),
        ("args.exists(name_of, name_of == 'amount') // a comment (with map(", True),
        ("now < timestamp('2026-12-01T00:00:00Z')", True), ("double(args.amount) * 0.5 > 2000.0", True),
    ],
)  # fmt: skip
def test_a_condition_is_about_what_is_known_of_the_ask(source, holds):
    assert conditions.condition(source).holds(known()) is holds


def test_the_arguments_of_other_kinds_are_all_params():
    form = known(kind="elicitation_form", params={"message": "Who?"})
    assert conditions.condition("args.message == 'Who?' && args == params").holds(form)


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("args.amount >", 1, 14), ("args.amount > 1 &&\n  foo(1)", 2, 3), ("'é' == @", 1, 8), ("'abc", 1, 1),
        ("amount > 1", 1, 1), ("a ? b", 1, 6), ("", 1, 1), ("[1, 2", 1, 6), ("size(name)", 1, 1),
        ("subject.matches('(?=a)')", 1, 17), ("subject.matches(name)", 1, 9), ("args.?a", 1, 5),
        ("true || " + "1" * 992 + "1", 1, 1001), ("(" * 200 + ")" * 200, 1, 297),
        ("true && subject.lowerAscii()", 1, 17),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_by_place_and_sentence(source, line, column):
    with pytest.raises(BadCondition) as refused:
        conditions.condition(source)
    assert (refused.value.line, refused.value.column, refused.value.pointer) == (line, column, "/when")
    assert refused.value.message.endswith(".") and "{" not in refused.value.message


@pytest.mark.parametrize(
    "source",
    [
        "args.l.all(x, args.l.all(y, x == y))", "args.l.map(x, [x]) == []", "args.l.all(x, size(args.l + [x]) > 1)",
        "args.l.filter(x, true).filter(x, true).filter(x, true).filter(x, true).all(x, true)",
        "args.l.all(x, true) && x",
    ],
)  # fmt: skip
def test_what_could_run_for_minutes_is_refused_when_it_is_written(source):
    with pytest.raises(BadCondition):
        conditions.condition(source)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"amount": "4200"}, {"amount": None}, {"amount": [1]}, {"amount": {"a": 1}}],
)
def test_what_cannot_be_evaluated_fails_and_tells_no_values(arguments):
    with pytest.raises(ConditionFailed) as failed:
        conditions.condition("args.amount > 100").holds(known(arguments))
    assert "4200" not in failed.value.message and failed.value.message.endswith(".")


@pytest.mark.parametrize("source", ["1 / args.zero == 1", "args.l[7] == 1", "args.zero", "args.l"])
def test_no_number_list_or_text_passes_for_a_yes(source):
    with pytest.raises(ConditionFailed):
        conditions.condition(source).holds(known({"zero": 0, "l": [1]}))


def test_an_ask_that_is_too_large_to_look_at_fails_quickly():
    loops, plain = conditions.condition("args.l.all(x, x >= 0)"), conditions.condition("args.l[0] == 0")
    assert loops.holds(known({"l": list(range(256))})) and plain.holds(known({"l": list(range(257))}))
    began = time.perf_counter()
    for condition, much in ((loops, list(range(257))), (plain, list(range(10_001)))):
        with pytest.raises(ConditionFailed):
            condition.holds(known({"l": much}))
    assert time.perf_counter() - began < 0.5


def fits(schema: dict, value: object) -> bool:
    return conditions.schema(schema).fits(value)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"properties": {"amount": {"type": "integer", "maximum": 5000}}, "required": ["amount"]},
         {"amount": 4200}, {"amount": 5001}),
        ({"additionalProperties": False, "properties": {"a": {}}, "patternProperties": {"^x": {}}},
         {"a": 1, "x1": 2}, {"a": 1, "b": 2}),
        ({"patternProperties": {"^x": {"type": "integer"}}}, {"x1": 1, "y": "z"}, {"x1": "z"}),
        ({"pattern": r"^A\d+$"}, "A12", "A12\n"),
        ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1}], [{"a": 1, "b": 2}, {"b": 2, "a": 1.0}]),
        ({"$defs": {"money": {"minimum": 0}}, "properties": {"a": {"$ref": "#/$defs/money"}}}, {"a": 1}, {"a": -1}),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1, "b": 2}, {"a": 1}),
        ({"const": 1}, 1, True),
    ],
)  # fmt: skip
def test_a_schema_says_which_arguments_fit(schema, good, bad):
    assert fits(schema, good) and not fits(schema, bad)


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"format": "email"}, "/format"), ({"properties": {"a/b": {"maxmum": 1}}}, "/properties/a~1b/maxmum"),
        ({"type": "objekt"}, "/type"), ({"$ref": "https://example.org/schema"}, "/$ref"), ({"$ref": "#"}, "/$ref"),
        ({"$id": "x"}, "/$id"), ({"pattern": "(?<=a)b"}, "/pattern"), ({"pattern": 7}, "/pattern"), ([], ""),
        ({"patternProperties": {"(": {}}}, "/patternProperties"), ({"properties": 3}, "/properties"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema"), ({"const": float("nan")}, ""),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}}, "/$defs/a/not/$ref"),
        ({"pattern": "(a{1000}){1000}"}, "/pattern"), ({"description": "x" * 16_384}, ""),
    ],
)  # fmt: skip
def test_a_schema_that_would_bound_nothing_or_too_much_is_refused_by_place(schema, pointer):
    with pytest.raises(BadSchema) as refused:
        conditions.check_schema(schema)
    assert refused.value.pointer == f"/arguments{pointer}" and refused.value.message.endswith(".")


def test_references_that_multiply_are_counted():
    doubling = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(20)} | {"a20": {}}
    with pytest.raises(BadSchema):
        conditions.check_schema({"$ref": "#/$defs/a0", "$defs": doubling})


def test_a_hostile_text_meets_a_careless_pattern_in_no_time():
    began = time.perf_counter()
    assert not fits({"pattern": "^(a+)+$"}, "a" * 200_000 + "b")
    assert time.perf_counter() - began < 0.5


def test_more_values_than_a_schema_may_look_at_fail():
    schema = conditions.schema({"items": {"anyOf": [{"maxLength": 3}] * 30}})
    assert schema.fits(["abc"] * 100)
    with pytest.raises(ConditionFailed):
        schema.fits(["abc"] * 9000)

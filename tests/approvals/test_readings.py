"""A rule in words, and in the few forms that people fill in: everything is said, and nothing is lost."""

import pytest
from hypothesis import given, settings

from approvals.rules import conditions, constraints, policies, readings, rendering
from approvals.rules.constraints import BadConstraint, Constraint
from tests.approvals import drafts

REFUND = {
    "checkpoint": "billing/refund", "kind": "tool_call", "pattern": "refund", "server": "billing",
    "needs": [{"role": "payments-owner", "count": 2}, {"role": "risk-owner"}], "order": "sequential",
    "arguments": constraints.schema([Constraint("amount", "over", "1000")]), "when": 'signals.env == "prod"',
    "escalation": [{"after_seconds": 1200, "role": "cfo"}],
}  # fmt: skip


def words(phrase):
    return "".join(rendering.plain(part.pieces) for part in phrase)


def test_a_rule_reads_as_an_admin_would_say_it():
    said = [words(line.words) for line in readings.read(policies.read(REFUND)).said]
    assert said == [
        "When billing wants to run refund with amount over 1000, and signals.env is prod, 2 people of payments-owner "
        "and then 1 of risk-owner must say yes within 1 h; silence means no.",
        "After 20 min cfo is asked too, and each of them counts for whoever is still missing.",
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"effect": "allow", "needs": []}, "the console says yes at once, and nobody is asked."),
        ({"effect": "deny", "needs": []}, "the console says no at once, and nobody is asked."),
        ({"server": None, "pattern": "re*"}, "When any server wants to run a tool named re*"),
        ({"kind": "elicitation_url", "pattern": "*"}, "When billing wants a person to open any link"),
        ({"when": "amount > 1 || true"}, "and the condition amount > 1 || true holds"),
        ({"arguments": {"minProperties": 2}}, "with arguments that fit a schema of their own"),
        ({"retired": True}, "Retired, it stops nothing. It said: When billing"),
    ],
)
def test_what_decides_stands_in_the_first_sentence(changed, said):
    assert said in words(readings.sentence(policies.read(REFUND | changed)))


def test_the_end_of_a_long_condition_is_read_too_and_what_is_cut_off_is_said():
    long = "signals.a == 1 && " * 50 + "1 == 1 || true"
    assert words(readings.sentence(policies.read(REFUND | {"when": long}))).count("|| true") == 1
    assert words(readings.phrases.phrased("{}", "x" * 1005)).endswith("x… and 5 more characters")


def test_a_consequence_ends_with_one_full_stop():
    said = readings.read(policies.read(REFUND | {"consequence": "Money leaves the house."})).said
    assert words(said[-1].words) == "Owners read: Money leaves the house."


@settings(max_examples=60, deadline=None)
@given(rule=drafts.rules())
def test_every_member_is_said_or_is_visibly_as_usual(rule):
    reading = readings.read(rule)
    lines = [*reading.said, *reading.usual]
    members = [member for line in lines for member in line.members]
    assert sorted([*members, "checkpoint"]) == sorted(policies.Rule.model_fields)
    assert rule.document.keys() - {"checkpoint"} <= {member for line in reading.said for member in line.members}
    assert all(words(line.words).strip(" .") for line in lines)


@settings(max_examples=60, deadline=None)
@given(one=drafts.rules(), other=drafts.rules())
def test_the_difference_of_two_rules_names_all_that_differs_and_nothing_else(one, other):
    turns = readings.difference(one, other)
    changed = {member for member in policies.Rule.model_fields if getattr(one, member) != getattr(other, member)}
    assert bool(turns) == bool(changed) and readings.difference(one, one) == ()
    assert all(words(turn.before) != words(turn.after) for turn in turns)


@settings(max_examples=100, deadline=None)
@given(row=drafts.rows())
def test_a_row_that_was_filled_in_comes_back_as_the_same_schema(row):
    schema = constraints.schema([row])
    conditions.check_schema(schema)
    again = constraints.simple(schema)
    assert again is not None and constraints.schema(again) == schema


@pytest.mark.parametrize(
    ("row", "fits", "not_"),
    [
        (("amount", "over", "1000"), [1000.5, 2000], [1000, "2000", None]),
        (("amount", "at_most", "10"), [10, -5], [11]),
        (("order", "is", "42"), [42], ["42", 43]),
        (("order", "is", '"42"'), ["42"], [42]),
        (("currency", "one_of", 'EUR, "a, b", null'), ["EUR", "a, b", None], ["USD", "EUR, "]),
        (("payee", "like", "ACME-*"), ["ACME-", "ACME-1\n2"], ["XACME-", "acme-"]),
        (("payee", "like", "a.b (é)"), ["a.b (é)"], ["axb (é)", "a.b (é)c", "a.b (é)\n"]),
    ],
)
def test_a_row_means_what_it_says(row, fits, not_):
    schema = conditions.schema(constraints.schema([Constraint(*row)]))
    assert all(schema.fits({row[0]: value}) for value in fits)
    assert not any(schema.fits({row[0]: value}) for value in not_) and not schema.fits({})


@pytest.mark.parametrize(
    "row",
    [
        ("", "is", "1"), ("a", "is", ""), ("a", "is", "x, y"), ("a", "is", '"open'), ("a", "over", "many"),
        ("a", "like", "*****"), ("a", "like", ""), ("a", "near", "1"), ("a", "one_of", "x,"), ("a" * 101, "is", "1"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_row(row):
    with pytest.raises(BadConstraint) as refused:
        constraints.schema([Constraint("fine", "is", "1"), Constraint(*row)])
    assert refused.value.row == 1 and refused.value.message.endswith(".")


def test_two_rows_about_one_argument_hold_together_or_are_refused():
    both = constraints.schema([Constraint("n", "over", "1"), Constraint("n", "at_most", "9")])
    assert both["properties"]["n"] == {"type": "number", "exclusiveMinimum": 1, "maximum": 9}
    assert constraints.schema(constraints.simple(both)) == both
    with pytest.raises(BadConstraint, match="above already"):
        constraints.schema([Constraint("n", "over", "1"), Constraint("n", "is", "5")])


@pytest.mark.parametrize(
    "schema",
    [
        {}, {"type": "object"}, {"properties": {"a": {"minLength": 1}}}, {"properties": {"a": True}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"const": [1]}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"const": 1}}, "required": []},
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "^a+$"}}, "required": ["a"]},
    ],
)  # fmt: skip
def test_a_schema_that_says_more_is_left_to_experts(schema):
    assert constraints.simple(schema) is None


@pytest.mark.parametrize(
    ("pointer", "read"),
    [("/amount", "amount"), ("/to/iban", "to/iban"), ("", ""), ("/0", "/0"), ("/a~1b", "/a~1b"), ("/a b", "/a b"),
     ("/paid\u202eto", "/paid\u202eto")],
)  # fmt: skip
def test_a_pointer_is_said_plainly_only_where_it_can_be_taken_for_nothing_else(pointer, read):
    assert rendering.paths.plainly(pointer) == read

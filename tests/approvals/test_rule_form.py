"""The rule as a form: the form and the document are the same thing, and each refusal stands at its field."""

import pytest
from hypothesis import given, settings

from approvals.errors import BadPolicy
from approvals.forms.checkpoints import RuleForm
from tests.approvals import drafts

PLAIN = {"checkpoint": "shop/refund", "kind": "tool_call", "pattern": "refund", "needs": [{"role": "payments-owner"}]}


def sent(form, **changes):
    """What a browser sends of this form as it was shown, with these changes."""
    shown = {field.html_name: field.value() for field in form} | changes
    typed = {name: "on" if value is True else value for name, value in shown.items() if value is not False}
    return {name: "" if value is None else str(value) for name, value in typed.items()}


def filled(document=PLAIN, **changes):
    form = RuleForm(sent(RuleForm(document=document), **changes), document=document)
    form.is_valid()
    return form


@settings(max_examples=80, deadline=None)
@given(rule=drafts.rules())
def test_a_document_comes_back_from_its_form_as_it_went_in(rule):
    form = filled(rule.document)
    assert form.errors == {}
    assert form.document == rule.document


def test_what_the_form_does_not_know_survives_an_edit():
    form = filled(PLAIN | {"later": {"x": 1}}, deadline="2", deadline_unit="h")
    assert form.document == PLAIN | {"deadline_seconds": 7200, "later": {"x": 1}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"checkpoint": ""}, "checkpoint"), ({"checkpoint": " x"}, "checkpoint"), ({"pattern": "*****"}, "pattern"),
        ({"kind": "spell"}, "kind"), ({"deadline": "soon"}, "deadline"),
        ({"deadline": "31", "deadline_unit": "d"}, "deadline"),
        ({"valid": "11", "valid_unit": "min"}, "valid"), ({"need_0_role": ""}, "need_0_role"),
        ({"need_0_count": ""}, "need_0_count"), ({"need_0_count": "8"}, "need_0_count"),
        ({"need_1_role": "payments-owner", "need_1_count": "1"}, "need_1_role"),
        ({"need_1_role": "cfo", "need_1_count": "7"}, "need_0_role"),
        ({"step_0_after": "2", "step_0_unit": "h", "step_0_role": "cfo"}, "step_0_after"),
        ({"step_0_after": "2", "step_0_role": ""}, "step_0_role"), ({"warning": "60"}, "warning"),
        ({"argument_0_name": "a", "argument_0_value": "x", "argument_0_form": "over"}, "argument_0_value"),
        ({"argument_0_name": "", "argument_0_value": "x"}, "argument_0_name"), ({"schema": "{"}, "schema"),
        ({"schema": "[]"}, "schema"), ({"schema": "{}", "argument_0_name": "a", "argument_0_value": "1"}, "schema"),
        ({"grants_uses": "5"}, "grants_time"), ({"grants_time": "5"}, "grants_uses"), ({"rank": "100"}, "rank"),
        ({"edit": '"/a'}, "edit"), ({"caps_pending": "0"}, "caps_pending"),
        ({"logging_0_role": " x "}, "logging_0_role"),
        ({"consequence": "x" * 301}, "consequence"), ({"break_glass": "\u200b"}, "break_glass"),
    ],
)  # fmt: skip
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(changes, field):
    form = filled(**changes)
    assert list(form.errors) == [field] and form.rule is None
    assert all(form[name].value() == typed for name, typed in changes.items() if name in form.fields)


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/needs/1/role", "need_2_role"), ("/needs", "need_0_role"), ("/escalation/0", "step_0_role"),
        ("/arguments/properties/b~1c/pattern", "argument_3_value"), ("/arguments", "argument_0_value"),
        ("/when", "when"), ("/server", "server"),
        ("/grants/seconds", "grants_time"), ("/caps/pending", "caps_pending"), (None, "__all__"), ("/else", "__all__"),
    ],
)  # fmt: skip
def test_a_refusal_of_a_verb_finds_the_row_it_is_about(pointer, field):
    two = {"need_2_role": "cfo", "need_2_count": "1", "need_1_role": "", "need_1_count": ""}
    two |= {"argument_3_name": "b/c", "argument_3_form": "is", "argument_3_value": "1"}
    form = filled(**two)
    assert form.errors == {} and form.rule.need == 2
    form.refuse(BadPolicy("No.", pointer=pointer))
    assert form.errors == {field: ["No."]}


def test_one_more_row_is_shown_on_request_and_an_empty_one_counts_for_nothing():
    plain = RuleForm(document=PLAIN)
    assert len(plain.needs) == 2
    assert len(RuleForm(sent(plain), document=PLAIN, more="need").needs) == 3
    assert filled(need_1_count="3").document["needs"] == [{"role": "payments-owner"}]
    assert len(RuleForm({f"need_{n}_role": "x" for n in range(99)}, document=PLAIN, more="need").needs) == 8


def test_a_form_that_lacks_its_fields_is_refused_and_breaks_nothing():
    form = RuleForm({"kind": "tool_call", "argument_0_name": "a"}, document={})
    assert not form.is_valid() and {"checkpoint", "pattern", "effect", "deadline"} <= form.errors.keys()

"""Rules as admins write them: checked, tried on an example, proposed; each refusal stands at its field."""

import json

import pytest
from django.urls import reverse

from approvals.models import Change, Policy, Sighting
from tests.approvals.browsing import get
from tests.approvals.governance.writing import edit, new, sent
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db
CONDITION = 'signals.env == "prod"'


@pytest.fixture(autouse=True)
def held(alice, bob):
    """Two people hold the role that the form names."""


def test_a_new_checkpoint_waits_for_a_second_admin(client, ann, ben):
    answer = new(client, ann, note="Payouts had no owner.")
    change = Change.objects.get()
    assert answer["Location"] == reverse("change", args=[change.pk])
    assert (change.state, change.subject, change.note) == ("proposed", "shop/payouts", "Payouts had no owner.")
    assert json.loads(bytes(change.proposed))["needs"] == [{"role": "payments-owner"}]
    assert not Policy.objects.exists()


def test_who_is_the_only_admin_publishes_and_every_page_says_so(client, ann):
    page = get(client, ann, reverse("checkpoint_new"))
    assert "You are the only admin" in page.text and "Publish" in page.text
    assert new(client, ann).status_code == 302
    assert (Policy.objects.get().created_by, Change.objects.get().alone) == (ann, True)


def test_other_pages_lead_here_with_what_they_know(client, ann, shop):
    query = {"server": "shop", "kind": "elicitation_url", "pattern": "pay.example", "effect": "deny", "else": "x"}
    form = get(client, ann, reverse("checkpoint_new"), **query).context["form"]
    shown = {name: form[name].value() for name in ("checkpoint", "server", "kind", "pattern", "effect")}
    assert shown == {"checkpoint": "shop/pay.example"} | {k: v for k, v in query.items() if k != "else"}
    odd = get(client, ann, reverse("checkpoint_new"), kind="spell", server="\0" * 9, effect="x")
    assert odd.status_code == 200 and odd.context["form"]["kind"].value() == "tool_call"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"need_0_count": "3"}, "need_0_role", "needs 3 distinct people of payments-owner, it has 2"),
        ({"need_0_role": "nobody-yet"}, "need_0_role", "it has none"),
        ({"when": "signals.env =="}, "when", "Line 1, column 15: The condition ends too early."),
        ({"when": "true &&\n amount > 1"}, "when", "Line 2, column 2: amount is not known here."),
        ({"schema": '{"properties": {"a": {"format": "date"}}}'}, "schema", "A format is not checked"),
        ({"checkpoint": "shop/refund"}, "checkpoint", "is there already"),
        ({"pattern": "refund"}, "rank", "shop/refund"),
        ({"step_0_after": "5", "step_0_unit": "min", "step_0_role": "cfo"}, "step_0_role", "there is no such role"),
        ({"break_glass": "payments-owner"}, "exceptions_0_role", "name a role for exceptions"),
        ({"deadline": ""}, "deadline", "This is missing."),
    ],
)
def test_a_refusal_stands_at_its_field_and_what_was_typed_is_kept(client, ann, ben, refund, changes, field, words):
    for do in ("check", "propose"):
        page = new(client, ann, do=do, **changes)
        form = page.context["form"]
        assert page.status_code == 422 and list(form.errors) == [field] and words in form.errors[field][0]
        assert form["checkpoint"].value() == changes.get("checkpoint", "shop/payouts")
    assert f'id="id_{field}_error"' in page.text and not Change.objects.exists()


def test_a_check_reads_the_rule_back_says_who_is_asked_and_proposes_nothing(client, ann, ben):
    page = new(client, ann, do="check", need_0_count="2")
    for words in ("It can hold.", "must say yes within", "Asked now, at once", "alice, bob", "has nobody to spare"):
        assert words in page.text
    assert page.status_code == 200 and not Change.objects.exists()


def test_an_edit_shows_what_changes_and_keeps_the_rest(client, ann, ben, now):
    rule = publish(
        checkpoint="pay", pattern="pay", need=2, when=CONDITION, order="sequential", at=now,
        arguments={"properties": {"amount": {"maximum": 9}}},
    )  # fmt: skip
    page = edit(client, ann, rule, do="check", deadline="2", deadline_unit="h")
    assert [turn.topic for turn in page.context["desk"].preview.turns] == ["Deadline"]
    edit(client, ann, rule, deadline="2", deadline_unit="h")
    assert json.loads(bytes(Change.objects.get().proposed)) == rule.rule.document | {"deadline_seconds": 7200}


def test_an_edit_of_what_changed_meanwhile_is_shown_again_first(client, ann, ben, refund, later):
    address = reverse("checkpoint_edit", args=[refund.checkpoint_id])
    typed = sent(get(client, ann, address), do="propose", need_0_count="2")
    publish(checkpoint="shop/refund", pattern="refund", deadline_seconds=60, at=later)
    page = client.post(address, typed)
    assert page.status_code == 422 and "Revision 2 was published while you wrote." in page.text
    assert [turn.topic for turn in page.context["desk"].preview.turns] == ["Answer", "Deadline"]
    assert not Change.objects.exists()


def test_an_edit_that_changes_nothing_is_refused(client, ann, ben, refund):
    page = edit(client, ann, refund)
    assert page.status_code == 422 and "This is what stands already." in page.text


def test_a_change_may_be_for_later_and_never_for_the_past(client, ann, ben, refund):
    page = edit(client, ann, refund, need_0_count="2", effective_at="2020-01-01T10:00")
    assert page.status_code == 422 and "within a year" in page.context["desk"].proposal.errors["effective_at"][0]
    assert edit(client, ann, refund, need_0_count="2", effective_at="soon").status_code == 422
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("params", "signals", "says"),
    [('{"amount": 5000}', '{"env": "prod"}', "about this ask"), ('{"amount": 5}', "{}", "not about this ask"),
     ('{"amount": 5000}', "{}", "Nobody can say")],
)  # fmt: skip
def test_a_rule_is_tried_on_a_typed_example(client, ann, shop, params, signals, says):
    bounds = {"argument_0_name": "amount", "argument_0_form": "over", "argument_0_value": "1000", "when": CONDITION}
    example = {"trial_name": "payout", "trial_server": "shop", "trial_params": params, "trial_signals": signals}
    page = new(client, ann, do="check", **bounds, **example)
    assert page.status_code == 200 and says in page.text


def test_an_example_that_is_no_json_is_told_at_its_field(client, ann):
    page = new(client, ann, do="check", trial_params="{oops", trial_signals="[]")
    assert page.status_code == 422 and list(page.context["desk"].trial.errors) == ["trial_params", "trial_signals"]


def test_the_last_ask_seen_fills_in_the_example_for_who_may_see_it(client, ann, alice, shop, now):
    publish(checkpoint="shop/old", pattern="payout", at=now)
    submit(shop, ask(tool="payout", signals={"env": "prod"}), key="x", at=now)
    assert "None of the latest asks that you may see" in new(client, ann, do="last").text
    alice.is_staff = True
    alice.save()
    trial = new(client, alice, do="last").context["desk"].trial
    assert json.loads(trial["trial_params"].value()) == {"order": "A1", "amount": 4200}
    assert (trial["trial_name"].value(), json.loads(trial["trial_signals"].value())) == ("payout", {"env": "prod"})
    assert "None of the latest asks" in new(client, alice, do="last", pattern="else").text


def test_names_seen_show_what_a_pattern_stops(client, ann, shop, now):
    for name in ("payout", "payment", "export"):
        Sighting.objects.create(server=shop, kind="tool_call", name=name, first_at=now)
    seen = new(client, ann, do="check", pattern="pay*").context["desk"].seen
    assert (seen.fitting, seen.others) == (["payment", "payout"], ["export"])


def test_rows_are_added_and_written_as_a_schema_without_a_judgement(client, ann):
    row = {"argument_0_name": "amount", "argument_0_form": "over", "argument_0_value": "1000"}
    page = new(client, ann, do="more:argument", **row, checkpoint="")
    assert page.status_code == 200 and len(page.context["form"].arguments) == 2 and "missing" not in page.text
    form = new(client, ann, do="schema", **row).context["form"]
    assert json.loads(form["schema"].value())["properties"] == {"amount": {"type": "number", "exclusiveMinimum": 1000}}
    assert form["argument_0_name"].value() is None


def test_a_page_that_is_typed_into_gets_the_reading_alone(client, ann):
    address = reverse("checkpoint_new")
    typed = sent(get(client, ann, address), pattern="payout", do="check")
    page = client.post(address, typed, headers={"HX-Request": "true", "HX-Target": "side"})
    assert page.status_code == 422 and "This cannot be proposed yet." in page.text and "<form" not in page.text

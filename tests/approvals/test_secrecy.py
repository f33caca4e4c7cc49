"""No secret is kept: at both doors, in what people write, in logs, findings and dead letters."""

import json
import logging

import pytest

from accounts.models import User
from approvals import answers, errors, findings, redemption, reviews
from approvals.intake.refused import MOST, patience
from approvals.models import Action, Answer, Comment, Finding, Review
from tests.approvals import answering
from tests.approvals.secrets.planted import SECRETS
from tests.asks import ask, submit
from tests.publishing import publish

TOKEN = SECRETS["github-token"]


@pytest.fixture(autouse=True)
def _patience():
    patience.forget()


@pytest.fixture
def forms(db, now):
    return publish(checkpoint="forms", kind="elicitation_form", pattern="*", at=now, roles={
        "approval": "payments-owner", "exceptions": "payments-owner"})  # fmt: skip


@pytest.fixture
def dana(db):
    return User.objects.create_user("dana", email="dana@example.org")


def asking_for(**fields) -> dict:
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    return answering.form({"message": "Please.", "requestedSchema": schema})


def calling(**arguments) -> dict:
    return ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": arguments}})


def test_a_form_that_asks_for_a_password_is_no_action_and_a_finding(forms, shop, alice, now):
    no = submit(shop, asking_for(password=1), at=now)
    assert isinstance(no, errors.SecretFound) and no.code == "asks_for_secret" and "URL mode" in no.message
    assert (no.rule, no.pointer) == ("form.password", "/mcp/params/requestedSchema/properties/password")
    assert not Action.objects.exists()
    noted = Finding.objects.get()
    assert (noted.code, noted.about, noted.kind, noted.server) == ("secret", "form.password", "elicitation_form", shop)
    assert noted.checkpoint_id == forms.checkpoint_id and noted.detail.endswith("/properties/password")


def test_its_owner_of_exceptions_resolves_it_with_a_sentence_that_holds_none_itself(forms, shop, alice, now):
    submit(shop, asking_for(password=1), at=now)
    (mine,) = findings.seen_by(alice, at=now)
    with pytest.raises(errors.SecretFound):
        findings.resolve(finding_id=mine.pk, by=alice, resolution=f"told them {TOKEN}", at=now)
    findings.resolve(finding_id=mine.pk, by=alice, resolution="Told the shop's people.", at=now)
    submit(shop, asking_for(password=1), key="again", at=now)
    assert Finding.objects.filter(resolved_at=None).count() == 1


def test_an_ask_that_holds_a_secret_leaves_the_rule_and_the_place(refund, alice, shop, now, caplog):
    with caplog.at_level(logging.INFO):
        no = submit(shop, calling(order="A1", note=f"with {TOKEN}"), at=now)
    assert (no.code, no.rule, no.pointer, no.offset) == (
        "holds_secret",
        "github-token",
        "/mcp/params/arguments/note",
        5,
    )
    noted = Finding.objects.get()
    assert noted.about == "github-token" and noted.checkpoint_id == refund.checkpoint_id
    (line,) = [record for record in caplog.records if record.name == "placet.secrets"]
    assert (line.rule, line.offset, line.by) == ("github-token", 5, shop.urn)
    said = json.dumps([noted.detail, noted.about, no.message, caplog.text, str(no), str(line.__dict__)])
    assert TOKEN not in said and TOKEN[4:20] not in said
    assert not Action.objects.exists()


@pytest.mark.parametrize("member", ["claims", "signals", "identity", "origin", "session"])
def test_all_that_is_said_beside_it_counts_too(refund, alice, shop, now, member):
    said = {
        "claims": {"reasoning": f"because {TOKEN}"}, "signals": {"a": [TOKEN]}, "identity": {"host": TOKEN},
        "origin": {"name": TOKEN}, "session": TOKEN,
    }  # fmt: skip
    no = submit(shop, calling(order="A1") | {member: said[member]}, at=now)
    assert no.code == "holds_secret" and no.pointer.startswith(f"/{member}") and not Action.objects.exists()


def test_the_same_again_only_counts_and_a_flood_writes_no_more(refund, alice, shop, now):
    for number in range(MOST + 20):
        no = submit(shop, calling(**{f"field{number}": TOKEN}), key=f"k{number}", at=now)
        assert no.code == "holds_secret"
    assert Finding.objects.get().count == MOST


def test_others_in_the_same_batch_are_admitted(refund, alice, shop, now):
    from approvals import intake
    from tests.asks import item

    items = [item(shop, calling(order="A1", note=TOKEN), key="bad"), item(shop, calling(order="A1"), key="good")]
    bad, good = intake.submit_many(items=items, at=now)
    assert bad.code == "holds_secret" and good.new and Finding.objects.count() == Action.objects.count() == 1


def test_an_operator_may_switch_one_rule_off(refund, alice, shop, now, settings):
    settings.SECRET_RULES_OFF = frozenset({"github-token"})
    assert submit(shop, calling(note=TOKEN), at=now).new
    assert submit(shop, calling(note=SECRETS["stripe-key"]), key="other", at=now).code == "holds_secret"


def test_a_link_that_hands_one_over_is_refused(shop, now, db):
    no = submit(shop, answering.link(answering.LINK | {"url": "https://a.example/?access_token=ab"}), at=now)
    assert (no.code, no.rule, no.pointer) == ("holds_secret", "url-credential", "/mcp/params/url")


@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_no_note_keeps_one(asked, alice, now, verdict):
    with pytest.raises(errors.SecretFound) as no:
        reviews.record(action_id=asked.pk, reviewer=alice, verdict=verdict, note=f"use {TOKEN}", at=now)
    assert no.value.pointer == "/note" and TOKEN not in str(no.value) and not Review.objects.exists()


def test_no_comment_keeps_one(asked, alice, now):
    with pytest.raises(errors.SecretFound):
        reviews.comment(action_id=asked.pk, author=alice, text=TOKEN, at=now)
    assert not Comment.objects.exists()


def test_no_outcome_keeps_one(asked, alice, shop, now):
    from accounts.servers import Identity

    who = Identity(shop.pk, shop.name, shop.generation)
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="approve", at=now)
    redemption.consume(action_id=asked.pk, server=who, key="use", at=now)
    with pytest.raises(errors.SecretFound):
        redemption.report(action_id=asked.pk, server=who, status="failed", note=f"401 for {TOKEN}", at=now)
    redemption.report(action_id=asked.pk, server=who, status="failed", note="401 for our token", at=now)


def test_no_answer_keeps_one(forms, shop, alice, dana, now):
    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    action = submit(shop, answering.form({"message": "?", "requestedSchema": schema}), at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    with pytest.raises(errors.InvalidAnswer) as no:
        answers.give(action_id=action.pk, person=dana, said="accept", content={"name": f"it is {TOKEN}"}, at=now)
    (words,) = no.value.wrong.values()
    assert "github-token" in words and TOKEN not in words and not Answer.objects.exists()

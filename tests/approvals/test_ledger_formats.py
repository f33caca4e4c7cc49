"""The ledger in the words of others, held to the schemas that they publish."""

import json
from io import StringIO
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings
from django.core.management import call_command

from approvals import custody, ledger, redemption, reviews, sequencing
from approvals.models import Entry
from tests.asks import identity, submit

pytestmark = pytest.mark.django_db
SCHEMAS = Path(__file__).parent / "schemas"
#: What else is entered: one of each verb.
MORE = [
    "policy.published", "grant.given", "grant.revoked", "absence.declared", "absence.ended", "finding.resolved",
    "change.proposed", "change.confirmed", "server.stopped", "passkey.registered", "passkey.revoked",
    "action.glass_broken", "action.erased", "action.failed", "something.new", "odd",
]  # fmt: skip


def schema(name: str):
    said = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    return jsonschema.validators.validator_for(said)(said, format_checker=jsonschema.FormatChecker())


@pytest.fixture
def history(refund, alice, shop, now):
    """A refund from the ask to its outcome, keys, and everything else that is ever entered."""
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    redemption.consume(server=identity(shop), action_id=action.pk, key="once", at=now)
    redemption.report(server=identity(shop), action_id=action.pk, status="succeeded", note="", at=now)
    custody.revoke(kid=custody.prepare(by="operator:root", at=now).key.kid, reason="drill", by="operator:root", at=now)
    for event in MORE:
        ledger.record(event=event, actor="user:alice" if "." in event else "console", at=now)
    return action


def exported(form: str) -> list[dict]:
    out = StringIO()
    call_command("ledger", "export", "--format", form, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_entry_is_a_cloud_event(history):
    events, valid = exported("cloudevents"), schema("cloudevents-1.0")
    assert len(events) == Entry.objects.count()
    for event in events:
        valid.validate(event)
    first = next(event for event in events if event["type"] == "placet.action.submitted")
    assert (first["source"], first["subject"]) == (f"{settings.PUBLIC_URL}/ledger", str(history.pk))
    assert [event["id"] for event in events] == [str(number) for number in range(len(events))]


def test_every_entry_is_an_event_of_ocsf(history):
    events = exported("ocsf")
    classes = {6003: schema("ocsf-1.8.0-api_activity"), 3004: schema("ocsf-1.8.0-entity_management")}
    for event in events:
        classes[event["class_uid"]].validate(event)
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    said = {event["metadata"]["event_code"]: event for event in events}
    assert said["action.submitted"]["activity_id"] == 1 and "app_uid" in said["action.submitted"]["actor"]
    assert said["action.reviewed.approve"]["actor"]["user"]["uid"].startswith("user:")
    assert (said["key.revoked"]["class_uid"], said["key.revoked"]["severity_id"]) == (3004, 3)
    assert (said["action.succeeded"]["status_id"], said["action.failed"]["status_id"]) == (1, 2)


def test_a_schema_of_theirs_refuses_what_is_not_theirs(history):
    """The schemas bite: what they require is missing, or what they do not know is there."""
    event = next(event for event in exported("ocsf") if event["class_uid"] == 6003)
    for wrong in ({**event, "surprise": 1}, {name: value for name, value in event.items() if name != "actor"}):
        with pytest.raises(jsonschema.ValidationError):
            schema("ocsf-1.8.0-api_activity").validate(wrong)


def test_the_file_may_be_named_before_the_format_or_behind_it(history, tmp_path):
    sequencing.run(at=Entry.objects.last().at)
    for words in (["FILE", "--format", "ocsf"], ["--format", "ocsf", "FILE"]):
        call_command("ledger", "export", *[str(tmp_path / each) if each == "FILE" else each for each in words])
        assert len((tmp_path / "FILE").read_text().splitlines()) == Entry.objects.count()
        (tmp_path / "FILE").unlink()

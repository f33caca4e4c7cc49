"""Publishing policies: every revision stays, and what could never work is refused by a sentence."""

import re
from pathlib import Path

import pytest
import yaml

from approvals import access
from approvals.errors import BadPolicy
from approvals.models import Checkpoint, Policy
from approvals.rules import conditions, policies
from tests.publishing import publish

pytestmark = pytest.mark.django_db
GOOD = {
    "checkpoint": "shop/refund", "kind": "tool_call", "pattern": "refund", "need": 1, "deadline_seconds": 60,
    "roles": {"approval": "payments-owner"},
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "spell"}, {"pattern": ""}, {"pattern": "*****"}, {"need": 0}, {"need": 8}, {"deadline_seconds": 0},
        {"deadline_seconds": 2592001}, {"valid_seconds": 601}, {"roles": {}}, {"roles": {"logging": "x"}},
        {"roles": {"approval": ""}}, {"roles": {"approval": "x", "cleaning": "y"}}, {"checkpoint": ""},
        {"checkpoint": "ø" * 76}, {"roles": {"approval": "ø" * 76}},
    ],
)  # fmt: skip
def test_a_policy_that_could_not_work_is_refused_and_leaves_nothing(now, wrong):
    with pytest.raises(BadPolicy):
        publish(**GOOD | wrong, at=now)
    assert not Checkpoint.objects.exists()


def test_revisions_count_up_and_the_older_ones_stay(now, later):
    first = publish(**GOOD, at=now)
    second = publish(**GOOD | {"need": 2}, at=later)
    assert (first.revision, second.revision) == (1, 2)
    assert set(Policy.objects.values_list("need", flat=True)) == {1, 2}
    assert first.dig != second.dig


def test_a_new_revision_moves_the_duty_to_its_role(now, later, alice, carol):
    place = publish(**GOOD, at=now).checkpoint
    assert access.duties(alice, at=later) == {place.pk: {"approval": "payments-owner"}}
    publish(**GOOD | {"roles": {"approval": "data-owner", "logging": "payments-owner"}}, at=later)
    assert access.duties(carol, at=later) == {place.pk: {"approval": "data-owner"}}
    assert access.duties(alice, at=later) == {place.pk: {"logging": "payments-owner"}}


def test_who_only_logs_sees_and_does_not_decide(now, alice, carol, shop):
    from approvals import reviews
    from approvals.errors import NotAnOwner
    from tests.asks import submit

    publish(**GOOD | {"roles": {"approval": "payments-owner", "logging": "data-owner"}}, at=now)
    action = submit(shop, at=now).action
    assert access.actions_seen_by(access.duties(carol, at=now)).filter(pk=action.pk).exists()
    with pytest.raises(NotAnOwner):
        reviews.record(action_id=action.pk, reviewer=carol, verdict="approve", at=now)


def test_the_page_about_policies_names_every_member_and_its_examples_hold():
    page = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert conditions.judge(policies.read(yaml.safe_load(example))).when
    conditions_shown = re.search(r"\n```\n(has.*?)```", page, re.DOTALL)[1].splitlines()
    assert len([conditions.condition(line) for line in conditions_shown]) == 2
    assert [member for member in policies.Rule.model_fields if f"`{member}`" not in page] == []
    assert [name for name in conditions.VARIABLES if f"`{name}`" not in page] == []

"""Checkpoints as admins and owners read them: the list, and one with its owners, its revisions and its history."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import roles
from approvals import changes, reviews
from tests.approvals.browsing import get
from tests.asks import submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


def listed(page):
    return [row.policy.checkpoint.name for row in page.context["found"].rows]


def one(client, who, policy, **query):
    return get(client, who, reverse("checkpoint", args=[policy.checkpoint_id]), **query)


def test_the_list_says_what_is_stopped_who_holds_it_and_what_is_missing(client, ann, refund, alice, bob):
    page = get(client, ann, reverse("checkpoints"))
    for words in ("shop/refund", "alice, bob", "Nobody answers for logging", "any server", "within 10 min"):
        assert words in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["deny all", "for shop", "links"]), ({"kind": "elicitation_url"}, ["links"]), ({"q": "PAY"}, ["for shop"]),
        ({"server": "shop"}, ["deny all", "for shop", "links"]), ({"server": "other"}, ["deny all", "links"]),
        ({"effect": "deny"}, ["deny all"]), ({"after": "deny all"}, ["for shop", "links"]),
        ({"show": "retired"}, ["old"]),
        ({"q": "\0%", "kind": "x", "effect": "y", "show": "z", "after": "\0"}, []),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_and_continued_by_its_address(client, ann, shop, now, query, found):
    publish(checkpoint="for shop", pattern="payout", server=shop, at=now)
    publish(checkpoint="links", kind="elicitation_url", pattern="*", at=now)
    publish(checkpoint="deny all", pattern="*", effect="deny", at=now)
    publish(checkpoint="old", pattern="old", retired=True, at=now)
    assert listed(get(client, ann, reverse("checkpoints"), **query)) == found


def test_a_long_list_comes_in_pages_and_costs_the_same(client, ann, now, django_assert_max_num_queries):
    for number in range(43):
        publish(checkpoint=f"c{number:02}", pattern=f"tool{number}", at=now)
        publish(checkpoint=f"c{number:02}", pattern=f"tool{number}", need=2, at=now)
    client.force_login(ann)
    with django_assert_max_num_queries(8):
        first = client.get(reverse("checkpoints"))
    assert len(listed(first)) == 40
    assert listed(client.get(reverse("checkpoints") + first.context["found"].next)) == ["c40", "c41", "c42"]


def test_who_holds_a_duty_reads_that_checkpoint_and_changes_nothing(client, refund, payout, now, alice, carol, mallory):
    other = publish(checkpoint="data", pattern="export", roles={"approval": "data-owner"}, at=now)
    assert listed(get(client, alice, reverse("checkpoints"))) == ["shop/payout", "shop/refund"]
    page = one(client, alice, refund)
    assert page.status_code == 200 and "Edit" not in page.text and "Retire" not in page.text
    assert one(client, alice, other).status_code == 404
    for address in ("checkpoint_edit", "checkpoint_retire"):
        assert client.post(reverse(address, args=[refund.checkpoint_id])).status_code == 404
    assert get(client, mallory, reverse("checkpoints")).status_code == 404
    assert get(client, alice, reverse("checkpoint_new")).status_code == 404


def test_one_checkpoint_says_its_whole_rule_and_who_holds_it(client, ann, alice, now):
    rule = publish(checkpoint="pay", pattern="pay*", passkey="required", break_glass="cfo", exceptions=["cfo"], at=now)
    page = one(client, ann, rule)
    for words in ("Each yes needs a passkey.", "may break the glass", "alice", "nobody", "A yes is good for one use"):
        assert words in page.text


def test_who_held_it_then_is_answered_from_revisions_and_memberships(client, ann, now, alice, carol):
    rule = publish(checkpoint="pay", pattern="pay", at=now - timedelta(days=9))
    publish(checkpoint="pay", pattern="pay", roles={"approval": "data-owner"}, at=now - timedelta(days=3))
    roles.take(role="payments-owner", user=alice, at=now - timedelta(days=5))
    alice.is_active = False
    alice.save()

    def then(days):
        found = (
            one(client, ann, rule, then=(now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")).context["page"].then
        )
        return found.policy and found.policy.revision, [(s.role, [h.username for h in s.people]) for s in found.seats]

    assert then(10) == (None, [])
    assert then(8) == (1, [("payments-owner", ["alice"])])
    assert then(4) == (1, [("payments-owner", [])])
    assert then(1) == (2, [("data-owner", ["carol"])])


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-13-01T00:00", "99999-01-01T00:00"])
def test_a_moment_that_is_none_is_refused_in_a_sentence(client, ann, refund, moment):
    page = one(client, ann, refund, then=moment)
    words = "Write a day and a time, as 2026-11-27 18:00." if moment else "Say at which moment."
    assert page.status_code == 422 and words in page.text


def test_each_revision_says_who_made_it_and_what_it_changed(client, ann, ben, refund, later):
    publish(
        checkpoint="shop/refund", pattern="refund", need=2, deadline_seconds=600, passkey="required", at=later, by=ann
    )
    page = one(client, ann, refund)
    newest, first = page.context["page"].revisions
    assert [turn.topic for turn in newest.turns] == ["Answer", "Passkey"] and first.turns is None
    assert "by ann" in page.text


def test_many_revisions_come_in_pages_and_cost_the_same(client, ann, now, django_assert_max_num_queries):
    made = [publish(checkpoint="pay", pattern="pay", need=1 + n % 2, at=now) for n in range(20)]
    client.force_login(ann)
    with django_assert_max_num_queries(14):
        page = client.get(reverse("checkpoint", args=[made[0].checkpoint_id]))
    assert [r.policy.revision for r in page.context["page"].revisions] == list(range(20, 5, -1))
    older = one(client, ann, made[0], before="6").context["page"].revisions
    assert [r.policy.revision for r in older] == [5, 4, 3, 2, 1] and older[0].turns
    assert one(client, ann, made[0], before="-1").status_code == 200


def test_one_checkpoint_counts_what_was_decided_and_what_waits(client, ann, refund, alice, bob, shop, now):
    decided = submit(shop, key="a", at=now).action
    submit(shop, key="b", at=now)
    reviews.record(action_id=decided.pk, reviewer=alice, verdict="deny", note="no", at=now)
    page = one(client, ann, refund)
    assert page.context["page"].decided == {"denied": 1} and page.context["page"].waiting == 1
    assert "1 decided: 1 denied. 1 waits now." in page.text


def test_retiring_is_proposed_and_a_second_admin_makes_it_so(client, ann, ben, refund, later):
    client.force_login(ann)
    address = reverse("checkpoint_retire", args=[refund.checkpoint_id])
    answer = client.post(address, {"note": "The shop closed."})
    change = changes.Change.objects.get()
    assert answer["Location"] == reverse("change", args=[change.pk]) and change.proposed is None
    assert "proposed to retire it" in one(client, ann, refund).text
    changes.confirm(change_id=change.pk, by=ben, at=later + timedelta(hours=1))
    again = client.post(address, {"note": ""})
    assert again.status_code == 422 and "This is what stands already." in again.text
    assert "Put it back in force" in again.text

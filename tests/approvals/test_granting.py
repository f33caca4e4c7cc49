"""Using grants: what one covers is approved at once and counted; all else goes to people."""

from datetime import timedelta

import pytest
from placet import canonical

from accounts import servers
from approvals.models import Assignment, GrantUse
from approvals.rules.covering import Bound
from approvals.templatetags import granting
from tests.approvals.admitting import claims, flood, states
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def granted(alice, bob, shop, now):
    """`granted(uses=…)`: alice grants the like of a refund that bob approved."""
    from approvals import grants, reviews

    policy = publish(
        checkpoint="shop/refund", pattern="refund", grants={"uses": 50, "seconds": 86_400}, at=now,
        exclude_server_owner=True,
    )  # fmt: skip

    def give(*, uses: int = 2, per_hour: int | None = None, seconds: int = 3600, by=alice):
        like = submit(shop, key=f"like-{GrantUse.objects.count()}-{uses}", at=now).action
        if like.state == "pending":
            reviews.record(action_id=like.pk, reviewer=bob, verdict="approve", at=now)
        terms = grants.Terms(uses=uses, seconds=seconds, per_hour=per_hour or uses)
        return grants.create(action_id=like.pk, person=by, terms=terms, at=now)

    give.policy = policy
    return give


def test_what_a_grant_covers_is_approved_at_once_and_counted(granted, shop, later):
    grant = granted(uses=2)
    answers = flood(shop, 3, at=later)
    assert states(answers) == [("approved", "grant"), ("approved", "grant"), ("pending", "")]
    said = [claims(each.action) for each in answers[:2]]
    assert [(each["basis"], each["grant"]) for each in said] == [
        ("grant", {"id": str(grant.pk), "uses_left": 1}), ("grant", {"id": str(grant.pk), "uses_left": 0}),
    ]  # fmt: skip
    assert said[0]["reviews"] == [] and said[0]["pol"]["need"] == 1
    assert list(GrantUse.objects.order_by("number").values_list("number", "action_id")) == [
        (1, answers[0].action.pk), (2, answers[1].action.pk),
    ]  # fmt: skip
    assert submit(shop, key="another", at=later).action.state == "pending", "it is used up"


@pytest.mark.parametrize(
    "other",
    [
        {"mcp": {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A2", "amount": 4200}}}},
        {"mcp": {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1"}}}},
        {"subject": "alice"}, {"subject": "user:Alice"}, {"origin": {"principal": "alice"}},
    ],
)  # fmt: skip
def test_what_a_grant_does_not_cover_goes_to_people(granted, shop, later, other):
    granted()
    assert submit(shop, ask(**other), at=later).action.state == "pending"
    assert not GrantUse.objects.exists()


def test_a_grant_is_another_servers_for_nobody_else(granted, shop, now, later):
    granted()
    crm = servers.register(name="crm", at=now)
    assert submit(crm, at=later).action.state == "pending"


def test_a_grant_ends_with_its_time_its_revocation_its_rule_and_its_givers_role(granted, alice, shop, now, later):
    from approvals import grants

    short = granted(seconds=60)
    over = now + timedelta(seconds=60)
    assert submit(shop, key="over", at=over).action.state == "pending"
    grants.revoke(grant_id=short.pk, by=alice, at=later)
    assert submit(shop, key="revoked", at=later).action.state == "pending"
    granted(uses=3)
    assert submit(shop, key="covered", at=later).action.state == "approved"
    publish(
        checkpoint="shop/refund", pattern="refund", grants={"uses": 9, "seconds": 600}, at=later, deadline_seconds=60
    )
    assert submit(shop, key="new rule", at=later).action.state == "pending"


def test_a_giver_who_left_the_role_grants_nothing_any_more(granted, alice, shop, later):
    from accounts.models import Membership

    granted(uses=3)
    Membership.objects.filter(person=alice).update(ends_at=later)
    assert submit(shop, key="left", at=later).action.state == "pending"
    Membership.objects.filter(person=alice).update(ends_at=None)
    assert submit(shop, key="back", at=later).action.state == "approved"
    alice.is_active = False
    alice.save()
    assert submit(shop, key="gone", at=later).action.state == "pending"


def test_a_giver_who_owns_the_server_now_grants_nothing_where_the_rule_leaves_its_owner_out(
    granted, alice, shop, later
):
    granted(uses=3)
    shop.owner = alice
    shop.save()
    assert submit(shop, key="own", at=later).action.state == "pending"


def test_a_grant_is_used_so_often_within_an_hour(granted, shop, now, later):
    granted(uses=3, per_hour=1, seconds=10_000)
    assert states(flood(shop, 2, at=later)) == [("approved", "grant"), ("pending", "")]
    assert states(flood(shop, 1, at=later + timedelta(seconds=3601), start=5)) == [("approved", "grant")]


def test_a_deny_goes_before_a_grant(granted, shop, now, later):
    granted()
    publish(checkpoint="frozen", pattern="*", effect="deny", roles={}, at=now)
    assert submit(shop, at=later).action.reason == "policy_denied"


def test_who_loses_the_last_use_of_a_grant_to_somebody_else_is_sent_to_people(granted, shop, later, monkeypatch):
    """As if another process used it between the look and the write, each time: the last try takes no grant."""
    from approvals import granting

    grant = granted(uses=5)
    taken = submit(shop, key="taken", at=later).action
    monkeypatch.setattr(
        granting.Grants, "use",
        lambda self, living, *, action_id, at: (
            self.uses.append(granting.Used(action_id, grant.pk, 1, at)),
            granting.statements.GrantRef(str(grant.pk), 0),
        )[1],
    )  # fmt: skip
    lost = submit(shop, key="lost", at=later).action
    assert (taken.state, lost.state) == ("approved", "pending")
    assert GrantUse.objects.count() == 1 and Assignment.objects.filter(action=lost).exists()


def test_what_is_granted_has_the_bytes_that_were_asked(granted, shop, later):
    granted()
    action = submit(shop, at=later).action
    (detail,) = claims(action)["authorization_details"]
    assert detail["dig"] == action.dig == canonical.digest_bytes(bytes(action.body))


def test_a_covered_value_is_drawn_as_payloads_are():
    drawn = granting.covered(Bound("note", "same", "string", "a \u202etoy" + "x" * 5_000))
    assert "U+202E" in drawn and "hidden text in 1 place" in drawn, "cut in the middle, its size and hidden text told"
    assert "data-leaf" in drawn and len(drawn) < 2_000
    nested = granting.covered(Bound("lines", "same", "array", [{"sku": "<b>1</b>"}, []]))
    assert "&lt;b&gt;1" in nested and "[0]/sku" in nested and "list" in nested

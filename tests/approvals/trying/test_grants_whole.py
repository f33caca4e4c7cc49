"""A grant from the page where it is given to the receipt that its server gets, and everything that keeps it narrow."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from placet.errors import NotVerified
from placet.receipts import Expected, Floor, MemorySpent, Pin, verify

from accounts import roles
from accounts.models import Absence, Delegation
from approvals import glass, grants, keys
from approvals.errors import NotFound, NotGrantable
from approvals.models import Entry, Grant, GrantUse, Receipt
from tests.asks import submit

from .granting import TERMS, call, rules

pytestmark = pytest.mark.django_db


def given(client, who, action, **fields):
    """A grant, given on the page of an action as a person does it."""
    client.force_login(who)
    address = reverse("grant_new", args=[action.pk])
    data = {
        "uses": "3",
        "per_hour": "2",
        "seconds": "3600",
        "how-0": "most",
        "most-0": "5000",
        "how-1": "same",
        **fields,
    }
    seen = client.post(address, data).text.partition('name="seen" value="')[2].partition('"')[0]
    client.post(address, data | {"seen": seen, "give": "1"})
    return Grant.objects.latest("created_at")


def expected(action, value):
    mcp = value["mcp"]
    effective = {"method": mcp["method"], "params": mcp["params"]}
    return Expected(
        audience="urn:placet:server:shop", kind="tool_call", effective=effective, action=str(action.pk),
        nonce=value["nonce"],
    )  # fmt: skip


def test_what_a_grant_covers_is_approved_at_once_and_refused_by_who_did_not_opt_in(
    client, approved, alice, shop, later
):
    grant = given(client, alice, approved)
    value = call(order="A1", amount=17)
    action = submit(shop, value, key="like", at=later).action
    assert (action.state, action.reason) == ("approved", "grant")
    receipt = bytes(Receipt.objects.get(action=action).jws)
    how = {"pin": Pin(keys.jwks(), issuer=settings.PUBLIC_URL), "expect": expected(action, value)}
    how |= {"now": later.timestamp(), "spent": MemorySpent()}
    with pytest.raises(NotVerified) as refused:
        verify(receipt, **how)
    assert (refused.value.step, refused.value.code) == (9, "wrong_basis")
    verified = verify(receipt, floor=Floor(bases=frozenset({"reviewed", "grant"})), **how)
    assert verified.claims["basis"] == "grant"
    assert verified.claims["grant"] == {"id": str(grant.pk), "uses_left": 2}


def test_each_use_stands_on_the_page_of_the_grant_and_of_the_action(client, approved, alice, shop, later):
    grant = given(client, alice, approved)
    action = submit(shop, call(order="A1", amount=17), key="like", at=later).action
    page = client.get(reverse("grant", args=[grant.pk])).text
    assert reverse("action", args=[action.pk]) in page and "2 of 3 uses left" in page
    page = client.get(reverse("action", args=[action.pk])).text
    assert reverse("grant", args=[grant.pk]) in page


def test_an_ask_sent_again_uses_the_grant_once(client, approved, alice, shop, later):
    given(client, alice, approved)
    for _ in range(3):
        submit(shop, call(order="A1", amount=17), key="same", at=later)
    assert GrantUse.objects.count() == 1


def test_a_revoked_grant_lets_nothing_through_from_that_moment(client, approved, alice, bob, shop, later):
    grant = given(client, alice, approved)
    assert submit(shop, call(order="A1", amount=1), key="a", at=later).action.state == "approved"
    client.force_login(bob)
    client.post(reverse("grant_revoke", args=[grant.pk]))
    assert submit(shop, call(order="A1", amount=2), key="b", at=later).action.state == "pending"
    events = ["grant.given", "grant.revoked"]
    assert list(Entry.objects.filter(event__in=events).values_list("event", flat=True)) == events


def test_a_use_says_in_the_ledger_whose_receipt_it_made(client, approved, alice, shop, later):
    given(client, alice, approved)
    action = submit(shop, call(order="A1", amount=1), key="a", at=later).action
    assert Entry.objects.filter(action=action).values_list("event", flat=True)[::1] == [
        "action.submitted", "action.approved"
    ]  # fmt: skip


def test_who_stands_in_for_somebody_gives_no_grant_in_their_place(approved, bob, carol, now, later):
    role = roles.give(role="payments-owner", user=bob, at=now).role
    away = Absence.objects.create(person=bob, starts_at=now - timedelta(1), created_at=now - timedelta(1))
    Delegation.objects.create(absence=away, role=role, delegate=carol)
    with pytest.raises(NotGrantable, match="in their own right"):
        grants.create(action_id=approved.pk, person=carol, terms=TERMS, at=later)


def test_what_broke_the_glass_is_no_example(shop, alice, bob, carol, now):
    roles.give(role="fire-brigade", user=carol, at=now)
    rules(now, break_glass="fire-brigade", exceptions=["data-owner"])
    action = submit(shop, at=now).action
    glass.break_glass(action_id=action.pk, person=carol, reason="The shop is on fire, and nobody answers.", at=now)
    with pytest.raises(NotGrantable, match="broke the glass"):
        grants.offer(action_id=action.pk, person=alice, at=now)


def test_approve_similar_is_offered_to_those_whom_it_would_serve(client, approved, alice, carol, mallory):
    link = reverse("grant_new", args=[approved.pk])
    client.force_login(alice)
    assert link in client.get(reverse("action", args=[approved.pk])).text
    client.force_login(mallory)
    assert client.get(link).status_code == 404


def test_approve_similar_is_not_offered_where_no_grant_could_be_given(client, asked, asked_payout, alice, bob, now):
    client.force_login(alice)
    for action in (asked, asked_payout):
        assert "Approve similar" not in client.get(reverse("action", args=[action.pk])).text


def test_a_stranger_cannot_tell_whether_there_is_a_grant(client, grant, mallory, later):
    with pytest.raises(NotFound):
        grants.statement(grant_id=grant.pk, user=mallory, at=later)

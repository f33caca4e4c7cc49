"""What the console knows beside an ask: that its tool's definition changed, and which asks came with it."""

from datetime import timedelta
from functools import partial

import pytest
from placet import canonical

from approvals import reviews
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import action_page, get

pytestmark = pytest.mark.django_db
FIRST, SECOND = (canonical.digest("tool_definition", {"name": "refund", "description": text}) for text in "ab")
CHANGED, NEW = '<span class="flag no">definition changed', '<span class="flag">new definition'


@pytest.fixture
def page(client):
    return partial(get, client)


@pytest.fixture
def defined(refund, alice, bob, shop, now):
    """Submit a refund with a definition; approve it when told so."""

    seconds = iter(range(1, 100))

    def make(dig, *, approved=None, key, verdict=""):
        at = now + timedelta(seconds=next(seconds))
        action = submit(shop, ask(definition={"dig": dig, "approved": approved}), key=key, at=at).action
        if verdict:
            reviews.record(action_id=action.pk, reviewer=alice, verdict=verdict, at=at)
        return action

    return make


# ── Definitions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_definition_nobody_approved_is_new(page, defined, alice):
    text = page(alice, action_page(defined(FIRST, key="a"))).text
    assert "First time seen:" in text and "definition changed since" not in text
    assert NEW in page(alice, "/").text


def test_the_definition_approved_last_is_no_news(page, defined, alice):
    defined(FIRST, key="a", verdict="approve")
    text = page(alice, action_page(defined(FIRST, key="b"))).text
    assert "As it was last approved." in text and "definition changed since" not in text
    listed = page(alice, "/").text
    assert NEW not in listed and CHANGED not in listed


def test_another_definition_than_the_one_on_record_is_flagged(page, defined, alice):
    defined(FIRST, key="a", verdict="approve")
    action = defined(SECOND, key="b")
    assert "definition changed since it was last approved" in page(alice, action_page(action)).text
    assert CHANGED in page(alice, "/").text


def test_another_definition_than_the_gate_remembers_is_flagged(page, defined, alice):
    action = defined(SECOND, approved=FIRST, key="a")
    assert "Changed since it was last approved." in page(alice, action_page(action)).text
    assert CHANGED in page(alice, "/").text


def test_a_gate_that_says_nothing_changed_is_not_believed(page, defined, alice):
    defined(FIRST, key="a", verdict="approve")
    action = defined(SECOND, approved=SECOND, key="b")
    assert "definition changed since it was last approved" in page(alice, action_page(action)).text


def test_what_was_denied_was_not_approved(page, defined, alice):
    defined(FIRST, key="a", verdict="deny")
    assert "First time seen:" in page(alice, action_page(defined(SECOND, key="b"))).text


def test_another_servers_tool_of_that_name_is_another_tool(page, defined, refund, alice, now):
    from accounts import servers

    defined(FIRST, key="a", verdict="approve")
    bakery = servers.register(name="bakery", at=now)
    action = submit(bakery, ask(definition={"dig": SECOND, "approved": None}), at=now).action
    assert "First time seen:" in page(alice, action_page(action)).text


def test_an_ask_without_a_definition_says_nothing_of_one(page, asked, alice):
    assert "<dt>Definition</dt>" not in page(alice, action_page(asked)).text


def test_a_later_approval_does_not_change_what_an_older_page_says(page, defined, alice):
    old = defined(FIRST, key="a", verdict="approve")
    defined(SECOND, key="b", verdict="approve")
    assert "First time seen:" in page(alice, action_page(old)).text


# ── Bundles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def bundled(refund, payout, alice, bob, shop, now):
    """Submit refunds of one bundle."""

    def make(count, *, size=None, server=shop, session="s-1", start=0, **changes):
        said = {"id": "b-1", "size": count if size is None else size}
        return [
            submit(
                server, ask(session=session, bundle=said | {"key": f"k{n}"}, **changes), key=f"{session}{n}",
                at=now + timedelta(seconds=n),
            ).action
            for n in range(start, start + count)
        ]  # fmt: skip

    return make


def test_a_page_names_its_place_and_its_siblings_with_their_states(page, bundled, alice, now):
    first, second, third = bundled(3)
    reviews.record(action_id=first.pk, reviewer=alice, verdict="approve", at=now)
    text = page(alice, action_page(second)).text
    assert "2 of 3 in this bundle" in text
    assert f'<a href="{action_page(first)}">1. tool call</a>, <span class="yes">approved</span>' in text
    assert f'<a href="{action_page(third)}">3. tool call</a>, <span class="">pending</span>' in text
    assert "not here" not in text


def test_a_row_names_its_place_even_when_a_sibling_is_decided(page, bundled, alice, now):
    first, *_ = bundled(3)
    reviews.record(action_id=first.pk, reviewer=alice, verdict="approve", at=now)
    text = page(alice, "/").text
    assert "2 of 3 in this bundle" in text and "3 of 3 in this bundle" in text and "1 of 3" not in text


def test_a_sibling_that_one_may_not_see_is_neither_linked_nor_named(page, bundled, alice, carol, shop, now):
    publish(
        checkpoint="shop/data", kind="tool_call", pattern="data", need=1, deadline_seconds=600,
        roles={"approval": "data-owner"}, at=now,
    )  # fmt: skip
    mine = bundled(1, size=2)[0]
    other = submit(
        shop, ask(tool="data", session="s-1", bundle={"id": "b-1", "size": 2}), key="other", at=now
    ).action  # fmt: skip
    text = page(alice, action_page(mine)).text
    assert "1 of 2 in this bundle" in text and str(other.pk) not in text
    assert "1 more is not here: not asked yet, or not yours to see." in text


def test_the_same_name_in_another_session_or_of_another_server_is_another_bundle(page, bundled, alice, now):
    from accounts import servers

    mine = bundled(1, size=1)[0]
    bundled(2, session="s-2")
    bundled(2, server=servers.register(name="bakery", at=now))
    assert "in this bundle" not in page(alice, action_page(mine)).text


def test_a_claimed_size_is_no_promise_and_harms_nobody(page, bundled, alice):
    mine = bundled(1, size=1000)[0]
    text = page(alice, action_page(mine)).text
    assert "1 of 1000 in this bundle" in text and "999 more are not here" in text


def test_a_bundle_without_end_costs_no_more(client, bundled, alice, django_assert_max_num_queries):
    some = bundled(3)
    client.force_login(alice)
    with django_assert_max_num_queries(24):  # among them: what came of it lately, their passkeys
        client.get(action_page(some[0]))
    many = bundled(130, size=1, start=3)
    with django_assert_max_num_queries(24):
        text = client.get(action_page(many[-1])).text
    assert text.count("<li><a") <= 20
    with django_assert_max_num_queries(9):
        assert "in this bundle" in client.get("/").text


def test_owners_read_what_the_rule_says_a_yes_leads_to(client, alice, carol, shop, now):
    publish(
        checkpoint="shop/refund", pattern="refund", consequence="Money <b>leaves</b> the account.", at=now,
        needs=[{"role": "payments-owner"}, {"role": "data-owner"}],
    )  # fmt: skip
    page = get(client, alice, action_page(submit(shop, at=now).action)).text
    assert "Money &lt;b&gt;leaves&lt;/b&gt; the account." in page
    assert "needs 1 of payments-owner and 1 of data-owner" in page

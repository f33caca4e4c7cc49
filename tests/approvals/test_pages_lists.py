"""Lists and the frame of every page: short, few queries, nothing lost between two pages of a list."""

from datetime import timedelta
from functools import partial

import pytest

from approvals import reviews
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import action_page, get

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Ask for a page as somebody."""
    return partial(get, client)


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def many(refund, payout, alice, bob, shop, now):
    """Sixty refunds and a payout, their deadlines a second apart."""
    made = [submit(shop, key=f"r{n}", at=now + timedelta(seconds=n)).action for n in range(60)]
    return [*made, submit(shop, ask(tool="payout"), key="p", at=now).action]


def test_the_inbox_takes_eight_queries_whatever_its_length(
    client, many, alice, bob, now, django_assert_max_num_queries
):
    reviews.record(action_id=many[-1].pk, reviewer=bob, verdict="approve", at=now)
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        text = client.get("/").text
    assert text.count('data-id="') == 25
    assert len(text.encode()) < 40_000


def test_the_action_page_takes_a_fixed_number_of_queries(client, many, alice, django_assert_max_num_queries):
    client.force_login(alice)
    with django_assert_max_num_queries(24):  # two of them for what was decided here lately
        client.get(action_page(many[0]))


def test_every_row_is_on_exactly_one_page(client, many, alice):
    client.force_login(alice)
    assert sorted(_all_pages(client, "/?part=mine")) == sorted(str(action.pk) for action in many)


def test_rows_of_many_checkpoints_come_soonest_first(client, alice, bob, shop, now):
    for tool in "abcde":
        publish(
            checkpoint=tool, kind="tool_call", pattern=tool, need=1, deadline_seconds=600,
            roles={"approval": "payments-owner"}, at=now,
        )  # fmt: skip
    asks = [(tool, n) for n in range(11) for tool in "ecadb"]
    made = [
        submit(shop, ask(tool=tool), key=f"{tool}{n}", at=now + timedelta(seconds=7 * n % 11)).action
        for tool, n in asks
    ]
    client.force_login(alice)
    assert _all_pages(client, "/?part=mine") == [str(a.pk) for a in sorted(made, key=lambda a: (a.deadline_at, a.pk))]


def test_what_i_said_yes_to_moves_to_my_roles(client, payout, alice, bob, shop, now):
    first, second = (submit(shop, ask(tool="payout"), key=key, at=now).action for key in "ab")
    reviews.record(action_id=first.pk, reviewer=alice, verdict="approve", at=now)
    client.force_login(alice)
    waiting, _, roles = client.get("/").text.partition("Your roles")
    assert str(second.pk) in waiting
    assert str(first.pk) in roles


def test_who_logs_may_watch_but_not_decide(client, alice, bob, carol, shop, now):
    publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=600,
        roles={"approval": "payments-owner", "logging": "data-owner"}, at=now,
    )  # fmt: skip
    asked = submit(shop, at=now).action
    client.force_login(carol)
    assert str(asked.pk) in client.get("/").text.partition("All you may see")[2]
    text = client.get(action_page(asked)).text
    assert "You may see this; payments-owner decides." in text
    assert 'value="approve"' not in text


def test_facets_narrow_the_list(client, many, alice):
    client.force_login(alice)
    assert client.get("/", {"q": "payout"}).text.count('data-id="') == 1
    assert client.get("/", {"kind": "sampling"}).text.count('data-id="') == 0
    assert "Nothing here fits." in client.get("/", {"server": "nobody"}).text
    assert client.get("/", {"q": str(many[3].pk)}).text.count('data-id="') == 1


@pytest.mark.parametrize(
    "query",
    ["after=rubbish", "after=1e400~x", "view=x&part=y&kind=z", "action=no", "kept=,,x", "q=%00", "open=%ff&told=x"],
)
def test_senseless_addresses_are_harmless(client, asked, alice, query):
    client.force_login(alice)
    assert client.get(f"/?{query}").status_code == 200
    assert client.get(f"{action_page(asked)}?{query}").status_code == 200


def test_a_row_that_was_settled_meanwhile_keeps_its_place(client, many, alice, bob, now):
    gone = many[1]
    reviews.record(
        action_id=gone.pk, reviewer=bob, verdict="deny", note="wrong environment", at=now + timedelta(seconds=2)
    )
    client.force_login(alice)
    text = client.get("/", {"kept": str(gone.pk)}, headers={"HX-Request": "true", "HX-Target": "rows"}).text
    ids = [line.split('"')[0] for line in text.split('data-id="')[1:]]
    assert ids.index(str(gone.pk)) in (1, 2)
    assert "by bob: " in text
    assert str(gone.pk) not in client.get("/").text


def test_decided_lists_what_ended_the_latest_first(client, asked, asked_payout, alice, bob, now):
    reviews.record(action_id=asked.pk, reviewer=bob, verdict="approve", at=now)
    reviews.record(action_id=asked_payout.pk, reviewer=bob, verdict="deny", at=now + timedelta(seconds=1))
    client.force_login(alice)
    text = client.get("/?view=decided").text
    assert text.index(str(asked_payout.pk)) < text.index(str(asked.pk))
    assert "Approved</b> by bob" in text
    assert "Denied</b> by bob" in text


def test_the_pane_is_the_action_without_the_frame(client, asked, alice):
    client.force_login(alice)
    text = client.get(action_page(asked), headers={"HX-Request": "true", "HX-Target": "pane"}).text
    assert "<html" not in text
    assert 'hx-target="#pane"' in text
    assert "Open alone" in text


# ── Frame ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pages_carry_a_strict_policy_and_no_inline_code(page, asked, alice):
    answer = page(alice, action_page(asked))
    assert "script-src 'self' 'nonce-" in answer["Content-Security-Policy"]
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text
    assert "<script>" not in answer.text


def test_pages_are_never_kept_by_a_cache(page, asked, alice):
    assert "no-store" in page(alice, action_page(asked))["Cache-Control"]


def test_sampling_names_its_deprecation(page, alice, shop, now):
    publish(
        checkpoint="data", kind="sampling", pattern="*", need=1, deadline_seconds=600,
        roles={"approval": "payments-owner"}, at=now,
    )  # fmt: skip
    params = {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 5}
    asked = submit(
        shop, ask(kind="sampling", mcp={"method": "sampling/createMessage", "params": params}), at=now
    ).action
    text = page(alice, action_page(asked)).text
    assert "deprecated in MCP 2026-07-28" in text
    assert "1. Before the model" in text


def test_a_list_that_did_not_change_is_not_sent_again(client, many, alice, bob, now):
    client.force_login(alice)
    mark = client.get("/").text.partition('data-mark="')[2].partition('"')[0]
    headers = {"HX-Request": "true", "HX-Target": "rows"}
    assert client.get("/", {"mark": mark}, headers=headers).status_code == 204
    reviews.record(action_id=many[0].pk, reviewer=bob, verdict="approve", at=now)
    assert client.get("/", {"mark": mark}, headers=headers).status_code == 200


def _all_pages(client, address):
    """The ids of a list, page after page."""
    seen = []
    while address:
        text = client.get(address).text
        seen += [line.split('"')[0] for line in text.split('data-id="')[1:]]
        tail = text.partition('class="turner"><a href="')[2]
        address = "/" + tail.partition('"')[0].replace("&amp;", "&") if tail else ""
    return seen

"""The logging owners' digest says what was decided, by whom and how fast; the export has it all but the payloads."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import AsyncRequestFactory

from accounts import roles
from accounts.models import User
from approvals import redemption, reviews
from approvals.models import Action, Receipt
from approvals.queries import log as digest
from approvals.queries import records
from approvals.views import log as pages
from approvals.views import streaming
from approvals.wire import tables
from tests.asks import ask, identity, submit
from tests.publishing import publish

from .browsing import get

pytestmark = pytest.mark.django_db

HELD = {"approval": "payments-owner", "logging": "data-owner", "exceptions": "data-owner"}


@pytest.fixture
def noon(now):
    """Midday of yesterday, so that a day is a day whenever the tests run."""
    return now.replace(hour=12, minute=0, second=0) - timedelta(days=1)


@pytest.fixture
def logged(shop, alice, bob, carol, noon):
    """Refunds whose logging owner is carol."""
    return publish(checkpoint="shop/refund", pattern="refund", roles=HELD, deadline_seconds=86_400, at=noon)


def decided(shop, who, verdict, *, after, at, key, value=None):
    action = submit(shop, value, key=key, at=at).action
    reviews.record(action_id=action.pk, reviewer=who, verdict=verdict, at=at + timedelta(seconds=after))
    return action


@pytest.fixture
def busy(logged, shop, alice, bob, noon):
    """Four approved after 1 to 4 seconds, one of them failed; one denied; one still waits."""
    made = [decided(shop, alice, "approve", after=n, at=noon, key=f"a{n}") for n in range(1, 5)]
    decided(shop, bob, "deny", after=30, at=noon, key="d")
    submit(shop, key="w", at=noon)
    redemption.consume(action_id=made[0].pk, server=identity(shop), key="k", at=noon + timedelta(seconds=9))
    redemption.report(
        action_id=made[0].pk, server=identity(shop), status="failed", note="no", at=noon + timedelta(seconds=9)
    )
    return made


def exported(answer):
    return b"".join(answer.streaming_content).decode()


def test_the_digest_counts_what_was_asked_and_how_it_ended(client, busy, carol):
    text = get(client, carol, "/log/").text
    assert "6 asks." in text and "4 approved</b>" in text and "1 denied</b>" in text
    assert "1 failed</b> after approval" in text
    assert "<b>alice</b> said yes 4 times; <b>bob</b> said no 1 time." in text


def test_times_to_decide_are_by_nearest_rank(busy, carol, now):
    found = digest.read(user=carol, at=now)
    (period,) = [period for period in found.periods if period.decided]
    assert (period.median, period.p95) == (timedelta(seconds=3), timedelta(seconds=30))


def test_changes_of_rules_and_owners_are_told(client, busy, logged, shop, alice, carol, noon):
    publish(checkpoint="shop/refund", pattern="refund", roles=HELD, need=2, by=alice, at=noon + timedelta(hours=1))
    roles.give(role="payments-owner", user=carol, at=noon + timedelta(hours=2), until=noon + timedelta(hours=3))
    text = get(client, carol, "/log/").text
    assert "shop/refund: revision 2 published" in text and "by alice" in text
    assert "carol holds payments-owner" in text and "carol no longer holds payments-owner" in text


def test_what_passed_without_a_review_says_by_what(logged, carol, shop, noon, now):
    for number, reason in enumerate(("policy", "grant", "grant", "break_glass")):
        made = submit(shop, key=reason + str(number), at=noon).action
        Action.objects.filter(pk=made.pk).update(state="approved", reason=reason, settled_at=noon)
    found = digest.read(user=carol, at=now)
    (period,) = [period for period in found.periods if period.decided]
    assert period.basis == {"policy": 1, "grant": 2, "break_glass": 1} and period.median is None


def test_weeks_begin_on_monday_and_older_ones_are_a_page_away(client, busy, carol, now):
    found = digest.read(user=carol, by="week", at=now)
    assert len(found.periods) == 6 and all(period.starts.weekday() == 0 for period in found.periods)
    assert sum(period.decided["approved"] for period in found.periods) == 4
    assert digest.read(user=carol, until=found.periods[-1].starts.date(), at=now).periods[0].asks == 0
    assert found.older == ""


def test_the_digest_takes_a_fixed_number_of_queries(
    client, logged, shop, alice, carol, noon, django_assert_max_num_queries
):
    client.force_login(carol)
    for upto in (1, 4):
        for n in range(upto):
            decided(shop, alice, "approve", after=n, at=noon, key=f"{upto}-{n}")
        with django_assert_max_num_queries(15):
            client.get("/log/")


def test_only_who_holds_logging_sees_it(client, busy, alice, mallory):
    root = User.objects.create_superuser("root", password="root-password")
    for person in (alice, mallory, root):
        assert get(client, person, "/log/").status_code == 404
        assert get(client, person, "/log/export/").status_code == 404


def test_another_checkpoint_stays_unseen(client, busy, shop, alice, carol, noon):
    publish(checkpoint="shop/payout", pattern="payout", roles={"approval": "payments-owner"}, at=noon)
    decided(shop, alice, "approve", after=1, at=noon, key="p", value=ask(tool="payout"))
    assert "payout" not in exported(get(client, carol, "/log/export/"))
    assert get(client, carol, "/log/export/", checkpoint="shop/payout").status_code == 404


def test_the_export_has_digests_decision_reviewers_and_receipt(client, busy, logged, carol):
    table = list(csv.DictReader(io.StringIO(exported(get(client, carol, "/log/export/")))))
    assert len(table) == 5
    first = table[0]
    action = Action.objects.get(pk=first["id"])
    assert (first["digest"], first["context_digest"]) == (action.dig, action.context_dig)
    assert (first["decision"], first["basis"]) == ("approved", "review")
    assert first["reviewers"] == "alice approve as payments-owner"
    assert first["receipt_id"] == tables.harmless(Receipt.objects.get(pk=action.pk).jti)  # some begin with a minus
    assert (first["policy_digest"], first["outcome"]) == (logged.dig, "failed")
    assert [row["decided_at"] for row in table] == sorted(row["decided_at"] for row in table)


def test_the_export_never_carries_what_was_asked(client, logged, shop, bob, carol, noon):
    secret = ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": {"iban": "DE02-SECRET"}}})
    decided(shop, bob, "deny", after=1, at=noon, key="s", value=secret)
    for form in ("csv", "jsonl"):
        assert "SECRET" not in exported(get(client, carol, "/log/export/", format=form))


def test_json_lines_hold_one_record_a_line(client, busy, carol):
    answer = get(client, carol, "/log/export/", format="jsonl")
    assert answer["Content-Type"].startswith("application/jsonl") and "jsonl" in answer["Content-Disposition"]
    lines = [json.loads(line) for line in exported(answer).splitlines()]
    assert len(lines) == 5 and set(lines[0]) == set(records.HEADER)
    assert {line["consumed_at"] is None for line in lines} == {True, False}


def test_names_that_look_like_formulas_are_defused(client, shop, bob, carol, noon):
    publish(checkpoint="any", pattern="*", roles=HELD, at=noon)
    for number, name in enumerate(("=cmd()", "+1", "-2", "@sum", "\t=x", "＝1+1")):
        decided(shop, bob, "deny", after=1, at=noon, key=str(number), value=ask(tool=name))
    table = list(csv.DictReader(io.StringIO(exported(get(client, carol, "/log/export/")))))
    assert all(row["name"].startswith("'") for row in table) and len(table) == 6


def test_a_name_that_ends_lines_makes_no_line_of_its_own(client, shop, bob, carol, noon):
    publish(checkpoint="any", pattern="*", roles=HELD, at=noon)
    name = 'a\u2028{"decision": "approved"}\u2029\x85'
    decided(shop, bob, "deny", after=1, at=noon, key="k", value=ask(tool=name))
    text = exported(get(client, carol, "/log/export/", format="jsonl"))
    assert len(text.splitlines()) == 1 and json.loads(text)["name"] == name


def test_only_days_that_are_wanted_are_exported(client, busy, carol, noon):
    before = (noon - timedelta(days=1)).date().isoformat()
    answer = get(client, carol, "/log/export/", since=before, last=before)
    assert len(exported(answer).splitlines()) == 1


@pytest.mark.parametrize("query", ["until=rubbish", "until=9999-12-31", "until=0001-01-01", "by=x&until=%00"])
def test_senseless_addresses_are_harmless(client, logged, carol, query):
    client.force_login(carol)
    assert client.get(f"/log/?{query}").status_code == 200
    assert client.get(f"/log/export/?since=x&last={query}&format=exe").status_code == 200


def test_a_long_export_is_read_as_it_is_sent(busy, carol, noon, monkeypatch, django_assert_max_num_queries):
    """Two rows are wanted, so no more than the first two and their reviews are read."""
    monkeypatch.setattr(records, "CHUNK", 2)
    rows = records.table(digest.minded(carol, at=noon), since=noon, until=noon + timedelta(days=1))
    with django_assert_max_num_queries(2):
        assert len([next(rows) for _ in range(2)]) == 2


@pytest.mark.django_db(transaction=True)
async def test_under_asgi_lines_are_sent_in_turn_and_not_first_gathered(monkeypatch):
    monkeypatch.setattr(streaming, "AT_ONCE", 2)
    taken = []

    def lines():
        for number in range(5):
            taken.append(number)
            yield f"{number}\n"

    answer = streaming.as_file(AsyncRequestFactory().get("/"), lines(), name="x.csv", content_type="text/csv")
    parts = aiter(answer.streaming_content)
    assert (await anext(parts), taken) == (b"0\n1\n", [0, 1])
    assert [part async for part in parts] == [b"2\n3\n", b"4\n"] and pages

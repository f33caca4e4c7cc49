"""The pages without a script: what each person sees, and what becomes of what they send."""

from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse

from approvals import reviews
from approvals.models import Comment, Review
from approvals.views.actions import UNOPENED
from tests.asks import ask, submit

from .browsing import action_page, decide, get

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Ask for a page as somebody."""
    return partial(get, client)


# ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_is_sent_to_sign_in(client, asked):
    for address in ("/", action_page(asked), reverse("receipt", args=[asked.pk]), "/boundaries/", "/exceptions/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in/")


def test_an_owner_finds_the_ask_waiting(page, asked, alice):
    text = page(alice, "/").text
    assert "Waiting for you" in text
    assert f"row-{asked.pk}" in text
    assert "1 waiting · Placet" in text


@pytest.mark.parametrize("address", ["action", "receipt", "bytes"])
def test_what_is_not_yours_is_not_found(page, asked, carol, mallory, address):
    for person in (carol, mallory):
        assert page(person, reverse(address, args=[asked.pk])).status_code == 404
        assert str(asked.pk) not in page(person, "/").text


@pytest.mark.parametrize("door", ["decide", "comment"])
def test_nobody_acts_on_what_is_not_theirs(client, asked, carol, door):
    client.force_login(carol)
    sent = {"verdict": "approve", "seen": "x" * 43, "text": "hello"}
    assert client.post(reverse(door, args=[asked.pk]), sent).status_code == 404
    assert not Review.objects.exists()
    assert not Comment.objects.exists()


def test_a_superuser_is_no_reviewer(page, asked, alice, django_user_model):
    root = django_user_model.objects.create_superuser("root", password="root-password")
    assert page(root, action_page(asked)).status_code == 404


def test_who_holds_no_duty_is_told_so(page, mallory):
    assert "You hold no duty yet" in page(mallory, "/").text


def test_an_empty_inbox_says_so(page, refund, alice):
    assert "Nothing waits for you, and nothing for your roles: payments-owner." in page(alice, "/").text


# ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_approving_ends_in_a_receipt_on_the_page(client, asked, alice):
    answer = decide(client, alice, asked, "approve")
    assert answer.status_code == 302
    text = client.get(answer["Location"]).text
    assert "Your yes is recorded." in text
    assert "shop may run" in text
    asked.refresh_from_db()
    jws = bytes(asked.receipt.jws)
    assert jws.decode().split(".")[1] in text
    served = client.get(reverse("receipt", args=[asked.pk]))
    assert served.content == jws
    assert served["Content-Type"] == "application/jose"


def test_denying_sends_the_reason_to_the_server(client, asked, alice):
    decide(client, alice, asked, "deny", reason="the values are wrong", note="Slip R-771 says 42.")
    assert Review.objects.get().note == "the values are wrong: Slip R-771 says 42."
    asked.refresh_from_db()
    assert asked.state == "denied"


def test_denying_in_own_words_sends_only_them(client, asked, alice):
    decide(client, alice, asked, "deny", reason="own", note=" No. ")
    assert Review.objects.get().note == "No."


def test_a_yes_keeps_its_note_and_ignores_the_reasons(client, asked, alice):
    decide(client, alice, asked, "approve", reason="the values are wrong", note="x", remark="Checked the slip.")
    assert Review.objects.get().note == "Checked the slip."


def test_a_reload_after_deciding_decides_nothing_twice(client, asked, alice):
    answer = decide(client, alice, asked, "approve")
    for _ in range(2):
        assert client.get(answer["Location"]).status_code == 200
    assert Review.objects.count() == 1


def test_the_second_click_is_told_who_decided_and_when(client, asked, alice, bob, now):
    reviews.record(action_id=asked.pk, reviewer=bob, verdict="deny", note="wrong environment", at=now)
    answer = decide(client, alice, asked, "approve")
    text = client.get(answer["Location"]).text
    assert "You were not the first." in text
    assert "bob denied this" in text
    assert "wrong environment" in text
    assert "Your click changed nothing." in text


def test_saying_yes_twice_counts_once(client, asked_payout, alice):
    decide(client, alice, asked_payout, "approve")
    text = client.get(decide(client, alice, asked_payout, "approve")["Location"]).text
    assert "You have said yes to this already." in text
    assert Review.objects.count() == 1


def test_a_first_of_two_waits_and_says_so(client, asked_payout, alice, bob):
    text = client.get(decide(client, alice, asked_payout, "approve")["Location"]).text
    assert "It waits for 1 more." in text
    assert "You said yes at" in text
    client.force_login(bob)
    assert "yes 2 of 2" in client.get(action_page(asked_payout)).text


def test_a_stale_view_is_shown_what_stands_now(client, asked, alice):
    text = client.get(decide(client, alice, asked, "approve", seen="A" * 43)["Location"]).text
    assert "What you saw is not what would be signed." in text
    assert "Nothing was decided" in text
    assert not Review.objects.exists()


def test_ones_own_ask_is_left_to_others(client, refund, alice, bob, shop, now):
    own = submit(shop, ask(subject="alice"), at=now).action
    client.force_login(alice)
    text = client.get(action_page(own)).text
    assert "This happens on your behalf, so another owner has to decide it." in text
    assert 'value="approve"' not in text
    text = client.get(decide(client, alice, own, "approve")["Location"]).text
    assert "Nothing was decided." in text
    assert not Review.objects.exists()


def test_an_expired_ask_says_nobody_decided(client, refund, alice, bob, shop, now):
    old = submit(shop, at=now - timedelta(hours=1)).action
    text = client.get(decide(client, alice, old, "approve")["Location"]).text
    assert "The time was over" in text
    assert "nobody decided" in text
    assert 'class="time">Expired' in text


def test_a_note_too_long_comes_back_with_what_was_typed(client, asked, alice):
    answer = decide(client, alice, asked, "deny", reason="own", note="y" * 2001)
    assert answer.status_code == 422
    assert "Keep the reason under 400 characters." in answer.text
    assert "y" * 2001 in answer.text
    assert not Review.objects.exists()


def test_an_unknown_verdict_decides_nothing(client, asked, alice):
    assert decide(client, alice, asked, "maybe").status_code == 422
    assert not Review.objects.exists()


def test_a_form_without_its_token_is_refused(asked, alice):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(reverse("decide", args=[asked.pk]), {"verdict": "approve"}).status_code == 403
    assert not Review.objects.exists()


@pytest.mark.parametrize("door", ["decide", "comment"])
def test_no_address_changes_anything_by_being_visited(client, asked, alice, door):
    client.force_login(alice)
    assert client.get(reverse(door, args=[asked.pk]), {"verdict": "approve"}).status_code == 405


def test_deny_works_without_a_script(page, asked, alice):
    text = page(alice, action_page(asked), deny="1").text
    assert "Deny with this reason" in text
    assert 'value="approve"' not in text
    assert "the values are wrong" in text


# ── Large values ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def large(refund, alice, bob, shop, now):
    mcp = {"method": "tools/call", "params": {"name": "refund", "arguments": {"note": "line\n" * 40_000}}}
    return submit(shop, ask(mcp=mcp), at=now).action


def test_approve_waits_until_a_large_value_was_opened(page, large, alice):
    closed = page(alice, action_page(large))
    assert "Open 1 large value first" in closed.text
    assert len(closed.content) < 60_000
    opened = page(alice, action_page(large), open="/params/arguments/note")
    assert "large value first" not in opened.text
    assert opened.text.count("line<span") == 40_000 or opened.text.count("line\\n") == 40_000


def test_a_yes_to_what_was_not_opened_opens_it_instead(client, large, alice):
    answer = decide(client, alice, large, "approve")
    assert f"told={UNOPENED}" in answer["Location"]
    assert not Review.objects.exists()
    assert "Not everything was open." in client.get(answer["Location"]).text


def test_a_yes_to_what_was_opened_counts(client, large, alice):
    decide(client, alice, large, "approve", opened="/params/arguments/note")
    large.refresh_from_db()
    assert large.state == "approved"


def test_a_no_needs_nothing_opened(client, large, alice):
    decide(client, alice, large, "deny", reason="own")
    large.refresh_from_db()
    assert large.state == "denied"


def test_the_digested_bytes_can_be_had(page, asked, alice):
    answer = page(alice, reverse("bytes", args=[asked.pk]))
    assert answer.content == bytes(asked.body)
    assert answer["Content-Disposition"].startswith("attachment")


# ── Comments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_comment_stays_among_the_owners(client, asked, alice, bob):
    client.force_login(alice)
    client.post(reverse("comment", args=[asked.pk]), {"text": "Ask the warehouse <b>first</b>."})
    client.force_login(bob)
    text = client.get(action_page(asked)).text
    assert "Ask the warehouse &lt;b&gt;first&lt;/b&gt;." in text


@pytest.mark.parametrize(
    ("text", "words"), [("", "nothing written"), ("   ", "nothing written"), ("z" * 2001, "Keep a comment under")]
)
def test_a_comment_that_is_none_comes_back(client, asked, alice, text, words):
    client.force_login(alice)
    answer = client.post(reverse("comment", args=[asked.pk]), {"text": text})
    assert answer.status_code == 422
    assert words in answer.text
    assert not Comment.objects.exists()


# ── Known beside claimed ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_server_says_is_marked_as_its_words(page, refund, alice, bob, shop, now):
    claims = {"title": "Routine <i>refund</i>", "reasoning": "Trust me\u202e", "risk": "low"}
    action = submit(shop, ask(claims=claims), at=now).action
    text = page(alice, action_page(action)).text
    known, _, claimed = text.partition("Claimed by shop")
    assert "Not checked by Placet" in claimed
    assert "Routine &lt;i&gt;refund&lt;/i&gt;" in claimed
    assert "Routine" not in known
    assert "U+202E RIGHT-TO-LEFT OVERRIDE" in claimed
    assert "\u202e" not in text


def test_the_last_approved_call_stands_beside_this_one(client, refund, alice, bob, shop, now):
    first = submit(shop, at=now).action
    decide(client, alice, first, "approve")
    mcp = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A2", "amount": 4200}}}
    second = submit(shop, ask(mcp=mcp), key="k2", at=now + timedelta(seconds=1)).action
    text = client.get(action_page(second)).text
    assert "Last approved" in text
    assert "1 of 2 values changed" in text
    assert "1 approved, 0 denied" in text

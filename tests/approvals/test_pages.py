"""The pages without a script: what each person sees, and what becomes of what they send."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from approvals import policy, reviews, settlement
from approvals.models import Action, Comment, Review
from approvals.views import UNOPENED
from tests.asks import ask, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    """Ask for a page as somebody, or send a form as somebody: the text of the answer."""

    def get(who, address, **query):
        client.force_login(who)
        return client.get(address, query)

    return get


def action_page(action):
    return reverse("action", args=[action.pk])


def decide(client, who, action, verdict, *, seen=None, **more):
    client.force_login(who)
    seen = settlement.shown(action, policy=action.policy) if seen is None else seen
    return client.post(reverse("decide", args=[action.pk]), {"verdict": verdict, "seen": seen, **more})


# ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stranger_is_sent_to_sign_in(client, asked):
    for address in ("/", action_page(asked), reverse("receipt", args=[asked.pk]), "/gaps/"):
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
    assert "Keep the note under 2,000 characters." in answer.text
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
    assert len(text.encode()) < 32_000


def test_the_action_page_takes_a_fixed_number_of_queries(client, many, alice, django_assert_max_num_queries):
    client.force_login(alice)
    with django_assert_max_num_queries(16):
        client.get(action_page(many[0]))


def test_every_row_is_on_exactly_one_page(client, many, alice):
    client.force_login(alice)
    seen, address = [], "/?part=mine"
    while address:
        text = client.get(address).text
        seen += [line.split('"')[0] for line in text.split('data-id="')[1:]]
        tail = text.partition('class="turner"><a href="')[2]
        address = "/" + tail.partition('"')[0].replace("&amp;", "&") if tail else ""
    assert sorted(seen) == sorted(str(action.pk) for action in many)


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


# ── Gaps ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def staff(django_user_model):
    return django_user_model.objects.create_user("admin", password="admin-password", is_staff=True)


def test_gaps_are_grouped_with_count_and_next_step(page, shop, now, staff):
    for n in range(3):
        submit(shop, ask(tool="export_customers"), key=f"g{n}", at=now + timedelta(seconds=n))
    text = page(staff, "/gaps/").text
    assert "1 kind of ask has" in text
    assert "export_customers" in text
    assert "3 asks were denied and signed" in text
    assert "Publish a policy for it" in text


def test_a_checkpoint_without_an_owner_is_a_gap(page, refund, shop, now, staff):
    submit(shop, at=now)
    text = page(staff, "/gaps/").text
    assert "nobody who may decide holds payments-owner" in text
    assert "Give payments-owner to somebody" in text


def test_a_gap_that_was_closed_since_says_so(page, shop, alice, now, staff):
    submit(shop, at=now)
    policy.publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=60,
        roles={"approval": "payments-owner"}, at=now,
    )  # fmt: skip
    assert "Since then an owner was named." in page(staff, "/gaps/").text


def test_the_gaps_are_not_there_for_others(page, alice):
    assert page(alice, "/gaps/").status_code == 404
    assert "/gaps/" not in page(alice, "/").text


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
    policy.publish(
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
    assert Action.objects.get().kind == "sampling"


def test_a_list_that_did_not_change_is_not_sent_again(client, many, alice, bob, now):
    client.force_login(alice)
    mark = client.get("/").text.partition('data-mark="')[2].partition('"')[0]
    headers = {"HX-Request": "true", "HX-Target": "rows"}
    assert client.get("/", {"mark": mark}, headers=headers).status_code == 204
    reviews.record(action_id=many[0].pk, reviewer=bob, verdict="approve", at=now)
    assert client.get("/", {"mark": mark}, headers=headers).status_code == 200


def test_a_first_load_takes_at_most_60_kilobytes(client, many, alice):
    """Page, pane, styles and scripts as they travel: compressed, nothing in the browser's cache."""
    client.force_login(alice)
    answers = [client.get(address, headers={"Accept-Encoding": "gzip"}) for address in ("/", action_page(many[0]))]
    page = answers[0]
    files = [finders.find(f"css/{name}.css") for name in ("tokens", "base", "parts", "pages")]
    files += [finders.find("js/console.js"), finders.find("django_htmx/htmx-2.min.js"), finders.find("img/placet.svg")]
    assert page["Content-Encoding"] == "gzip"
    travels = sum(len(answer.content) for answer in answers) + sum(
        len(gzip.compress(Path(f).read_bytes())) for f in files
    )
    assert travels <= 60_000

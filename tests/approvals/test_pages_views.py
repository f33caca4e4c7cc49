"""What narrows a list, views that a person keeps, and asks that stand as one line."""

from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from approvals import keeping, reviews
from approvals.errors import ViewsFull
from approvals.models import SavedView
from approvals.queries.facets import Facets
from approvals.rules import rendering
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


def of(client, who, query=""):
    client.force_login(who)
    return client.get(f"/{query}").text


def rows(text):
    return text.count('data-id="')


# ── Facets ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_due_within_a_time_is_a_facet(client, refund, alice, bob, shop, now):
    publish(checkpoint="shop/slow", pattern="slow", deadline_seconds=7200, at=now)
    submit(shop, key="soon", at=now)
    submit(shop, ask(tool="slow"), key="later", at=now)
    assert rows(of(client, alice, "?due=hour")) == 1
    assert rows(of(client, alice, "?due=quarter")) == 1
    assert rows(of(client, alice, "?due=nonsense")) == 2


def test_a_flag_that_only_a_row_can_tell_is_looked_for_in_a_bounded_number(client, refund, alice, bob, shop, now):
    hidden = ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": {"to": "pay\u202eroll"}}})
    found = submit(shop, hidden, key="h", at=now).action
    for number in range(3):
        submit(shop, key=f"k{number}", at=now)
    text = of(client, alice, "?flag=hidden")
    assert rows(text) == 1 and str(found.pk) in text
    assert "Looked for in the" not in text
    for number in range(101):
        submit(shop, key=f"m{number}", at=now)
    assert "Looked for in the 100 that are due soonest" in of(client, alice, "?flag=hidden&part=mine")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=400))
def test_letters_of_a_typewriter_hide_nothing(written):
    """So a list need not lay out asks that are written in these alone."""
    assert rendering.alarms(rendering.render(written)) == 0


def test_first_seen_and_edited_are_answered_by_the_database(client, refund, alice, bob, shop, now):
    first = submit(shop, key="a", at=now).action
    later = submit(shop, key="b", at=now + timedelta(minutes=1)).action
    text = of(client, alice, "?flag=first")
    assert str(first.pk) in text and str(later.pk) not in text
    assert rows(of(client, alice, "?flag=edited")) == 0


# ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def keep(client, who, name, query):
    client.force_login(who)
    return client.post(reverse("view_save"), {"name": name, "query": query})


def test_a_view_is_kept_renamed_removed_and_put_back(client, refund, alice, bob, shop, now):
    answer = keep(client, alice, "Refunds, today", "?kind=tool_call&due=today&after=1~x&evil=1")
    assert answer["Location"] == "/?kind=tool_call&due=today"
    text = of(client, alice, "?kind=tool_call&due=today")
    assert 'data-view="1"' in text and "Refunds, today" in text and "Rename or remove" in text
    view = SavedView.objects.get()
    client.post(reverse("view_rename", args=[view.pk]), {"name": "Mine"})
    gone = client.post(reverse("view_remove", args=[view.pk]), follow=True).text
    assert "The view “Mine” was removed." in gone and 'data-view="1"' not in gone
    assert 'data-view="1"' in client.post(reverse("view_restore", args=[view.pk]), follow=True).text


def test_a_view_is_its_persons_alone(client, refund, alice, bob, shop, now):
    keep(client, alice, "Mine", "?part=mine")
    view = SavedView.objects.get()
    assert "data-view" not in of(client, bob)
    for name in ("view_rename", "view_remove", "view_restore"):
        assert client.post(reverse(name, args=[view.pk]), {"name": "His"}).status_code == 404
    assert SavedView.objects.get().name == "Mine"


def test_names_are_taken_once_and_views_have_a_bound(client, alice, now):
    keep(client, alice, "Mine", "?part=mine")
    assert "told=view_name_taken" in keep(client, alice, "Mine", "?part=roles")["Location"]
    assert "told=view_name_missing" in keep(client, alice, " \u202e", "?part=roles")["Location"]
    for number in range(19):
        keeping.save(person=alice, name=f"v{number}", query="", at=now)
    with pytest.raises(ViewsFull):
        keeping.save(person=alice, name="one too many", query="", at=now)
    assert "no room for more" in of(client, alice, "?told=views_full")


def test_a_double_click_does_it_once(client, alice, now):
    kept = [keep(client, alice, "Mine", "?part=mine")["Location"] for _ in range(2)]
    assert kept == ["/?part=mine"] * 2 and SavedView.objects.count() == 1
    for name, left in (("view_remove", 0), ("view_restore", 1)):
        address = reverse(name, args=[SavedView.objects.get().pk])
        assert [client.post(address).status_code for _ in range(2)] == [302, 302]
        assert SavedView.objects.filter(removed_at=None).count() == left


def test_a_view_is_kept_whole_however_much_its_address_says(client, alice, now):
    longest = {"q": "\U0001f600" * 120, "server": "\u4f60" * 64, "role": "\u4f60" * 150}
    more = {"view": "decided", "state": "approved", "since": "2026-01-01", "last": "2026-12-31", "part": "others"}
    here = Facets.read(longest | more | {"kind": "elicitation_form"}).lasting
    assert keep(client, alice, "Long", here)["Location"] == f"/{here}"
    view = SavedView.objects.get()
    view.clean_fields(exclude=["removed_at"])
    assert view.query == here


def test_what_was_removed_before_cannot_be_put_back(alice, now):
    first, second = (keeping.save(person=alice, name=name, query="", at=now) for name in ("a", "b"))
    keeping.remove(person=alice, view_id=first.pk, at=now)
    keeping.remove(person=alice, view_id=second.pk, at=now)
    assert keeping.removed(person=alice, view_id=first.pk) is None
    assert keeping.restore(person=alice, view_id=second.pk).name == "b"


# ── Groups ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_asks_of_one_session_stand_as_one_line(client, refund, alice, bob, shop, now):
    for number in range(3):
        submit(shop, ask(session="s1"), key=f"s{number}", at=now + timedelta(seconds=number))
    alone = submit(shop, key="alone", at=now).action
    text = of(client, alice)
    assert text.count('<details class="group"') == 1
    assert "<b>3</b> asks of <b>shop</b>, of one session" in text and "refund</bdi> ×3" in text
    assert str(alone.pk) in text.partition("</details>")[2] + text.partition("<details")[0]
    assert rows(text) == 4


def test_the_chosen_ask_is_not_folded_away(client, refund, alice, bob, shop, now):
    made = [submit(shop, ask(session="s1"), key=f"s{n}", at=now).action for n in range(2)]
    assert '" open>' in of(client, alice, f"?action={made[0].pk}").partition('<details class="group"')[2][:80]


def test_what_was_decided_stands_as_it_ended(client, refund, alice, bob, shop, now):
    for number in range(2):
        action = submit(shop, ask(session="s1"), key=f"s{number}", at=now).action
        reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    assert '<details class="group"' not in of(client, alice, "?view=decided")


# ── Empty states say why ─────────────────────────────────────────────────────────────────────────────────────────────


def test_an_empty_list_says_why_it_is_empty(client, refund, alice, bob, mallory, shop, now):
    assert "nothing for your roles: payments-owner" in of(client, alice)
    assert "You hold no duty yet" in of(client, mallory)
    assert "No action here has" in of(client, alice, "?q=nothing")
    assert "Nothing here is due by then." in of(client, alice, "?due=hour")
    assert "Nothing here fits." in of(client, alice, "?kind=sampling")

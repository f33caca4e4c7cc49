"""The frame of every page: each reader finds in the navigation what is theirs, and how much waits there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import absences, roles, times
from accounts.models import User
from approvals import changes, findings
from approvals.queries import answers, frame
from tests.publishing import publish

from . import answering
from .browsing import get

pytestmark = pytest.mark.django_db


def entries(client, who, address="/"):
    """The navigation: word -> what waits there, "" for nothing."""
    bar = get(client, who, address).text.partition('id="nav"')[2].partition("</nav>")[0]
    links = [part.partition("</a>")[0].partition(">")[2] for part in bar.split("<a ")[1:] if "handy" not in part[:15]]
    return {
        link.partition(" <b")[0]: link.partition('class="count">')[2].partition("<")[0] for link in links
    }  # fmt: skip


@pytest.fixture
def map_(alice, bob, carol, mallory, now):
    """Alice decides, carol looks after exceptions, bob after the log; ada and grace change the map."""
    roles.give(role="log-owner", user=bob, at=now)
    publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", at=now,
        roles={"approval": "payments-owner", "exceptions": "data-owner", "logging": "log-owner"},
    )  # fmt: skip
    return [User.objects.create_user(name, is_staff=True) for name in ("ada", "grace")]


def test_each_reader_finds_what_is_theirs(client, map_, alice, bob, carol, mallory):
    assert list(entries(client, mallory)) == ["Inbox", "Decided"]
    assert list(entries(client, alice)) == ["Inbox", "Decided", "Boundaries", "Insights"]
    assert list(entries(client, bob)) == ["Inbox", "Decided", "Boundaries", "Insights", "Log", "Ledger"]
    assert list(entries(client, carol)) == ["Inbox", "Decided", "Exceptions", "Boundaries", "Insights"]


def test_what_an_admin_needs_seldom_is_folded_away(client, map_, alice):
    everything = ["Inbox", "Decided", "Exceptions", "Boundaries", "Checkpoints", "Changes"]
    folded = ["Insights", "Ledger", "People", "Servers"]
    assert list(entries(client, map_[0])) == [*everything, *folded]
    bar = get(client, map_[0], "/").text.partition('id="nav"')[2].partition("</nav>")[0]
    sheaf = bar.partition("<summary")[2]
    assert "More" in sheaf and all(f">{word}</a>" in sheaf for word in folded) and "Checkpoints" not in sheaf
    assert "<summary" not in get(client, alice, "/").text.partition('id="nav"')[2].partition("</nav>")[0]


def test_a_folded_page_that_is_shown_is_named_in_the_bar(client, map_):
    bar = get(client, map_[0], "/people/").text.partition('id="nav"')[2].partition("</nav>")[0]
    assert bar.partition("<summary")[2].partition("</summary>")[0].count("People") == 1


def test_whoever_only_stands_in_finds_the_pages_of_the_duty(client, map_, alice, mallory, now):
    absences.declare(person=alice, delegates={"payments-owner": mallory}, until=now + timedelta(hours=1), at=now)
    assert list(entries(client, mallory)) == ["Inbox", "Decided", "Boundaries", "Insights"]
    for address in ("/boundaries/", "/insights/"):
        assert get(client, mallory, address).status_code == 200


def test_whoever_is_named_where_nobody_stands_in_finds_none(client, alice, mallory, now):
    publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", absence="none",
        roles={"approval": "payments-owner"}, at=now,
    )  # fmt: skip
    absences.declare(person=alice, delegates={"payments-owner": mallory}, until=now + timedelta(hours=1), at=now)
    assert list(entries(client, mallory)) == ["Inbox", "Decided"]


def test_counts_say_what_waits_for_this_reader(client, map_, refund, alice, carol, shop, now):
    ada, grace = map_
    checkpoint = refund.checkpoint_id
    noted = [findings.Noted(code="outcome_failed", checkpoint_id=checkpoint, about=str(n)) for n in range(2)]
    findings.record([*noted, findings.Noted(code="no_checkpoint", server_id=shop.pk, about="x")], at=now)
    document = {"role": "night", "members": [{"person": "alice"}]}
    changes.propose(author=ada, about="role", subject="night", proposed=document, at=now)
    for who in (ada, grace, alice, carol):
        seen = findings.seen_by(who, at=timezone.now()).filter(resolved_at=None).count()
        assert entries(client, who).get("Exceptions", "") == (str(seen) if seen else "")
    assert (entries(client, ada)["Changes"], entries(client, grace)["Changes"]) == ("", "1")


def test_questions_are_counted_as_their_page_lists_them(alice, bob, shop, now):
    dana = User.objects.create_user("dana", email="dana@example.org")
    answering.checkpoints(at=now)
    answering.released(shop, alice, answering.form(subject="user:Dana"), at=now)
    for who, count in ((dana, 1), (alice, 0)):
        assert frame.read(user=who, at=now).answers == len(answers.waiting(user=who, at=now)) == count


def test_the_page_that_is_shown_is_marked(client, map_, alice):
    for address, word in (("/people/alice/", "People"), ("/roles/payments-owner/", "People"), ("/servers/", "Servers")):
        bar = get(client, map_[0], address).text.partition('id="nav"')[2].partition("</nav>")[0]
        assert bar.count("aria-current") == 1 + (word in ("People", "Servers"))  # folded away, and in a phone's menu
        assert f'aria-current="page">{word}' in bar


def test_an_absence_is_told_until_its_end_and_no_longer(client, alice, now):
    absences.declare(person=alice, delegates={}, until=now + timedelta(hours=1), at=now)
    assert frame.read(user=alice, at=now).until == now + timedelta(hours=1)
    assert frame.read(user=alice, at=now + timedelta(hours=1)).absence is None
    assert "You are away until" in get(client, alice, "/").text


def test_moments_are_said_as_a_calendar_says_them(now):
    noon = now.replace(month=11, day=23, hour=12, minute=0, year=2026)
    assert times.when(noon + timedelta(hours=6), at=noon) == "18:00 today"
    assert times.when(noon + timedelta(days=4), at=noon) == "Fri 27 Nov, 12:00"
    assert times.when(noon + timedelta(days=60), at=noon) == "Fri 22 Jan 2027, 12:00"

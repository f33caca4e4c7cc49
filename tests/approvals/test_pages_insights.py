"""Insights tell over weeks how asks ended and how long people took, to whoever holds a duty there, and nobody else."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import absences, preferences
from accounts.models import User
from approvals import reviews, tallying
from approvals.models import Action, Checkpoint, TalliedDay
from approvals.queries import insights
from approvals.rules import charts
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import get

pytestmark = pytest.mark.django_db


def decided(shop, who, verdict, *, after, at, key, tool="refund"):
    action = submit(shop, ask(tool=tool), key=key, at=at).action
    reviews.record(action_id=action.pk, reviewer=who, verdict=verdict, at=at + timedelta(seconds=after))
    return action


@pytest.fixture
def weeks(refund, shop, alice, bob, carol, now):
    """Two weeks ago three approved after 10, 20 and 300 s, one denied, one expired unheard; now one was asked."""
    then = now - timedelta(weeks=2)
    for key, after in (("a", 10), ("b", 20), ("c", 300)):
        decided(shop, alice, "approve", after=after, at=then, key=key)
    decided(shop, bob, "deny", after=40, at=then, key="d")
    gone = submit(shop, key="e", at=then).action
    Action.objects.filter(pk=gone.pk).update(state="expired", settled_at=gone.deadline_at)
    submit(shop, key="f", at=now)
    while tallying.run(at=timezone.now()):
        pass


def read(who, **said):
    return insights.read(user=who, wanted=insights.Wanted.read(said), at=timezone.now())


def test_weeks_tell_how_asks_ended_and_how_long_people_took(weeks, alice):
    found = read(alice)
    assert (found.whole.asked, found.whole.decided, found.whole.unheard) == (6, 5, 1)
    assert found.whole.states == [3, 1, 1, 0]
    assert (found.whole.took.median, found.whole.took.p90) == (20, 300)  # by nearest rank, of four
    (place,) = found.places
    assert (place.name, place.approved, place.median, place.p90) == ("shop/refund", 3, 20, 300)
    assert found.people == [("alice", 3), ("bob", 1)]
    assert [week.decided for week in found.weeks if week.decided] == [5] and len(found.weeks) == 12


def test_the_page_says_it_in_a_sentence_a_picture_and_a_table(client, weeks, alice):
    page = get(client, alice, "/insights/").text
    assert "In 12 weeks <b>5 asks</b> ended" in page and "<b>20 s</b>" in page
    assert page.count('role="img"') == 6 and "3 approved, 1 denied, 1 expired in all" in page
    assert "1 of 1 that expired did so unheard" in page


def test_pictures_are_drawn_in_numbers_that_a_browser_reads_whatever_the_language(client, weeks, alice):
    preferences.keep(person=alice, language="de")
    page = get(client, alice, "/insights/").text
    drawn = " ".join(re.findall(r"<svg class=\"chart.*?</svg>", page, re.DOTALL))
    assert drawn and not re.search(r' (?:d|x|y|cx|cy|width|height)="[^"]*,[^"]*"', drawn)


def test_whoever_holds_no_duty_finds_nothing(client, weeks, mallory, carol):
    for who in (mallory, carol):
        assert get(client, who, "/insights/").status_code == 404


def test_another_checkpoint_stays_unseen(client, weeks, shop, alice, carol, now):
    publish(checkpoint="data/export", pattern="export", roles={"approval": "data-owner"}, at=now - timedelta(weeks=2))
    decided(shop, carol, "approve", after=5, at=now - timedelta(days=8), key="x", tool="export")
    day = (now - timedelta(days=8)).date()
    TalliedDay.objects.filter(day=day).delete()
    assert tallying._count(day, at=timezone.now())
    assert (read(alice).whole.decided, read(carol).whole.decided) == (5, 1)
    theirs = Checkpoint.objects.get(name="data/export").pk
    assert get(client, alice, "/insights/", checkpoint=theirs).status_code == 404
    assert "data/export" not in get(client, alice, "/insights/").text


def test_an_admin_sees_the_counts_of_all_checkpoints(client, weeks, admin):
    assert "All checkpoints, in numbers" in get(client, admin, "/insights/").text
    assert read(admin).whole.decided == 5


def test_a_superuser_alone_sees_nothing(client, weeks):
    root = User.objects.create(username="root", is_superuser=True)
    assert get(client, root, "/insights/").status_code == 404


def test_whoever_stands_in_sees_what_they_may_decide(weeks, alice, mallory, now):
    absences.declare(person=alice, delegates={"payments-owner": mallory}, until=now + timedelta(hours=1), at=now)
    assert read(mallory).whole.decided == 5


def test_one_checkpoint_is_shown_alone(client, weeks, alice, refund):
    page = get(client, alice, "/insights/", checkpoint=refund.checkpoint_id).text
    assert "At <b>shop/refund</b>" in page and "Most asked" not in page


@pytest.mark.parametrize("query", [{"weeks": "9999"}, {"checkpoint": "x"}, {"sort": "drop"}, {"weeks": "\0"}])
def test_senseless_addresses_are_harmless(client, weeks, alice, query):
    assert get(client, alice, "/insights/", **query).status_code == 200


@pytest.mark.parametrize("sort", insights.SORTS)
def test_the_page_takes_at_most_eight_queries(client, weeks, alice, sort, django_assert_max_num_queries):
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        assert client.get("/insights/", {"sort": sort}).status_code == 200


def test_before_anything_is_counted_the_page_says_so(client, refund, alice):
    assert "not counted yet" in get(client, alice, "/insights/").text


def test_what_was_never_denied_is_said_only_of_what_is_many():
    many = insights.Place(1, "a", 20, 20, 0, 0, 0, 20, 1, 1)
    few = insights.Place(1, "a", 19, 19, 0, 0, 0, 19, 1, 1)
    assert many.never_denied and not few.never_denied


def test_columns_stand_on_the_foot_and_end_at_the_scale():
    chart = charts.columns([[5, 5, 0], [0, 0, 0]], manners="abc", labels=["1", "2"], width=charts.WIDE)
    assert chart.scale[0].words == "0" and chart.scale[-1].words == "10"
    assert [bar.manner for bar in chart.bars] == ["a", "b"]
    assert chart.bars[0].y + chart.bars[0].height == chart.foot and chart.bars[1].y == charts.TOP


def test_lengths_of_time_stand_by_powers_and_break_off_where_none_are():
    chart = charts.lasting([(1, 3600), (None, None), (60, 60)], manners="hm", labels="abc", width=charts.NARROW)
    half, most = chart.lines
    assert half.path.count("M") == 2 and len(half.dots) == 2
    assert half.dots[0].y == chart.foot and most.dots[0].y < half.dots[1].y < half.dots[0].y


def test_a_chart_of_nothing_is_a_scale():
    for chart in (
        charts.columns([], manners=(), labels=(), width=charts.WIDE),
        charts.lasting([(None, None)], manners="hm", labels=["a"], width=charts.WIDE),
    ):
        assert chart.scale and not chart.bars and not any(line.dots for line in chart.lines)

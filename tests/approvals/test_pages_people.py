"""People, roles and absences as their pages show them, and what the pages propose."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import absences
from accounts.models import Absence, Delegation, Membership, User
from approvals import changes, reviews
from approvals.models import Assignment, Change, Entry
from tests.asks import submit

from .browsing import get, post, words

pytestmark = pytest.mark.django_db
ROLE = "/roles/payments-owner/"


def typed(moment):
    return moment.strftime("%Y-%m-%dT%H:%M")


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_says_who_holds_what_who_is_away_and_what_waits(client, admin, asked, alice, bob, carol):
    now = timezone.now()
    absences.declare(person=carol, delegates={"data-owner": bob}, until=now + timedelta(days=2), at=now)
    text = get(client, admin, "/people/").text
    row = text.partition(">carol<")[2].partition("</tr>")[0]
    assert "away until" in row and "bob" in row
    assert "<b>1</b>" in text.partition(">alice<")[2].partition("</tr>")[0]
    reviews.record(action_id=asked.pk, reviewer=alice, verdict="deny", note="no", at=now)
    assert "<b>1</b>" not in get(client, admin, "/people/").text.partition(">alice<")[2].partition("</tr>")[0]


def test_everybody_is_on_exactly_one_page_in_a_fixed_number_of_queries(
    client, admin, alice, django_assert_max_num_queries
):
    User.objects.bulk_create(User(username=f"p{n:03}") for n in range(120))
    client.force_login(admin)
    seen, address = [], "/people/"
    while address:
        with django_assert_max_num_queries(12):
            text = client.get(address).text
        seen += [part.partition("/")[0] for part in text.split('<th scope="row"><a href="/people/')[1:]]
        tail = text.partition('">Next page')
        address = "/people/" + tail[0].rpartition('href="')[2].replace("&amp;", "&") if tail[1] else ""
    assert len(seen) == len(set(seen)) == 122


def test_people_are_found_by_name_and_by_role(client, admin, alice, carol):
    assert ">alice<" in get(client, admin, "/people/", q="payments").text
    assert ">carol<" not in get(client, admin, "/people/", q="payments").text
    assert "Nobody here fits." in get(client, admin, "/people/", q="zzz\0").text
    assert "Everybody is here." in get(client, admin, "/people/", show="away").text


def test_roles_say_who_holds_them_and_how_many_rules_name_them(client, admin, refund, payout, alice):
    row = get(client, admin, "/people/", show="roles").text.partition("payments-owner")[2].partition("</tr>")[0]
    assert ">alice<" in row and ">2<" in row


def test_a_person_says_what_they_can_approve_also_standing_in(client, admin, refund, alice, carol, now):
    absences.declare(person=alice, delegates={"payments-owner": carol}, at=now)
    text = get(client, admin, "/people/carol/").text
    assert "shop/refund" in text and "standing in for" in text
    assert "away now" in get(client, admin, "/people/alice/").text


@pytest.mark.parametrize("address", ["/people/", "/people/alice/", ROLE])
def test_whoever_holds_a_duty_reads_and_a_stranger_to_the_map_finds_nothing(client, refund, alice, mallory, address):
    assert get(client, alice, address).status_code == 200
    assert get(client, mallory, address).status_code == 404
    assert 'method="post" class="fields' not in get(client, alice, ROLE).text


def test_who_held_a_role_at_a_moment_is_exact(client, admin, alice, bob, now):
    Membership.objects.filter(person=bob).update(starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=5))

    def held(days):
        told = words(get(client, admin, ROLE, at=typed(now - timedelta(days=days))))
        return told.partition('class="found-then"')[2].partition("</p>")[0]

    assert "<b>alice</b>, <b>bob</b>." in held(6)
    assert "<b>alice</b>." in held(4)
    assert "<b>nobody</b>" in held(400)
    assert "Write a day and a time" in get(client, admin, ROLE, at="yesterday").text


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_a_moment_outside_of_the_calendar_is_none_wherever_one_is_asked_for(client, admin, refund, alice, moment):
    client.force_login(admin)
    said = {"at": moment, "moment": moment, "then": moment}
    for address in (ROLE, "/boundaries/", "/boundaries/map.csv", f"/checkpoints/{refund.checkpoint_id}/"):
        assert client.get(address, said).status_code in (200, 422), address
    assert post(client, admin, ROLE, person="alice", until=moment).status_code == 422
    file = f"placet: 1\nroles:\n  x: [{{person: alice, until: '{moment}'}}]\n"
    assert "moment as 2026-11-27T18:00:00Z" in post(client, admin, "/map/", text=file).text


def test_a_role_says_where_nobody_may_leave(client, admin, refund, payout, alice, bob):
    text = get(client, admin, ROLE).text
    assert "One checkpoint needs" in text and "1 to spare" in text


# ── Proposing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_member_is_added_by_two_admins(client, admin, second, alice, mallory):
    said = {"form": "join", "person": "mallory", "until": typed(timezone.now() + timedelta(days=9))}
    shown = post(client, admin, ROLE, **said)
    assert "mallory" in shown.text and "Another admin has to confirm it." in shown.text
    assert not Change.objects.exists()
    post(client, admin, ROLE, **said, do="propose", note="night shift")
    change = Change.objects.get()
    assert (change.about, change.subject, change.note, change.state) == (
        "role", "payments-owner", "night shift", "proposed",
    )  # fmt: skip
    assert not Membership.objects.filter(person=mallory).exists()
    changes.confirm(change_id=change.pk, by=second, at=timezone.now())
    assert Membership.objects.get(person=mallory).ends_at is not None
    assert Membership.objects.filter(person=alice, ends_at=None).exists()


def test_a_membership_ends_at_a_moment_or_at_once(client, admin, refund, alice, bob):
    held = Membership.objects.get(person=bob)
    told = post(client, admin, ROLE, form="leave", membership=held.pk)
    assert "bob holds payments-owner no longer" in words(told)
    until = timezone.now().replace(second=0, microsecond=0) + timedelta(days=3)
    told = words(post(client, admin, ROLE, form="leave", membership=held.pk, until=typed(until)))
    assert f"bob holds payments-owner until {until.day} {until:%b %Y, %H:%M} UTC" in told
    assert "from now on" not in told
    post(client, admin, ROLE, form="leave", membership=held.pk, until=typed(until), do="propose")
    held.refresh_from_db()
    assert held.ends_at == until
    post(client, admin, ROLE, form="leave", membership=held.pk, do="propose")
    held.refresh_from_db()
    assert held.ends_at <= timezone.now()


def test_what_would_become_impossible_is_said_before(client, admin, payout, alice, bob):
    held = Membership.objects.get(person=bob)
    assert "shop/payout could not be approved any more" in words(
        post(client, admin, ROLE, form="leave", membership=held.pk)
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"form": "join", "person": "nobody"}, "Nobody here is called nobody"),
        ({"form": "join", "person": ""}, "Say who."),
        ({"form": "join", "person": "mallory", "until": "soon"}, "Write a day and a time"),
        ({"form": "leave", "membership": 2**40}, "Nobody holds it in that window any more"),
        ({"form": "join", "person": "mallory", "until": "2020-01-01T10:00", "starts": "2021-01-01T10:00"}, "after"),
    ],
)
def test_a_wrong_proposal_is_refused_with_its_reason(client, admin, alice, mallory, said, reason):
    answer = post(client, admin, ROLE, **said, do="propose")
    assert answer.status_code == 422 and reason in answer.text
    assert not Change.objects.exists()


def test_nobody_but_an_admin_proposes(client, refund, alice, mallory):
    assert post(client, alice, ROLE, form="join", person="mallory", do="propose").status_code == 404
    assert post(client, alice, "/people/mallory/admin/", admin="yes", do="propose").status_code == 404
    assert get(client, alice, "/roles/a-new-one/").status_code == 404
    assert not Change.objects.exists()


def test_a_new_role_is_made_by_its_first_member(client, admin, mallory):
    assert client.get(get(client, admin, "/roles/", name="night watch")["Location"]).status_code == 200
    post(client, admin, reverse("role", args=["night watch"]), form="join", person="mallory", do="propose")
    assert [held.role.name for held in Membership.objects.filter(person=mallory).select_related("role")] == [
        "night watch"
    ]  # fmt: skip


def test_an_admin_is_made_by_two_admins(client, admin, second, mallory):
    assert "mallory becomes an admin" in words(post(client, admin, "/people/mallory/admin/", admin="yes"))
    post(client, admin, "/people/mallory/admin/", admin="yes", do="propose")
    changes.confirm(change_id=Change.objects.get().pk, by=second, at=timezone.now())
    assert User.objects.get(username="mallory").is_staff


def test_the_last_admin_stays_one(client, admin):
    answer = post(client, admin, "/people/admin/admin/", admin="no", do="propose")
    assert answer.status_code == 422 and "Make another one first" in answer.text


# ── Away ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_while_alice_is_away_her_asks_go_to_who_stands_in(client, refund, alice, carol, shop):
    post(client, alice, "/away/", length="monday", **{"delegate-0": "", "other-0": "carol"}, note="Leave")
    absence = Absence.objects.get(person=alice)
    assert absence.ends_at.weekday() == 0 and absence.created_by == alice
    assert Entry.objects.filter(event="absence.declared", actor="user:alice").exists()
    asked = submit(shop, at=timezone.now()).action
    named = Assignment.objects.get(action=asked)
    assert (named.owner, named.on_behalf_of) == (carol, alice)
    text = get(client, alice, "/away/").text
    assert "whose yes counts as yours" in text
    assert "You are away until" in get(client, alice, "/").text


def test_what_waited_already_is_found_by_who_stands_in(client, asked, alice, bob, carol):
    assert str(asked.pk) not in get(client, carol, "/").text
    post(client, alice, "/away/", length="open", **{"other-0": "carol"})
    assert str(asked.pk) in get(client, carol, "/").text


def test_being_back_is_one_press_on_any_page(client, alice, bob):
    post(client, alice, "/away/", length="open")
    absence = Absence.objects.get()
    assert f'name="absence" value="{absence.pk}"' in get(client, alice, "/").text
    assert post(client, bob, "/away/end/", absence=absence.pk).status_code == 404
    post(client, alice, "/away/end/", absence=absence.pk)
    assert "I am back" not in get(client, alice, "/").text
    assert post(client, alice, "/away/end/", absence=absence.pk).status_code == 302
    assert [e.event for e in Entry.objects.filter(event__startswith="absence")] == ["absence.declared", "absence.ended"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"length": "date"}, "Say until when."),
        ({"length": "date", "until": "2020-01-01T10:00"}, "end"),
        ({"length": "today", "other-0": "nobody"}, "Nobody here is called nobody"),
        ({"length": "today", "other-0": "a\0b"}, "Nobody here is called"),
        ({"length": "monday", "starts": "2099-01-01T10:00"}, "needs its end"),
        ({"length": "today", "delegate-0": "alice"}, "Nobody stands in for themselves"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused_with_its_reason(client, alice, said, reason):
    answer = post(client, alice, "/away/", **said)
    assert answer.status_code == 422 and reason in answer.text
    assert not Absence.objects.exists()


def test_somebody_away_as_well_is_said_to_be(client, alice, bob, now):
    absences.declare(person=bob, delegates={}, at=now)
    assert "bob, away as well" in get(client, alice, "/away/").text
    post(client, alice, "/away/", length="open", **{"delegate-0": "bob"})
    assert Delegation.objects.get().delegate == bob
    assert "Nobody is asked as" in get(client, alice, "/away/").text


def test_who_holds_no_role_cannot_be_away(client, mallory):
    assert get(client, mallory, "/away/").status_code == 404
    assert post(client, mallory, "/away/", length="open").status_code == 404
    assert "Out of office" not in get(client, mallory, "/").text


@pytest.mark.parametrize(
    "address", ["/people/%00/", "/roles/%00/", "/roles/?name=%00", "/people/?after=%00", "/people/?show=x"]
)
def test_senseless_addresses_of_people_are_harmless(client, admin, address):
    client.force_login(admin)
    assert client.get(address).status_code in (200, 302, 400, 404)

"""Where somebody is signed in: listed, ended, and told when it is somewhere new."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client

from accounts import browsers, notices, signins
from accounts.models import Notice, Session, SignIn, User

from .signing import FIREFOX, IPHONE, browser, is_in

pytestmark = pytest.mark.django_db


def test_browsers_are_named_as_their_owners_know_them():
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0"
    assert [browsers.in_words(header) for header in (FIREFOX, IPHONE, edge, "", "<script>")] == [
        "Firefox on Linux", "Safari on iPhone", "Edge on Windows", "a browser", "a browser",
    ]  # fmt: skip


def test_own_sign_ins_are_listed_with_this_one_marked(alice, bob):
    browser(agent=IPHONE, address="198.51.100.3")
    browser("bob", address="203.0.113.9")
    page = browser().get("/you/").text
    assert "Firefox on Linux" in page and "Safari on iPhone" in page and page.count("this one") == 1
    assert "198.51.100.3" in page and "203.0.113.9" not in page


def test_one_ended_opens_nothing_any_more(alice):
    phone, desk = browser(agent=IPHONE), browser()
    one = SignIn.objects.get(browser="Safari on iPhone")
    desk.post(f"/you/sign-ins/{one.pk}/end/")
    one.refresh_from_db()
    assert not is_in(phone) and is_in(desk) and (one.ended_at and one.ended_by == alice)


def test_nobody_ends_a_sign_in_of_somebody_else(alice, bob):
    hers = browser()
    browser("bob").post(f"/you/sign-ins/{SignIn.objects.get(person=alice).pk}/end/")
    assert is_in(hers) and SignIn.objects.get(person=alice).ended_at is None


def test_all_others_end_and_this_goes_on(alice, bob):
    others, bobs, this = [browser(), browser()], browser("bob"), browser()
    this.post("/you/sign-ins/end/")
    assert [is_in(each) for each in (*others, bobs, this)] == [False, False, True, True]


def test_an_ended_session_is_not_brought_back_by_a_page_still_under_way(alice):
    client = browser()
    session = client.session
    assert session["_auth_user_id"] == str(alice.pk)
    signins.end_all(person=alice, by=alice, at=datetime.now(UTC))
    session["late"] = True
    with pytest.raises(UpdateError):
        session.save()
    assert not Session.objects.exists()


def test_an_admin_ends_all_at_once_and_on_record(client, alice, mallory, admin):
    from approvals.models import Entry

    hers = browser()
    client.force_login(mallory)
    assert client.post("/people/alice/sign-ins/").status_code == 404 and is_in(hers)
    client.force_login(admin)
    assert client.post("/people/alice/sign-ins/")["Location"] == "/people/alice/"
    assert not is_in(hers) and Entry.objects.filter(event="person.signed_out", actor="user:admin").count() == 1
    assert Notice.objects.get(person=alice).code == "signed_out"


def test_who_loses_access_stays_out_when_let_in_again(client, mallory, admin):
    from django.contrib.auth.models import Permission

    theirs = browser("mallory")
    admin.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client.force_login(admin)
    for active in ("", "on"):
        client.post(f"/admin/accounts/user/{mallory.pk}/change/", {"is_active": active})
    assert User.objects.get(pk=mallory.pk).is_active and not is_in(theirs)


def test_signing_out_is_written_down(alice):
    client = browser()
    client.post("/sign-out/")
    assert SignIn.objects.get().ended_by == alice and not Session.objects.filter(person=alice).exists()


def test_a_new_address_or_browser_is_told_and_a_known_one_is_not(alice):
    browser()
    browser()
    assert not Notice.objects.exists(), "the first place is no news, nor the same again"
    browser(address="198.51.100.3")
    browser(agent=IPHONE)
    assert [notice.code for notice in notices.latest(person=alice)] == ["new_place", "new_place"]
    assert "Safari on iPhone" in notices.latest(person=alice)[0].text


def test_a_network_that_changes_its_last_half_every_hour_is_one_place(alice):
    browser(address="2001:db8:1:2:aaaa::1")
    browser(address="2001:db8:1:2:bbbb::2")
    assert not Notice.objects.exists()
    browser(address="2001:db8:1:3::1")
    assert Notice.objects.count() == 1


def test_many_wrong_passwords_are_told_once(alice, mallory):
    for _ in range(8):
        Client(REMOTE_ADDR="192.0.2.66").post("/sign-in/", {"login": "Alice", "password": "wrong"})
    assert [notice.code for notice in Notice.objects.all()] == ["failed_sign_ins"]


def test_when_somebody_was_here_is_written_every_five_minutes_at_most(alice, django_assert_num_queries):
    browser()
    sign_in, at = SignIn.objects.get(), datetime.now(UTC)
    signins._touched.clear()
    signins.touch(sign_in.pk, at=at + timedelta(minutes=6))
    with django_assert_num_queries(0):
        signins.touch(sign_in.pk, at=at + timedelta(minutes=10))
    sign_in.refresh_from_db()
    assert sign_in.seen_at == at + timedelta(minutes=6)


def test_a_notice_is_counted_until_it_is_read(alice, now):
    client = browser()
    told = notices.tell(person=alice, code="test", text="Something <b>happened</b>.", at=now)
    page = client.get("/you/").text
    assert "unread notices" in page and "Something &lt;b&gt;happened&lt;/b&gt;." in page
    later = notices.tell(person=alice, code="test", text="Something else.", at=now)
    client.post("/you/notices/", {"upto": told.pk})
    told.refresh_from_db()
    later.refresh_from_db()
    assert told.read_at and later.read_at is None
    client.post("/you/notices/", {"upto": "99" * 30})
    assert Notice.objects.filter(read_at=None).count() == 1


def test_sessions_that_ran_out_are_forgotten(alice):
    browser()
    assert signins.sweep(at=datetime.now(UTC)) == 0
    assert signins.sweep(at=datetime.now(UTC) + timedelta(hours=13)) == 1 and SignIn.objects.count() == 1

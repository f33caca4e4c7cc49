"""Notices by mail, to a real mail host on this machine."""

from datetime import timedelta

import pytest
from django.conf import settings as real

from accounts import mail, notices
from accounts.models import Notice, User
from config import mails

from . import mailbox

pytestmark = pytest.mark.django_db
TEXT = "Your password was changed."


@pytest.fixture
def box(settings):
    with mailbox.opened() as made:
        settings.MAILERS = {"default": mails.parse(f"smtp://127.0.0.1:{made.port}")}
        settings.MAIL_FROM = "placet@example.org"
        yield made


@pytest.fixture
def dana(db):
    return User.objects.create_user("dana", email="dana@example.org")


def test_a_notice_is_mailed_once(box, dana, now):
    notices.tell(person=dana, code="password_changed", text=TEXT, at=now)
    assert (mail.send_owed(at=now), mail.send_owed(at=now + timedelta(days=1))) == (1, 0)
    (letter,) = box.letters
    assert (letter["To"], letter["From"]) == ("dana@example.org", "placet@example.org")
    assert TEXT in letter.get_content() and f"{real.PUBLIC_URL}/you/" in letter.get_content()


def test_a_host_that_says_no_is_asked_again_later_and_not_for_ever(box, dana, now):
    box.refusing = True
    notices.tell(person=dana, code="password_changed", text=TEXT, at=now)
    assert mail.send_owed(at=now) == 0 and mail.send_owed(at=now + timedelta(seconds=30)) == 0
    assert Notice.objects.get().mail_tries == 1
    for day in range(1, 9):
        mail.send_owed(at=now + timedelta(days=day))
    notice = Notice.objects.get()
    assert (notice.mail_tries, notice.mail_due_at) == (6, None) and notice.read_at is None
    box.refusing = False
    assert mail.send_owed(at=now + timedelta(days=20)) == 0 and not box.letters


def test_a_host_that_is_away_costs_nothing_but_time(settings, dana, now):
    settings.MAILERS = {"default": mails.parse("smtp://127.0.0.1:1")}
    notices.tell(person=dana, code="password_changed", text=TEXT, at=now)
    assert mail.send_owed(at=now) == 0 and Notice.objects.get().mail_due_at > now


def test_what_another_worker_holds_is_not_mailed_twice(box, dana, now):
    notices.tell(person=dana, code="password_changed", text=TEXT, at=now)
    stale = Notice.objects.select_related("person").get()
    assert mail._send(stale, at=now) and not mail._send(stale, at=now) and len(box.letters) == 1


def test_without_an_address_or_a_host_nothing_is_owed(box, settings, alice, dana, now):
    assert notices.tell(person=alice, code="x", text=TEXT, at=now).mail_due_at is None
    settings.MAILERS = {}
    assert notices.tell(person=dana, code="x", text=TEXT, at=now).mail_due_at is None


def test_a_name_with_a_line_in_it_makes_no_second_header(box, dana, now):
    User.objects.filter(pk=dana.pk).update(email="dana@example.org\nBcc: everybody@example.org")
    dana.refresh_from_db()
    notices.tell(person=dana, code="x", text=TEXT, at=now)
    mail.send_owed(at=now)
    assert not box.letters and Notice.objects.get().mail_tries == 1


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://localhost", {"port": 25}),
        ("smtps://me:s%40cret@mail.example.org", {"port": 465, "use_ssl": True, "password": "s@cret"}),
        ("smtp+tls://me@mail.example.org:2525", {"port": 2525, "use_tls": True}),
    ],
)
def test_the_mail_host_is_named_by_one_url(url, options):
    assert options.items() <= mails.parse(url)["OPTIONS"].items()


@pytest.mark.parametrize("url", ["mail.example.org", "http://mail.example.org", "smtp://me:secret@mail.example.org"])
def test_a_url_that_is_none_or_shows_its_password_is_refused(url):
    with pytest.raises(ValueError, match="must"):
        mails.parse(url)

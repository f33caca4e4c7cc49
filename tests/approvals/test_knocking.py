"""People hear on their channels what waits for them: once, without what was asked, and not in the night."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as real

from accounts import channels, outside, preferences
from accounts.channels import Unsent
from accounts.models import Channel, Membership, Notice
from accounts.words import said
from approvals import deadlines, handovers, knocking, reviews
from approvals.models import Knock
from approvals.rules import quiet
from tests.accounts import hook as hooks
from tests.accounts import mailbox
from tests.approvals.browsing import get, post
from tests.approvals.editing import edit, editable
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Line:
    """The other side: what it took, or that it takes nothing."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, str]] = []
        self.dead = False

    def __call__(self, channel, *, subject, text):
        if self.dead:
            raise Unsent(said("it answered {status}", status=404))
        self.taken.append((channel.person.username, subject, text))


@pytest.fixture
def line():
    return Line()


@pytest.fixture
def reached(alice, bob, now):
    """Alice is reached by a chat; bob is not reached at all."""
    return channels.open_chat(person=alice, address="https://hooks.example.org/services/secret", at=now)


@pytest.fixture
def rule(alice, bob, carol, now):
    publish(
        checkpoint="shop/refund", pattern="refund", need=2, deadline_seconds=3600, warn_seconds=600,
        escalation=[{"after_seconds": 600, "role": "data-owner"}], at=now,
    )  # fmt: skip


def test_an_ask_is_told_once_with_a_link_and_without_what_it_asks(reached, rule, line, shop, now):
    action = submit(shop, at=now).action
    assert [knocking.run(at=now + n * MINUTE, hand_over=line) for n in (1, 2, 3)] == [1, 0, 0]
    ((person, subject, text),) = line.taken
    assert (person, subject) == ("alice", "Placet: an ask waits for you")
    assert f"{real.PUBLIC_URL}/actions/{action.pk}/" in text and "Tool call from shop" in text
    assert not [word for word in ("refund", "A1", "4200", "dana") if word in text]


def test_many_within_a_minute_come_together(reached, rule, line, shop, now):
    submit(shop, key="first", at=now)
    knocking.run(at=now + SECOND, hand_over=line)
    for n in range(25):
        submit(shop, key=f"k{n}", at=now + 2 * SECOND)
        knocking.run(at=now + (3 + n) * SECOND, hand_over=line)
    assert len(line.taken) == 1
    knocking.run(at=now + 65 * SECOND, hand_over=line)
    assert [subject for _, subject, _ in line.taken] == ["Placet: an ask waits for you", "Placet: 25 asks wait for you"]
    assert "And 5 more" in line.taken[1][2]


def test_what_ended_was_answered_or_handed_on_meanwhile_is_not_told(reached, rule, line, shop, alice, bob, now):
    denied, said, passed = (submit(shop, key=key, at=now).action for key in ("a", "b", "c"))
    knocking.owe(at=now)
    reviews.record(action_id=denied.pk, reviewer=bob, verdict="deny", note="no", at=now)
    reviews.record(action_id=said.pk, reviewer=alice, verdict="approve", at=now)
    handovers.pass_on(action_id=passed.pk, person=alice, at=now)
    assert knocking.run(at=now + MINUTE, hand_over=line) == 0 and not line.taken
    assert not Knock.objects.exclude(due_at=None).exists()


def test_who_has_left_the_role_or_whose_account_is_closed_hears_nothing(reached, rule, line, shop, alice, now):
    submit(shop, at=now)
    knocking.owe(at=now)
    left = now + SECOND
    Membership.objects.filter(person=alice).update(ends_at=left)
    assert knocking.send_owed(at=left + SECOND, hand_over=line) == 0
    Membership.objects.filter(person=alice).update(ends_at=None)
    submit(shop, key="k2", at=now)
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert knocking.run(at=left + MINUTE, hand_over=line) == 0 and not line.taken


def test_a_warning_and_an_escalation_are_told_to_whom_they_concern(reached, rule, line, shop, carol, now):
    channels.open_chat(person=carol, address="https://hooks.example.org/carol", at=now)
    submit(shop, at=now)
    for minutes in (1, 11, 51):
        deadlines.sweep_timers(at=now + minutes * MINUTE)
        knocking.run(at=now + minutes * MINUTE, hand_over=line)
    heard = {name: [text for who, _, text in line.taken if who == name] for name in ("alice", "carol")}
    assert ["Waits for you" in heard["alice"][0], "Due soon" in heard["alice"][1]] == [True, True]
    assert ["Escalated to you" in heard["carol"][0], "Due soon" in heard["carol"][1]] == [True, True]
    assert len(line.taken) == 4


def test_whose_yes_was_voided_by_an_edit_hears_of_it(line, shop, alice, bob, now):
    editable(need=2, at=now)
    action = submit(shop, at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    channels.open_chat(person=alice, address="https://hooks.example.org/x", at=now)
    assert knocking.run(at=now + SECOND, hand_over=line) == 0
    edit(action, bob, at=now + 2 * SECOND)
    assert knocking.run(at=now + 3 * SECOND, hand_over=line) == 1
    assert "Edited since your yes" in line.taken[0][2]


def test_in_quiet_hours_nothing_comes_and_afterwards_what_still_waits(reached, rule, line, shop, alice, bob, now):
    night = datetime(2027, 1, 12, 22, 0, tzinfo=UTC)
    _quiet(alice, zone="Europe/Berlin")
    channels.close(person=alice, kind="chat")
    channels.open_chat(person=alice, address="https://hooks.example.org/x", at=night - HOUR)
    publish(checkpoint="shop/night", pattern="night", deadline_seconds=12 * 3600, at=now)
    gone, left = (submit(shop, ask(tool=tool), key=tool, at=night).action for tool in ("refund", "night"))
    assert knocking.run(at=night + MINUTE, hand_over=line) == 0, "23:01 in Berlin"
    reviews.record(action_id=gone.pk, reviewer=bob, verdict="deny", note="no", at=night + MINUTE)
    assert knocking.run(at=night + 7 * HOUR - MINUTE, hand_over=line) == 0, "05:59"
    assert knocking.run(at=night + 7 * HOUR, hand_over=line) == 1
    assert str(left.pk) in line.taken[0][2] and str(gone.pk) not in line.taken[0][2]
    assert "11:00" in line.taken[0][2] and "CET" in line.taken[0][2]


def test_before_the_quiet_hours_one_hears_what_is_due_within_them(rule, line, shop, alice, now):
    evening = datetime(2027, 1, 12, 20, 20, tzinfo=UTC)  # 21:20 there
    _quiet(alice, zone="Europe/Berlin")
    channels.open_chat(person=alice, address="https://hooks.example.org/x", at=evening)
    submit(shop, at=evening)
    assert knocking.run(at=evening + MINUTE, hand_over=line) == 1
    assert knocking.run(at=evening + 20 * MINUTE, hand_over=line) == 1
    assert "Due within your quiet hours" in line.taken[1][2]
    assert knocking.run(at=evening + 25 * MINUTE, hand_over=line) == 0


@pytest.mark.parametrize(
    ("begins", "ends", "at", "told"),
    [
        (time(22), time(6), datetime(2027, 1, 12, 12, tzinfo=UTC), ("12 21:00", "13 05:00")),
        (time(22), time(6), datetime(2027, 1, 12, 3, tzinfo=UTC), ("11 21:00", "12 05:00")),
        (time(12), time(13), datetime(2027, 1, 12, 12, tzinfo=UTC), ("13 11:00", "13 12:00")),
        (time(22), time(6), datetime(2027, 3, 27, 22, tzinfo=UTC), ("27 21:00", "28 04:00")),  # the clock is put on
    ],
)
def test_quiet_hours_are_those_of_the_persons_own_clock(begins, ends, at, told):
    found = quiet.window(begins=begins, ends=ends, zone=ZoneInfo("Europe/Berlin"), at=at)
    assert tuple(f"{moment:%d %H:%M}" for moment in found) == told


def test_who_takes_nothing_is_given_up_after_a_while_and_a_test_begins_anew(reached, rule, line, shop, alice, now):
    submit(shop, at=now)
    line.dead = True
    for step in range(8):
        Channel.objects.update(free_at=now)
        knocking.run(at=now + step * SECOND, hand_over=line)
    found = Channel.objects.get()
    assert found.ended_at and found.tries == 6
    assert "it answered 404" in Notice.objects.get(person=alice, code="channel_ended").text
    assert "secret" not in Notice.objects.get().text
    preferences.keep(person=alice, language="de")
    Channel.objects.update(ended_at=None, free_at=now)
    knocking.run(at=now + 9 * SECOND, hand_over=line)
    assert "aufgegeben: die Gegenseite antwortete 404" in Notice.objects.order_by("-pk")[0].text
    line.dead = False
    assert knocking.test(person=alice, at=now + MINUTE) == 1
    assert knocking.run(at=now + MINUTE, hand_over=line) == 1


def test_what_another_worker_has_is_not_sent_twice(reached, rule, line, shop, now):
    submit(shop, at=now)
    knocking.owe(at=now)
    stale = Channel.objects.select_related("person__preference").get()
    assert knocking._send(stale, at=now, hand_over=line) and not knocking._send(stale, at=now, hand_over=line)
    assert len(line.taken) == 1


def test_who_comes_last_behind_slow_others_is_not_taken_by_a_second_worker(reached, rule, line, shop, now):
    """The lease is counted from when the round began; a round of slow ones is over within it."""
    assert knocking.LEASE.total_seconds() > knocking.MOST * outside.PATIENCE
    submit(shop, at=now)
    others = []

    def slow(channel, *, subject, text):
        others.append(knocking.run(at=now + 3 * MINUTE, hand_over=line))

    assert knocking.run(at=now, hand_over=slow) == 1
    assert others == [0] and not line.taken


def test_no_sweep_waits_behind_messages():
    """The worker's two threads are for sweeps: what waits for somebody else's machine has a thread of its own."""
    from config.celery import app

    assert not {"knock", "mail"} & app.conf.beat_schedule.keys()


def test_what_was_asked_before_the_channel_was_opened_is_not_told(rule, line, shop, alice, now):
    submit(shop, at=now)
    channels.open_chat(person=alice, address="https://hooks.example.org/x", at=now + SECOND)
    assert knocking.run(at=now + MINUTE, hand_over=line) == 0


def test_it_goes_out_over_tls_and_as_a_mail(rule, shop, alice, now, settings, tmp_path, monkeypatch):
    with hooks.opened(tmp_path) as hook, mailbox.opened() as box:
        from config import mails

        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        settings.CHAT_HOSTS, settings.MAIL_FROM = hook.host, "placet@example.org"
        settings.MAILERS = {"default": mails.parse(f"smtp://127.0.0.1:{box.port}")}
        alice.email = "alice@example.org"
        alice.save()
        channels.open_chat(person=alice, address=hook.url, at=now)
        channels.open_mail(person=alice, at=now)
        action = submit(shop, at=now).action
        assert knocking.run(at=now + SECOND) == 2
    ((_, _, body),) = hook.posted
    assert set(body) == {"text"} and str(action.pk) in body["text"]
    assert (
        box.letters[0]["Subject"] == "Placet: an ask waits for you" and str(action.pk) in box.letters[0].get_content()
    )


def test_the_page_keeps_a_webhook_locked_and_tells_why_not(client, alice, mallory, now):
    page, chat = "/you/channels/", "/you/channels/chat/"
    client.force_login(alice)
    assert client.post(chat, {"address": "https://10.0.0.1/x"}).status_code == 422
    assert "hooks.example.org" not in client.post(chat, {"address": "http://hooks.example.org/secret"}).text
    assert client.post(chat, {"address": "https://hooks.example.org/services/secret"}).status_code == 302
    kept = Channel.objects.get()
    assert "secret" not in kept.address and kept.host == "hooks.example.org"
    shown = get(client, alice, page).text
    assert "hooks.example.org" in shown and "secret" not in shown
    assert "hooks.example.org" not in get(client, mallory, page).text
    assert post(client, alice, "/you/channels/test/").status_code == 302 and Knock.objects.get().why == "test"
    assert post(client, mallory, "/you/channels/chat/close/").status_code == 302 and Channel.objects.count() == 1
    assert post(client, alice, "/you/channels/chat/close/").status_code == 302 and not Channel.objects.exists()
    assert post(client, alice, "/you/channels/mail/").status_code == 422  # no mail host here


def test_quiet_hours_have_two_ends(client, alice):
    def keep(begins, ends):
        return post(client, alice, "/you/channels/quiet/", quiet_from=begins, quiet_until=ends).status_code

    assert [keep("22:00", ""), keep("22:00", "22:00"), keep("late", "06:00"), keep("22:00", "06:00")] == [422] * 3 + [
        302
    ]
    assert preferences.of(type(alice).objects.get(pk=alice.pk)).quiet_from == time(22)
    assert keep("", "") == 302 and preferences.of(type(alice).objects.get(pk=alice.pk)).quiet_from is None


def _quiet(person, *, zone):
    preferences.keep(person=person, quiet_from=time(22), quiet_until=time(6), time_zone=zone)
    person.refresh_from_db()

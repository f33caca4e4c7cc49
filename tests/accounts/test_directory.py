"""The directory that verifiers pin: what was true when, in the words they read."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from placet.receipts import Directory
from placet.receipts.directory import covers, credential, holds_role, stood_in

from accounts import absences, directory, passkeys, roles
from accounts.models import Passkey
from tests.approvals.signing import EARLIER, device_of

pytestmark = pytest.mark.django_db
PAYMENTS = "payments-owner"
HOUR = timedelta(hours=1)


def second(moment):
    return int(moment.timestamp())


def pinned(at):
    return Directory(directory.export(at=at))


def test_it_says_who_held_which_role_and_when_which_passkey_counted(alice, bob, now):
    device = device_of(alice, at=now)
    passkeys.revoke(passkey_id=Passkey.objects.get().pk, by=alice, at=now + HOUR)
    roles.take(role=PAYMENTS, user=alice, at=now + HOUR)
    one = pinned(now + 2 * HOUR).person("user:alice")
    for moment, held in ((now - timedelta(days=900), False), (now, True), (now + HOUR, False)):
        assert holds_role(one, PAYMENTS, at=second(moment)) is held
    key = credential(one, device.name)
    counted = [covers(key, at=second(m)) for m in (now - EARLIER - HOUR, now - EARLIER, now, now + HOUR)]
    assert counted == [False, True, True, False]


def test_a_passkey_that_never_counted_and_people_without_a_part_are_left_out(alice, bob, mallory, now):
    made = device_of(alice, at=now).create("Y2hhbGxlbmdl" * 4)
    assert made
    names = [each["sub"] for each in directory.export(at=now)["people"]]
    assert names == ["user:alice", "user:bob"]


def test_standing_in_is_as_long_as_the_absence_and_leads_on_while_they_are_away_too(alice, bob, carol, mallory, now):
    roles.take(role=PAYMENTS, user=bob, at=now)
    absences.declare(person=alice, delegates={PAYMENTS: bob}, at=now, until=now + 4 * HOUR)
    absences.declare(person=bob, delegates={}, at=now, starts=now + HOUR, until=now + 2 * HOUR)
    people = pinned(now)
    stood = [stood_in(people.person("user:bob"), PAYMENTS, principal="user:alice", at=second(now + n * HOUR / 2))
             for n in range(-1, 9)]  # fmt: skip
    assert stood == [False, True, True, False, False, True, True, True, True, False]


def test_the_whole_chain_is_as_it_is_resolved_then(alice, bob, carol, mallory, now):
    """Wherever somebody stands in by the resolver of the moment, the directory says so, and nowhere else."""
    for person in (carol, mallory):
        roles.give(role="desk", user=person, at=now)
    roles.take(role="desk", user=mallory, at=now + 5 * HOUR)
    absences.declare(person=carol, delegates={"desk": alice}, at=now, until=now + 6 * HOUR)
    absences.declare(person=mallory, delegates={"desk": bob}, at=now, starts=now + HOUR)
    people = directory.export(at=now)["people"]
    found = Directory({**directory.export(at=now), "people": people})
    for step in range(14):
        moment = now + step * HOUR / 2
        held = {(h.username, h.on_behalf_of) for h in roles.holders(["desk"], at=moment)["desk"] if h.on_behalf_of}
        told = {
            (one["sub"][5:], each["for"][5:])
            for one in people for each in one["stands_in"]
            if stood_in(found.person(one["sub"]), "desk", principal=each["for"], at=second(moment))
        }  # fmt: skip
        assert told == held


def test_an_operator_prints_it(alice, now, capsys):
    device_of(alice, at=now)
    call_command("directory", "--json")
    assert Directory(json.loads(capsys.readouterr().out)).person("user:alice")["passkeys"]

"""Kiln & Lantern, the company of the demo: an online shop for cups and lamps, and the people who answer for it."""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Absence, User
from approvals import away, changes, governed, mapfile
from approvals.errors import Refusal
from approvals.models import Change

NAME = "Kiln & Lantern"
ADMIN, SECOND = "admin", "judy"
#: As whom a newcomer is told to sign in, and the others; the password of all is the same.
FIRST = ("alice", "bob", "carol", "erin", "heidi", "mallory", ADMIN)
OTHERS = ("frank", "grace", "ivan", SECOND, "leo")
FULL = {
    "alice": "Alice Berg, payments", "bob": "Bob Okafor, payments and data", "carol": "Carol Lindqvist, data",
    "mallory": "Mallory Quint, warehouse", "admin": "Ada Moreau, administration", "erin": "Erin Doyle, risk",
    "frank": "Frank Ito, platform", "grace": "Grace Mbeki, platform", "heidi": "Heidi Kranz, audit",
    "ivan": "Ivan Petrov, data", "judy": "Judy Alvarez, administration", "leo": "Leo Brandt, support desk",
}  # fmt: skip
PAYOUT = "shop/payout"
RAISE = ("shop/refund", "The desk asks for fewer interruptions in the sales week: 40 uses instead of 20.")
TWO_YES = "After the invoice of 14 000 EUR that nobody had ordered, a payout takes two of us."
AWAY = "grace"


def people(password: str, *, fresh: bool) -> None:
    """Make those who are missing. Whoever has one of these names and another mail address is not the demo's, and stays.

    With `fresh`, the file that told the password is gone, so the demo's people get the new one.
    """
    hashed = make_password(password)
    for name in (*FIRST, *OTHERS):
        admin, mail = name in (ADMIN, SECOND), f"{name}@example.org"
        first, _, last = FULL[name].partition(" ")
        said = {"email": mail, "password": hashed, "is_staff": admin, "is_superuser": name == ADMIN}
        person, new = User.objects.get_or_create(
            username=name, defaults=said | {"first_name": first, "last_name": last.partition(",")[0]}
        )
        if not new and fresh and person.email == mail:
            User.objects.filter(pk=person.pk).update(password=hashed)


def put_map(raw: bytes, *, at: datetime) -> int:
    """Put in force what of the demo's map is not there; return how much that was. What was changed since stays."""
    missing = [each for each in mapfile.plan(raw, at=at) if each.how == mapfile.CREATED]
    for each in missing:
        governed.kind(each.about).put(
            governed.Confirmed(subject=each.subject, proposed=each.proposed, author=None, confirmed_by=None, at=at)
        )
    return len(missing)


@transaction.atomic
def change_the_rule(*, at: datetime) -> None:
    """Two admins make a payout need two people, before anything was asked."""
    author, other = (User.objects.get(username=name) for name in (SECOND, ADMIN))
    rule = changes.current(about=Change.About.CHECKPOINT, subject=PAYOUT, at=at) or {}
    proposed = rule | {"needs": [{"role": "payments-owner", "count": 2}]}
    change = changes.propose(
        author=author, about=Change.About.CHECKPOINT, subject=PAYOUT, proposed=proposed, note=TWO_YES, at=at
    )
    if change.state == Change.State.PROPOSED:
        changes.confirm(change_id=change.pk, by=other, note="Agreed.", at=at + timedelta(minutes=22))


def ask_for_a_change(*, at: datetime) -> None:
    """One change waits for a second admin. Proposed again on another day, it is the same one."""
    about, subject = Change.About.CHECKPOINT, RAISE[0]
    rule = changes.current(about=about, subject=subject, at=at)
    if not rule or not rule.get("grants"):
        return
    proposed = rule | {"grants": rule["grants"] | {"uses": 40}}
    try:
        author = User.objects.get(username=SECOND)
        changes.propose(author=author, about=about, subject=subject, proposed=proposed, note=RAISE[1], once=True, at=at)
    except Refusal:
        return  # somebody made it so, or otherwise, meanwhile


def go_away(*, at: datetime) -> None:
    """One of them is on holiday, and somebody stands in."""
    person, other = (User.objects.get(username=name) for name in (AWAY, "bob"))
    if not Absence.objects.filter(person=person).exists():
        away.declare(
            person=person, delegates={"platform-owner": other}, until=at + timedelta(days=9), note="On holiday", at=at
        )

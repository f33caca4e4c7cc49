"""Before the map changes somebody confirms that it is still them; what they typed is not lost by that."""

import pytest
from django.urls import reverse

from accounts import roles
from accounts.models import Absence, Passkey
from approvals.models import Change
from tests.approvals.signing import device_of

from .signing import browser, forget_proofs

pytestmark = pytest.mark.django_db
MEMBER = {"person": "mallory", "do": "propose", "note": "night shift"}


@pytest.fixture
def stale(admin, alice, mallory):
    """An admin who proved nothing for an hour."""
    client = browser("admin")
    forget_proofs(client)
    return client


def confirm(client, answer, password="admin-password"):
    place, _, back = answer["Location"].partition("?next=")
    assert place == "/confirm/"
    from urllib.parse import unquote

    return client.post(place, {"password": password, "next": unquote(back)})


def test_a_proposal_waits_for_the_password_and_goes_on_with_what_was_typed(stale):
    answer = stale.post("/people/alice/admin/", {"admin": "yes", "do": "propose", "note": "she will help out"})
    assert answer.status_code == 302 and not Change.objects.exists()
    assert confirm(stale, answer)["Location"].startswith("/changes/")
    assert Change.objects.get().note == "she will help out"


def test_a_wrong_password_changes_nothing(stale):
    answer = stale.post("/people/alice/admin/", {"admin": "yes", "do": "propose"})
    assert confirm(stale, answer, "wrong").status_code == 200 and not Change.objects.exists()


def test_whoever_signed_in_or_confirmed_a_moment_ago_is_not_asked(stale, admin):
    fresh = browser("admin")
    said = {"admin": "yes", "do": "propose"}
    assert fresh.post("/people/alice/admin/", said)["Location"].startswith("/changes/")
    confirm(stale, stale.post("/people/mallory/admin/", said))
    assert stale.post("/people/mallory/admin/", {"admin": "yes"}).status_code == 200


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/people/alice/admin/", {"admin": "yes", "do": "propose"}),
        ("/people/mallory/invitation/", {}),
        ("/people/mallory/sign-ins/", {}),
        ("/servers/shop/token/", {"do": "propose"}),
        ("/boundaries/deny/", {"server": "shop", "kind": "tool_call", "pattern": "x"}),
        ("/admin/accounts/user/add/", {"username": "dora"}),
        ("/you/recovery-codes/new/", {}),
    ],
)
def test_what_gives_or_takes_power_asks(stale, shop, address, said):
    answer = stale.post(address, said)
    assert answer.status_code == 302 and answer["Location"].startswith("/confirm/?next="), answer.status_code


def test_a_borrowed_session_neither_ends_a_second_factor_nor_names_who_stands_in(alice, mallory, now):
    roles.give(role="payments-owner", user=alice, at=now)
    client = browser()
    forget_proofs(client)
    device_of(alice, at=now)
    for address, said in (
        (f"/you/passkeys/{Passkey.objects.get().pk}/revoke/", {}),
        (reverse("absence"), {"length": "today", "delegate-0": "mallory"}),
    ):
        answer = client.post(address, said)
        assert answer.status_code == 302 and answer["Location"].startswith("/confirm/?next="), address
    assert Passkey.objects.get().live and not Absence.objects.exists()


def test_a_confirmed_change_is_confirmed_by_somebody_present(stale, shop):
    from django.utils import timezone

    from accounts.models import User
    from approvals import changes

    second = User.objects.create_user("second", is_staff=True)
    told = {"person": "alice", "admin": True}
    made = changes.propose(author=second, about="admin", subject="alice", proposed=told, at=timezone.now())
    answer = stale.post(reverse("change", args=[made.pk]), {"do": "confirm", "note": "yes"})
    assert answer["Location"].startswith("/confirm/")
    confirm(stale, answer)
    made.refresh_from_db()
    assert made.state == Change.State.APPLIED and made.decided_by.username == "admin"


def test_looking_and_deciding_are_never_asked(stale, alice, shop, now):
    from tests import asks
    from tests.publishing import publish

    publish(checkpoint="shop/refund", kind="tool_call", pattern="refund", roles={"approval": "payments-owner"}, at=now)
    action = asks.submit(shop, at=now).action
    assert stale.get("/people/alice/").status_code == stale.get("/checkpoints/new/").status_code == 200
    client = browser()
    forget_proofs(client)
    seen = client.get(f"/actions/{action.pk}/").context["seen"]
    client.post(reverse("decide", args=[action.pk]), {"verdict": "approve", "seen": seen})
    action.refresh_from_db()
    assert action.state == "approved"


def test_what_was_left_lying_does_not_go_on_later(stale):
    stale.post("/people/alice/admin/", {"admin": "yes", "do": "propose"})
    session = stale.session
    session["account_reauthentication_state"]["at"] -= 700
    session.save()
    answer = stale.post("/confirm/", {"password": "admin-password", "next": "/people/alice/admin/"})
    assert answer["Location"] == "/people/alice/admin/" and not Change.objects.exists()


def test_another_page_that_asks_forgets_what_was_left(stale):
    stale.post("/people/alice/admin/", {"admin": "yes", "do": "propose"})
    stale.get("/you/second-factor/")
    stale.post("/confirm/", {"password": "admin-password", "next": "/people/alice/admin/"})
    assert not Change.objects.exists()


def test_confirming_never_leads_to_a_foreign_place(stale):
    answer = stale.post("/confirm/", {"password": "admin-password", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_a_part_of_a_page_sends_the_whole_page_to_the_confirmation(stale):
    said = {"admin": "yes", "do": "propose"}
    answer = stale.post("/people/alice/admin/", said, headers={"HX-Request": "true"})
    assert answer.status_code == 204 and answer["HX-Redirect"].startswith("/confirm/?next=")

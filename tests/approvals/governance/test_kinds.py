"""What changes are about: roles, servers, their tokens, and admins."""

from datetime import timedelta

import pytest
from placet.receipts import FileSigner

from accounts import roles, servers
from accounts.errors import OverlappingMembership
from accounts.models import Membership, Server, ServerKey, User
from approvals import changes, errors
from approvals.models import Change, Entry, Finding
from tests import publishing

pytestmark = pytest.mark.django_db
PAYMENTS = "payments-owner"


def change(author, about, subject, proposed, *, at, **said):
    return changes.propose(author=author, about=about, subject=subject, proposed=proposed, at=at, **said)


def role(author, *people, at, name=PAYMENTS, **said):
    members = [each if isinstance(each, dict) else {"person": each} for each in people]
    return change(author, "role", name, {"role": name, "members": members}, at=at, **said)


def names(held, at):
    return [holder.username for holder in roles.holders([held], at=at)[held]]


@pytest.fixture
def jwk(tmp_path):
    return FileSigner.generate(tmp_path / "key.pem").public_jwk()


# ── Roles ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_role_gets_exactly_the_people_of_its_document(ann, ben, alice, bob, carol, now):
    proposed = role(ann, "alice", "carol", at=now)
    assert names(PAYMENTS, now) == ["alice", "bob"]
    changes.confirm(change_id=proposed.pk, by=ben, at=now)
    assert names(PAYMENTS, now) == ["alice", "carol"]
    assert Membership.objects.get(person=carol, role__name=PAYMENTS).created_by == ann
    assert changes.current(about="role", subject=PAYMENTS, at=now)["members"] == [
        {"person": "alice"}, {"person": "carol"},
    ]  # fmt: skip


def test_who_stays_keeps_their_membership(ann, alice, bob, carol, now):
    before = Membership.objects.get(person=alice).pk
    role(ann, "alice", at=now)
    assert Membership.objects.get(person=alice).pk == before
    assert Membership.objects.get(person=bob).ends_at == now


def test_windows_begin_and_end_as_the_document_says(ann, alice, bob, now):
    start, end = now + timedelta(days=1), now + timedelta(days=2)
    role(ann, "alice", {"person": "bob", "from": start.isoformat(), "until": end.isoformat()}, at=now)
    assert names(PAYMENTS, now) == ["alice"]
    assert names(PAYMENTS, start) == ["alice", "bob"] and names(PAYMENTS, end) == ["alice"]
    held = changes.current(about="role", subject=PAYMENTS, at=now)["members"][1]
    assert held["from"].endswith("Z") and held["until"].endswith("Z")


def test_that_time_passed_makes_no_change_stale(ann, ben, alice, bob, now):
    soon = now + timedelta(hours=1)
    roles.set_members(
        role=PAYMENTS, members=[roles.Window(alice), roles.Window(bob, starts=soon, until=soon + timedelta(hours=1))],
        at=now,
    )  # fmt: skip
    proposed = role(ann, "alice", "bob", at=now)
    changes.confirm(change_id=proposed.pk, by=ben, at=soon + timedelta(hours=3))
    assert Change.objects.get().state == "applied"


def test_a_window_that_is_over_when_it_is_confirmed_is_left_out(ann, ben, alice, bob, carol, now):
    until = now + timedelta(minutes=5)
    proposed = role(ann, "alice", {"person": "carol", "until": until.isoformat()}, at=now)
    changes.confirm(change_id=proposed.pk, by=ben, at=until)
    assert names(PAYMENTS, until) == ["alice"]


def test_a_role_somebody_else_changed_meanwhile_is_not_overwritten(ann, ben, alice, bob, now):
    proposed = role(ann, "alice", at=now)
    roles.take(role=PAYMENTS, user=bob, at=now)
    with pytest.raises(errors.StaleChange):
        changes.confirm(change_id=proposed.pk, by=ben, at=now)


def test_nobody_holds_a_role_that_shall_not_stand(ann, alice, now):
    change(ann, "role", PAYMENTS, None, at=now)
    assert names(PAYMENTS, now) == []


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ([{"person": "nobody"}], errors.BadChange),
        ([{"person": "gone"}], errors.BadChange),
        ([{"person": "alice"}, {"person": "alice"}], errors.BadChange),
        ([{"person": "alice", "until": "tomorrow"}], errors.BadChange),
        ([{"person": "alice", "until": "2030-01-01T00:00:00"}], errors.BadChange),
        ([{"person": "alice", "from": "2030-02-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"}], errors.BadChange),
        ([{"person": "alice"}, {"person": "alice", "from": "2030-01-01T00:00:00Z"}], OverlappingMembership),
        ([{"person": "alice", "rank": 1}], errors.BadChange),
    ],
)
def test_a_role_that_cannot_be_is_not_proposed(ann, ben, alice, now, members, refusal):
    User.objects.create_user("gone", is_active=False)
    with pytest.raises(refusal):
        role(ann, *members, at=now)
    assert not Change.objects.exists()


def test_what_a_role_change_would_break_is_said_before_and_found_after(ann, alice, bob, now):
    publishing.publish(checkpoint="shop/payout", pattern="payout", need=2, at=now)
    proposed = {"role": PAYMENTS, "members": [{"person": "alice"}]}
    (told,) = changes.consequences(about="role", subject=PAYMENTS, proposed=proposed, at=now)
    assert told == (
        "shop/payout could not be approved any more: it needs 2 distinct people of payments-owner, it has 1."
    )
    assert names(PAYMENTS, now) == ["alice", "bob"], "asking changes nothing"
    change(ann, "role", PAYMENTS, proposed, at=now)
    found = Finding.objects.get()
    assert (found.code, found.checkpoint.name) == ("unsatisfiable", "shop/payout")
    healed = {"role": PAYMENTS, "members": [{"person": "alice"}, {"person": "bob"}]}
    (told,) = changes.consequences(about="role", subject=PAYMENTS, proposed=healed, at=now)
    assert told == "shop/payout could be approved again."


# ── Servers ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_server_is_registered_with_all_its_document_says(ann, ben, alice, now, jwk):
    said = {
        "server": "billing", "title": "Billing", "environment": "production", "owner": "alice", "tools": ["refund.*"],
        "hosts": [], "per_minute": 60, "pending_most": 20, "public_key": jwk,
    }  # fmt: skip
    proposed = change(ann, "server", "billing", said, at=now)
    assert not Server.objects.exists()
    changes.confirm(change_id=proposed.pk, by=ben, at=now)
    made = Server.objects.get()
    assert (made.owner, made.tools, made.hosts, made.per_minute) == (alice, ["refund.*"], [], 60)
    kept = {member: jwk[member] for member in ("crv", "kty", "x")}
    assert changes.current(about="server", subject="billing", at=now) == said | {"public_key": kept}


def test_a_new_key_ends_the_one_before_and_none_ends_it_too(ann, shop, now, jwk, tmp_path):
    change(ann, "server", "shop", {"server": "shop", "public_key": jwk}, at=now)
    other = FileSigner.generate(tmp_path / "other.pem").public_jwk()
    told = changes.consequences(
        about="server", subject="shop", proposed={"server": "shop", "public_key": other}, at=now
    )
    assert told == ["The key shop signs with now stops working at once."]
    change(ann, "server", "shop", {"server": "shop", "public_key": other}, at=now)
    assert ServerKey.objects.get(revoked_at=None).kid == other["kid"]
    generation = Server.objects.get().generation
    change(ann, "server", "shop", {"server": "shop"}, at=now)
    assert not ServerKey.objects.filter(revoked_at=None).exists() and Server.objects.get().generation > generation


def test_a_title_alone_ends_no_credential(ann, shop, now):
    token = servers.issue_token(server=shop, at=now)
    change(ann, "server", "shop", {"server": "shop", "title": "Web shop"}, at=now)
    assert servers.authenticate_token(token).generation == 1 and Server.objects.get().title == "Web shop"


@pytest.mark.parametrize(
    "said",
    [
        {"server": "Bad Name"}, {"server": "other"}, {"owner": "nobody"}, {"tools": ["*****"]},
        {"hosts": ["https://pay.example"]}, {"per_minute": 0}, {"public_key": {"kty": "RSA"}}, {"public_key": "-----"},
        {"token": "secret"}, {"title": "a\0b"}, {"title": "a\u202eb"}, {"owner": "a\0b"},
    ],
)  # fmt: skip
def test_a_server_that_cannot_be_is_not_proposed(ann, now, said):
    with pytest.raises(errors.BadChange):
        change(ann, "server", "shop", {"server": "shop"} | said, at=now)
    assert not Server.objects.exists()


def test_a_key_of_another_server_is_refused_when_it_is_proposed(ann, ben, shop, now, jwk):
    import json

    servers.set_key(server=shop, public_key=json.dumps(jwk).encode(), at=now)
    with pytest.raises(errors.Refusal, match="known already"):
        change(ann, "server", "new", {"server": "new", "public_key": jwk}, at=now)


def test_a_server_is_never_deleted(ann, shop, now):
    with pytest.raises(errors.BadChange, match="Stop it instead"):
        change(ann, "server", "shop", None, at=now)


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_confirmed_token_is_fetched_once_by_its_author(ann, ben, shop, now):
    old = servers.issue_token(server=shop, at=now)
    proposed = change(ann, "token", "shop", {"server": "shop"}, at=now)
    with pytest.raises(errors.ChangeOver, match="proposed"):
        changes.collect_token(change_id=proposed.pk, by=ann, at=now)
    changes.confirm(change_id=proposed.pk, by=ben, at=now)
    assert servers.authenticate_token(old).name == "shop", "nothing ends before it is fetched"
    with pytest.raises(errors.NotFound):
        changes.collect_token(change_id=proposed.pk, by=ben, at=now)
    token = changes.collect_token(change_id=proposed.pk, by=ann, at=now)
    assert servers.authenticate_token(token).name == "shop"
    with pytest.raises(errors.Unauthenticated):
        servers.authenticate_token(old)
    with pytest.raises(errors.ChangeOver, match="applied already"):
        changes.collect_token(change_id=proposed.pk, by=ann, at=now)
    events = Entry.objects.filter(event__startswith="change.").values_list("event", flat=True)
    assert list(events) == ["change.proposed", "change.confirmed", "change.applied"]


def test_a_token_nobody_fetches_is_never_made(ann, shop, now, django_assert_num_queries):
    proposed = change(ann, "token", "shop", {"server": "shop"}, at=now)
    with django_assert_num_queries(1):
        assert changes.due(at=now + timedelta(hours=23)) == 0
    assert Change.objects.get().state == "confirmed"
    changes.due(at=now + changes.TOKEN_WAITS)
    assert (Change.objects.get().state, shop.tokens.count()) == ("failed", 0)
    with pytest.raises(errors.ChangeOver):
        changes.collect_token(change_id=proposed.pk, by=ann, at=now + changes.TOKEN_WAITS)


def test_who_is_no_admin_any_more_fetches_no_token(ann, ben, shop, now):
    proposed = change(ann, "token", "shop", {"server": "shop"}, at=now)
    changes.confirm(change_id=proposed.pk, by=ben, at=now)
    User.objects.filter(pk=ann.pk).update(is_staff=False)
    with pytest.raises(errors.NotAnAdmin):
        changes.collect_token(change_id=proposed.pk, by=ann, at=now)


def test_a_token_is_for_a_server_that_is_there(ann, now):
    with pytest.raises(errors.BadChange, match="No server"):
        change(ann, "token", "shop", {"server": "shop"}, at=now)


# ── Admins ────────────────────────────────────────────────────────────────────────────────────────────────────────
def admin(author, person, made, *, at):
    return change(author, "admin", person.username, {"person": person.username, "admin": made}, at=at)


def test_the_first_admin_makes_the_second_and_from_then_on_two_are_needed(ann, alice, now):
    told = changes.consequences(about="admin", subject="alice", proposed={"person": "alice", "admin": True}, at=now)
    assert told == ["From then on every change needs a second admin."]
    assert admin(ann, alice, True, at=now).alone
    assert change(ann, "role", PAYMENTS, None, at=now).state == "proposed"


def test_nobody_confirms_the_change_that_would_make_them_an_admin(ann, ben, alice, now):
    proposed = admin(ann, alice, True, at=now)
    with pytest.raises(errors.NotAnAdmin):
        changes.confirm(change_id=proposed.pk, by=alice, at=now)
    changes.confirm(change_id=proposed.pk, by=ben, at=now)
    alice.refresh_from_db()
    assert alice.is_staff and alice.is_superuser


def test_the_last_admin_stays_one(ann, now):
    with pytest.raises(errors.LastAdmin):
        admin(ann, ann, False, at=now)


def test_of_two_admins_only_one_can_be_unmade(ann, ben, now):
    one, other = admin(ann, ben, False, at=now), admin(ben, ann, False, at=now)
    changes.confirm(change_id=one.pk, by=ben, at=now)
    with pytest.raises(errors.NotAnAdmin):
        changes.confirm(change_id=other.pk, by=ben, at=now)
    with pytest.raises(errors.LastAdmin):
        changes.confirm(change_id=other.pk, by=ann, at=now)
    assert User.objects.filter(is_staff=True).get() == ann


def test_who_has_no_account_or_a_closed_one_is_made_no_admin(ann, mallory, now):
    User.objects.filter(pk=mallory.pk).update(is_active=False)
    for name in ("mallory", "nobody"):
        with pytest.raises(errors.BadChange):
            change(ann, "admin", name, {"person": name, "admin": True}, at=now)

"""The registry of servers as its pages show it, what they propose, and the stop button."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import servers
from accounts.models import Server
from approvals import changes, sightings
from approvals.models import Change, Entry
from tests.asks import identity, submit
from tests.publishing import publish

from .browsing import get, post, words

pytestmark = pytest.mark.django_db
SHOP = "/servers/shop/"


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_list_is_paged_by_name_in_a_fixed_number_of_queries(client, admin, now, django_assert_max_num_queries):
    Server.objects.bulk_create(Server(name=f"s{n:03}", created_at=now) for n in range(120))
    client.force_login(admin)
    seen, address = [], "/servers/"
    while address:
        with django_assert_max_num_queries(9):
            text = client.get(address).text
        seen += [part.partition("/")[0] for part in text.split('<th scope="row"><a href="/servers/')[1:]]
        tail = text.partition('">Next page')
        address = "/servers/" + tail[0].rpartition('href="')[2].replace("&amp;", "&") if tail[1] else ""
    assert seen == [f"s{n:03}" for n in range(120)]


def test_a_server_says_how_much_it_asks_and_what_waits(client, admin, asked, shop, django_assert_max_num_queries):
    Server.objects.filter(pk=shop.pk).update(per_minute=1, pending_most=5)
    servers.issue_token(server=shop, at=timezone.now())
    client.force_login(admin)
    with django_assert_max_num_queries(24):
        text = words(client.get(SHOP))
    assert "1 of 1 in the last minute" in text and "at its bound" in text
    assert "1 of 5" in text
    assert ">1<" in words(get(client, admin, "/servers/", q="shop"))


def test_credentials_are_named_and_never_shown(client, admin, shop, now):
    token = servers.issue_token(server=shop, at=now)
    text = get(client, admin, SHOP).text
    assert token.split("_")[1] in text and token.split("_", 2)[2] not in text


def test_rules_that_name_it_stand_on_its_page(client, admin, shop, now):
    publish(checkpoint="mine", kind="tool_call", pattern="refund", server=shop, at=now)
    publish(checkpoint="everybodys", kind="tool_call", pattern="payout", at=now)
    text = get(client, admin, SHOP).text
    assert ">mine<" in words(get(client, admin, SHOP)) and "everybodys" not in text
    assert "1 rule is for every server" in text


@pytest.mark.parametrize("address", ["/servers/", "/servers/_new/", SHOP, f"{SHOP}stop/"])
def test_only_admins_find_servers(client, shop, refund, alice, address):
    assert get(client, alice, address).status_code == 404
    assert post(client, alice, address).status_code in (404, 405)
    assert Server.objects.get().stopped_at is None


# ── Proposing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_is_registered_by_two_admins(client, admin, second, alice):
    said = {
        "server": "billing",
        "title": "Billing",
        "owner": "alice",
        "tools_bound": "on",
        "tools": "refund\n\ndeploy.*\n",
    }
    shown = words(post(client, admin, "/servers/_new/", **said))
    assert "deploy.*" in shown and not Change.objects.exists()
    post(client, admin, "/servers/_new/", **said, do="propose")
    assert not Server.objects.exists()
    changes.confirm(change_id=Change.objects.get().pk, by=second, at=timezone.now())
    made = Server.objects.get()
    assert (made.name, made.owner, made.tools, made.hosts) == ("billing", alice, ["deploy.*", "refund"], None)


def test_an_edit_shows_its_difference_and_changes_nothing_else(client, admin, shop, alice):
    Server.objects.filter(pk=shop.pk).update(tools=["refund"], hosts=["pay.example.org"], owner=alice, per_minute=9)
    page = get(client, admin, SHOP).text
    assert 'value="alice"' in page and "pay.example.org</textarea>" in page
    said = {
        "owner": "alice", "per_minute": "9", "hosts_bound": "on", "hosts": "pay.example.org",
        "tools_bound": "on", "tools": "payout",
    }  # fmt: skip
    shown = words(post(client, admin, SHOP, **said))
    rows = shown.partition("<tbody>")[2].partition("</tbody>")[0]
    assert "Tools" in rows and "refund" in rows and "payout" in rows and "Owner" not in rows
    post(client, admin, SHOP, **said, do="propose")
    shop.refresh_from_db()
    assert (shop.tools, shop.hosts, shop.per_minute) == (["payout"], ["pay.example.org"], 9)


def test_what_moved_since_it_was_looked_at_is_shown_again(client, admin, shop):
    base = post(client, admin, SHOP, title="New").text.partition('name="base" value="')[2].partition('"')[0]
    Server.objects.filter(pk=shop.pk).update(environment="production")
    assert "Something else stands by now." in post(client, admin, SHOP, title="New", do="propose", base=base).text
    assert not Change.objects.exists()


def test_a_name_that_was_seen_is_added_to_the_list_by_a_tick(client, admin, shop, now):
    Server.objects.filter(pk=shop.pk).update(tools=["refund"])
    sightings.listed(server=identity(shop), names=["refund", "payout", "*", "pay*"], at=now)
    text = words(get(client, admin, SHOP))
    assert "3 seen, not listed" in text
    assert 'name="tools_add" value="payout"' in text and 'value="refund"' not in text
    assert 'value="*"' not in text and 'value="pay*"' not in text and "has a star: write it by hand" in text
    post(client, admin, SHOP, tools_bound="on", tools="refund", tools_add="payout", do="propose")
    shop.refresh_from_db()
    assert shop.tools == ["payout", "refund"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"owner": "nobody"}, "nobody"),
        ({"per_minute": "0"}, "greater than or equal to 1"),
        ({"hosts_bound": "on", "hosts": "https://pay.example.org/x"}, "write a host as"),
        ({"tools_bound": "on", "tools": "a*b*c*d*e*f"}, "four stars"),
        ({"public_key": "{"}, "Ed25519"),
        ({}, "This is what stands already."),
    ],
)
def test_a_wrong_edit_is_refused_with_its_reason(client, admin, shop, said, reason):
    answer = post(client, admin, SHOP, **said, do="propose")
    assert answer.status_code == 422 and reason.lower() in words(answer).lower()
    assert not Change.objects.exists()


def test_a_name_that_is_taken_is_not_registered_again(client, admin, shop):
    answer = post(client, admin, "/servers/_new/", server="shop", title="Mine", do="propose")
    assert answer.status_code == 422 and "registered already" in answer.text


def test_a_token_is_proposed_and_those_before_live_on_until_it_is_fetched(client, admin, second, shop, now):
    token = servers.issue_token(server=shop, at=now)
    assert "one new, shown once" in words(post(client, admin, f"{SHOP}token/"))
    post(client, admin, f"{SHOP}token/", do="propose")
    change = Change.objects.get()
    assert (change.about, change.subject, change.state) == ("token", "shop", "proposed")
    assert servers.authenticate_token(token).name == "shop"
    assert "A change waits for a second admin." in get(client, admin, SHOP).text


# ── Stop and start ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_admin_stops_a_server_at_once(client, admin, second, shop, refund, alice):
    token = servers.issue_token(server=shop, at=timezone.now())
    before = identity(shop)
    assert get(client, admin, f"{SHOP}stop/").status_code == 200
    assert servers.authenticate_token(token)
    post(client, admin, f"{SHOP}stop/")
    with pytest.raises(servers.Unauthenticated):
        servers.authenticate_token(token)
    assert servers.current([before]) == set()
    assert Entry.objects.filter(event="server.stopped", actor="user:admin").count() == 1
    post(client, admin, f"{SHOP}stop/")
    assert Entry.objects.filter(event="server.stopped").count() == 1
    assert "is stopped already" in words(get(client, admin, f"{SHOP}stop/"))


def test_starting_again_takes_two_admins(client, admin, second, shop, now):
    token = servers.issue_token(server=shop, at=now)
    servers.stop(server=shop, at=now)
    assert "shop may ask again." in words(post(client, admin, f"{SHOP}start/"))
    post(client, admin, f"{SHOP}start/", do="propose")
    assert Server.objects.get().stopped_at is not None
    changes.confirm(change_id=Change.objects.get().pk, by=second, at=timezone.now())
    assert servers.authenticate_token(token).name == "shop"


def test_an_edit_proposed_before_the_stop_starts_nothing(client, admin, second, shop):
    post(client, admin, SHOP, title="New", do="propose")
    post(client, second, f"{SHOP}stop/")
    with pytest.raises(changes.StaleChange):
        changes.confirm(change_id=Change.objects.get().pk, by=second, at=timezone.now())
    assert Server.objects.get().stopped_at is not None


def test_an_edit_of_a_stopped_server_leaves_it_stopped(client, admin, shop, now):
    servers.stop(server=shop, at=now)
    post(client, admin, SHOP, title="New", do="propose")
    assert (Server.objects.get().title, Server.objects.get().stopped_at is None) == ("New", False)


def test_what_a_server_says_of_itself_is_no_mark_up(client, admin, shop, refund, alice, now):
    sightings.listed(server=identity(shop), names=["<script>alert(1)</script>", "a\u202eb"], at=now)
    submit(shop, at=now + timedelta(seconds=1))
    text = get(client, admin, SHOP).text
    assert "<script>alert" not in text and "U+202E" in text.upper()


@pytest.mark.parametrize("address", ["/servers/%00/", "/servers/%00/stop/", "/servers/?q=%00&after=%00"])
def test_senseless_addresses_of_servers_are_harmless(client, admin, address):
    client.force_login(admin)
    assert client.get(address).status_code in (200, 400, 404)

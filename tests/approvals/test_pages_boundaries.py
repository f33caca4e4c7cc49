"""The map: who answers for what, now and at any earlier moment, and what nobody answers for, with the next step."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import absences, roles, servers
from accounts.models import User
from approvals import findings
from approvals.findings import Noted
from approvals.models import Change, Sighting
from approvals.queries import boundaries
from tests.asks import ask, submit
from tests.conftest import SINCE
from tests.publishing import publish

from .browsing import get

pytestmark = pytest.mark.django_db

WHOLE = {"approval": "payments-owner", "logging": "data-owner", "exceptions": "data-owner"}


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada", password="ada-password", is_staff=True)


@pytest.fixture
def refunds(shop, alice, bob, carol, now):
    """The shop's refunds, with an owner of every duty."""
    return publish(checkpoint="shop/refund", pattern="refund", server=shop, roles=WHOLE, at=now - timedelta(days=2))


def see(shop, *names, listed=False):
    for name in names:
        Sighting.objects.create(
            server=shop, kind="tool_call", name=name, listed=listed, first_at=timezone.now() - timedelta(days=1)
        )


def gaps(client, who, **query):
    text = get(client, who, "/boundaries/", **query).text
    return text.partition('<ul class="gaps">')[2].partition("</ul>")[0]


def test_a_crossing_names_its_rule_its_owners_and_its_volume(client, refunds, shop, ada, now):
    submit(shop, at=now)
    text = get(client, ada, "/boundaries/").text
    assert "1 of payments-owner" in text and "alice, bob <small>payments-owner</small>" in text
    assert "carol <small>data-owner</small>" in text and "1 in 30 days" in text
    assert "Of 5 possible crossings, 4 are closed, 1 has every owner" in text and "a gap" not in text


def test_nobody_who_approves_is_the_first_gap_and_leads_to_the_role(client, shop, ada, now):
    publish(checkpoint="shop/refund", pattern="refund", server=shop, roles=WHOLE, at=now)
    found = gaps(client, ada)
    assert "Nobody approves: payments-owner has no members." in found
    assert found.index("Nobody approves") < found.index("Nobody handles exceptions: data-owner has no members.")
    assert "Nobody answers for logging" in found


def test_what_fell_through_where_nobody_looks_is_counted_at_the_gap(client, shop, alice, bob, ada, now):
    placed = publish(checkpoint="x", pattern="refund", server=shop, roles={"approval": "payments-owner"}, at=now)
    findings.record([Noted(code="outcome_failed", checkpoint_id=placed.checkpoint_id, server_id=shop.pk)], at=now)
    assert "1 thing fell through there that nobody sees." in gaps(client, ada)


def test_a_rule_that_names_no_logging_role_is_a_gap(client, shop, alice, bob, ada, now):
    publish(checkpoint="x", pattern="refund", server=shop, roles={"approval": "payments-owner"}, at=now)
    assert "Nobody answers for logging: the rule names no role for it." in gaps(client, ada)


def test_who_is_away_is_marked_and_everybody_away_is_a_gap(client, refunds, alice, bob, carol, ada, now):
    absences.declare(person=alice, delegates={}, at=now, until=now + timedelta(days=1))
    text = get(client, ada, "/boundaries/").text
    assert '<span class="gone">alice</span> (away until' in text and 'class="gaps"' not in text
    absences.declare(person=bob, delegates={}, at=now, until=now + timedelta(days=1))
    assert "Everybody in payments-owner is away, and nobody stands in." in gaps(client, ada)
    absences.end(absence=bob.absences.get(), at=timezone.now())
    absences.declare(person=bob, delegates={"payments-owner": carol}, at=timezone.now(), until=now + timedelta(days=1))
    text = get(client, ada, "/boundaries/").text
    assert "carol for bob" in text and 'class="gaps"' not in text


def test_too_few_for_what_the_rule_needs_is_a_gap(client, shop, alice, carol, ada, now):
    publish(checkpoint="x", pattern="refund", need=2, server=shop, roles=WHOLE, at=now)
    assert "It takes 2 of payments-owner, and 1 is here." in gaps(client, ada)


def test_one_person_who_holds_everything_is_a_gap(client, shop, alice, ada, now):
    held = dict.fromkeys(WHOLE, "payments-owner")
    publish(checkpoint="x", pattern="refund", server=shop, roles=held, at=now)
    assert "alice alone approves, logs and handles exceptions." in gaps(client, ada)


@pytest.mark.parametrize(("effect", "lacking"), [("deny", 0), ("allow", 2)])
def test_where_everything_is_denied_nobody_has_to_be_named(client, shop, ada, now, effect, lacking):
    publish(checkpoint="x", pattern="refund", server=shop, effect=effect, roles={}, at=now)
    assert gaps(client, ada).count("Nobody") == lacking


def test_what_was_seen_and_no_rule_maps_is_a_gap_to_be_mapped_or_denied(client, refunds, shop, ada):
    see(shop, "refund", "export_<b>")
    see(shop, "drop_table", listed=True)
    found = gaps(client, ada)
    assert "export_&lt;b&gt;" in found and "It was asked for" in found
    assert "drop_table" in found and "list of tools" in found and "refund" not in found


def test_asks_themselves_are_seen(client, refunds, shop, ada, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        submit(shop, ask(tool="export_customers"), at=now)
    assert "export_customers" in gaps(client, ada)


def test_a_pattern_for_every_server_maps_what_any_was_seen_with(client, shop, ada, alice, bob, carol, now):
    see(shop, "export_customers")
    publish(checkpoint="exports", pattern="export_*", roles=WHOLE, at=now)
    assert gaps(client, ada) == ""
    assert "Every server" in get(client, ada, "/boundaries/").text


def test_a_tool_that_is_only_allowed_on_another_kind_is_not_mapped(client, refunds, shop, ada):
    Sighting.objects.create(server=shop, kind="elicitation_form", name="refund", first_at=timezone.now())
    assert "form <code>" in gaps(client, ada)


def test_denying_it_proposes_a_rule_like_any_change(client, refunds, shop, ada):
    see(shop, "export_customers")
    client.force_login(ada)
    said = {"server": "shop", "kind": "tool_call", "pattern": "export_customers"}
    answer = client.post("/boundaries/deny/", said)
    assert answer["Location"] == "/boundaries/?told=denied"  # ada is the only admin
    change = Change.objects.get()
    assert (change.about, change.subject, change.author) == ("checkpoint", "deny shop export_customers", ada)
    assert gaps(client, ada) == ""
    User.objects.create_user("eve", is_staff=True)
    answer = client.post("/boundaries/deny/", said | {"pattern": "drop"})
    assert answer["Location"].endswith("proposed") and Change.objects.get(state="proposed").author == ada


@pytest.mark.parametrize("name", ["*", "x" * 201, "", "refund\nall"])
def test_a_name_that_would_deny_more_than_itself_is_not_denied_in_one_step(client, shop, ada, name):
    client.force_login(ada)
    answer = client.post("/boundaries/deny/", {"server": "shop", "kind": "tool_call", "pattern": name})
    if answer.status_code == 302:
        assert Change.objects.get().subject.isprintable()
    else:
        assert answer.status_code == 422 and "Not proposed." in answer.text and not Change.objects.exists()


def test_only_admins_deny_and_see_what_nobody_maps(client, refunds, shop, alice):
    see(shop, "export_customers")
    assert "export_customers" not in get(client, alice, "/boundaries/").text
    said = {"server": "shop", "kind": "tool_call", "pattern": "export_customers"}
    assert client.post("/boundaries/deny/", said).status_code == 404 and not Change.objects.exists()


def test_others_see_where_they_hold_a_duty_and_nobody_else_sees_it(client, refunds, shop, alice, mallory, now):
    servers.register(name="crm", at=now)
    publish(checkpoint="crm/lookup", pattern="lookup", roles={"approval": "crm-owner"}, at=now)
    text = get(client, alice, "/boundaries/").text
    assert "shop/refund" in text and "crm" not in text
    assert get(client, mallory, "/boundaries/").status_code == 404
    assert get(client, mallory, "/boundaries/map.csv").status_code == 404


def test_who_held_it_then_is_answered_from_the_rows_of_then(client, shop, alice, bob, carol, ada, now):
    tuesday = now - timedelta(days=3)
    publish(checkpoint="x", pattern="refund", server=shop, roles=WHOLE, at=tuesday)
    publish(checkpoint="x", pattern="refund", server=shop, need=2, roles=WHOLE, at=tuesday + timedelta(days=1))
    absences.declare(
        person=bob, delegates={"payments-owner": carol}, at=tuesday, until=tuesday + timedelta(hours=2)
    )  # fmt: skip
    roles.take(role="payments-owner", user=alice, at=tuesday + timedelta(days=1))
    alice.is_active = False
    alice.save()
    shop.created_at = SINCE
    shop.save()
    at = (tuesday + timedelta(hours=1)).isoformat().removesuffix("+00:00")
    then = get(client, ada, "/boundaries/", moment=at).text
    assert "as it was at" in then and "1 of payments-owner" in then and "alice, carol for bob" in then
    now_ = get(client, ada, "/boundaries/").text
    assert "2 of payments-owner" in now_ and "alice" not in now_.partition("<table")[2]
    before = get(client, ada, "/boundaries/", moment=(tuesday - timedelta(days=1)).isoformat()).text
    assert "payments-owner" not in before and "closed" in before


@pytest.mark.parametrize("moment", ["yesterday", "2999-01-01T00:00", "9999-99-99T99:99"])
def test_a_moment_that_is_none_shows_now_and_says_so(client, refunds, ada, moment):
    answer = get(client, ada, "/boundaries/", moment=moment)
    assert answer.status_code == 200 and "That is no earlier moment." in answer.text


def test_the_page_takes_a_fixed_number_of_queries(client, shop, ada, carol, alice, now, django_assert_max_num_queries):
    client.force_login(ada)
    for servers_, rules in ((1, 1), (9, 12)):
        for n in range(servers_):
            server = servers.register(name=f"s{servers_}-{n}", at=now)
            for rule in range(rules):
                name = f"{server.name}/{rule}"
                publish(checkpoint=name, pattern=f"t{rule}", server=server, roles=WHOLE, at=now)
            see(server, "one", "two")
        client.get("/boundaries/")  # the book is read once for every publication
        with django_assert_max_num_queries(10):
            client.get("/boundaries/")


def test_servers_come_page_by_page(client, refunds, ada, now, monkeypatch):
    monkeypatch.setattr(boundaries.reading, "SIZE", 2)
    for name in ("crm", "docs", "mail"):
        servers.register(name=name, at=now)
    first = get(client, ada, "/boundaries/").text.partition("<table")[2]
    assert "docs" in first and "mail" not in first and "?after=docs" in first
    second = get(client, ada, "/boundaries/?after=docs").text.partition("<table")[2]
    assert "mail" in second and "shop" in second and "crm" not in second


def test_the_export_has_a_row_for_each_person_and_runs_in_no_spreadsheet(client, refunds, shop, ada, alice):
    see(shop, '=HYPERLINK("http://evil.example")')
    answer = get(client, ada, "/boundaries/map.csv")
    table = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    people = {(row["duty"], row["role"], row["person"]) for row in table if row["checkpoint"] == "shop/refund"}
    assert people == {
        ("approval", "payments-owner", "alice"), ("approval", "payments-owner", "bob"),
        ("logging", "data-owner", "carol"), ("exceptions", "data-owner", "carol"),
    }  # fmt: skip
    (evil,) = [row for row in table if row["gaps"] == "No rule maps it."]
    assert evil["name_pattern"] == '\'=HYPERLINK("http://evil.example")'
    mine = get(client, alice, "/boundaries/map.csv")
    own = list(csv.DictReader(io.StringIO(b"".join(mine.streaming_content).decode())))
    assert {row["checkpoint"] for row in own} == {"shop/refund"}


def test_gaps_are_part_of_the_map_now(client, ada):
    answer = get(client, ada, "/gaps/")
    assert (answer.status_code, answer["Location"]) == (301, "/boundaries/")


def test_too_many_names_to_look_through_are_said_to_be(client, refunds, shop, ada, monkeypatch):
    monkeypatch.setattr(boundaries.seen, "MOST_SEEN", 1)
    see(shop, "one", "two")
    assert "more names than one page looks through" in get(client, ada, "/boundaries/").text


def test_the_picture_of_the_map_says_in_words_what_it_shows(client, refunds, shop, ada, now):
    submit(shop, at=now)
    text = get(client, ada, "/boundaries/").text
    assert text.count('<svg class="chart crossing') == 2, "for a wide page and for a phone"
    assert "Picture of the map: shop: Tool call 1 in 30 days. The table below says all of it in words." in text


def test_who_holds_a_duty_sees_the_servers_that_lately_asked_there(client, shop, alice, now):
    publish(checkpoint="any/refund", pattern="refund", roles={"approval": "payments-owner"}, at=now)
    servers.register(name="crm", at=now)
    assert "possible crossings" not in get(client, alice, "/boundaries/").text
    submit(shop, at=now)
    text = get(client, alice, "/boundaries/").text
    assert "Of 5 possible crossings" in text and "1 in 30 days" in text and "crm" not in text

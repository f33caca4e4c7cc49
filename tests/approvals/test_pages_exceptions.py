"""The worklist of what fell through: the oldest first, in words, to whom it belongs, until somebody resolves it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import roles
from accounts.models import User
from approvals import findings
from approvals.findings import Noted
from approvals.models import Finding
from approvals.queries import findings as worklist
from tests.publishing import publish

from .browsing import get

pytestmark = pytest.mark.django_db


@pytest.fixture
def minded(now, alice):
    """A checkpoint of payments whose exceptions owner is alice."""
    roles.give(role="payments-exceptions", user=alice, at=now)
    held = {"approval": "payments-owner", "exceptions": "payments-exceptions"}
    return publish(checkpoint="shop/refund", pattern="refund", roles=held, at=now).checkpoint


@pytest.fixture
def ada(db):
    return User.objects.create_user("ada", password="ada-password", is_staff=True)


@pytest.fixture
def failed(asked, minded, shop, now):
    return note(minded, shop, now, action_id=asked.pk, detail="No such <b>order</b>.")


def note(minded, shop, at, *, code="outcome_failed", about="refund", **more):
    said = {"checkpoint_id": minded and minded.pk, "server_id": shop.pk, "kind": "tool_call", "about": about}
    findings.record([Noted(code=code, **said | more)], at=at)
    return Finding.objects.latest("pk")


def resolve(client, who, finding, said, **more):
    client.force_login(who)
    return client.post(reverse("exception_resolve", args=[finding.pk]), {"resolution": said, **more})


def test_the_list_says_what_fell_through_how_often_and_the_next_step(client, asked, failed, shop, minded, alice, now):
    note(minded, shop, now + timedelta(minutes=3), action_id=asked.pk, detail="No such <b>order</b>.")
    text = get(client, alice, "/exceptions/").text
    assert "1 thing fell through" in text and "was approved and used, and then" in text and "2 times" in text
    assert f'href="/actions/{asked.pk}/"' in text and "Look at the outcome" in text
    assert "<small>shop says</small>" in text and "&lt;b&gt;order" in text and "<b>order" not in text


def test_the_oldest_comes_first_and_every_one_is_on_exactly_one_page(client, minded, shop, alice, now, monkeypatch):
    monkeypatch.setattr(worklist, "SIZE", 3)
    made = [note(minded, shop, now + timedelta(seconds=n // 2), about=f"tool-{n}").pk for n in range(8)]
    client.force_login(alice)
    seen, address = [], "/exceptions/"
    while address:
        text = client.get(address).text
        seen += [int(part.split('"')[0]) for part in text.split('<li id="f')[1:]]
        tail = text.partition('class="turner bare"><a href="')[2]
        address = "/exceptions/" + tail.partition('"')[0].replace("&amp;", "&") if tail else ""
    assert seen == made


def test_the_list_takes_a_fixed_number_of_queries(client, minded, shop, alice, now, django_assert_max_num_queries):
    client.force_login(alice)

    for upto in (2, 30):
        for n in range(upto):
            note(minded, shop, now, about=f"tool-{n}", code="break_glass")
        with django_assert_max_num_queries(9):
            client.get("/exceptions/")


def test_filters_narrow_the_list(client, minded, shop, alice, now):
    note(minded, shop, now)
    note(minded, shop, now, code="policy_error")
    assert client.get("/exceptions/").status_code == 302
    for query, count in (({}, 2), ({"code": "policy_error"}, 1), ({"server": "crm"}, 0), ({"checkpoint": "x"}, 0)):
        assert get(client, alice, "/exceptions/", **query).text.count('<li id="f') == count, query


@pytest.mark.parametrize("query", ["after=rubbish", "after=1e400~9", "after=1~" + "9" * 40, "code=x", "server=%00"])
def test_senseless_addresses_are_harmless(client, failed, alice, query):
    client.force_login(alice)
    assert client.get(f"/exceptions/?{query}").status_code == 200


def test_whose_duty_it_is_not_sees_nothing_and_resolves_nothing(client, failed, bob, carol, mallory, ada):
    for person in (bob, carol, mallory, ada):
        assert '<li id="f' not in get(client, person, "/exceptions/").text
        assert resolve(client, person, failed, "Done.").status_code == 404
    assert Finding.objects.get().resolved_at is None


def test_what_has_no_checkpoint_is_for_admins_and_leads_to_the_map(client, shop, ada, alice, now):
    note(None, shop, now, code="no_checkpoint", about="export_customers")
    text = get(client, ada, "/exceptions/").text
    assert "no checkpoint stops it" in text and "export_customers" in text
    assert "export_customers" not in get(client, alice, "/exceptions/").text


def test_resolving_takes_a_sentence_and_moves_it(client, failed, alice):
    answer = resolve(client, alice, failed, "Refunded by hand.", code="outcome_failed")
    assert answer.status_code == 302 and answer["Location"] == "/exceptions/?code=outcome_failed&told=resolved"
    assert "Nothing fell through" in get(client, alice, "/exceptions/").text
    assert "Refunded by hand." in get(client, alice, "/exceptions/?view=resolved").text


def test_without_a_sentence_the_list_says_why_and_keeps_what_was_written(client, failed, alice):
    answer = resolve(client, alice, failed, "x" * 1001)
    assert answer.status_code == 422 and "Keep it to 1,000 characters." in answer.text and "x" * 1001 in answer.text
    assert resolve(client, alice, failed, "  ").status_code == 422
    assert Finding.objects.get().resolved_at is None


def test_who_resolves_second_is_told(client, failed, alice, now):
    findings.resolve(finding_id=failed.pk, by=alice, resolution="Done.", at=now)
    answer = resolve(client, alice, failed, "Me too.")
    assert answer.status_code == 422 and "Somebody has resolved this already." in answer.text

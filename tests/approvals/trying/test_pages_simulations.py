"""The pages of simulations: a draft goes in, progress is seen, figures come out, and examples only of one's own."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from approvals import reviews, simulating
from approvals.models import Simulation
from approvals.rules import strict_yaml
from tests.asks import submit
from tests.publishing import rule

from .granting import call

pytestmark = pytest.mark.django_db

DRAFT = """
checkpoint: shop/refund
kind: tool_call
pattern: refund
effect: allow
"""


@pytest.fixture
def denied_once(refund, alice, bob, shop, now):
    action = submit(shop, call(order="A1", amount=1), at=now - timedelta(hours=1)).action
    reviews.record(action_id=action.pk, reviewer=bob, verdict="deny", at=now - timedelta(minutes=59))
    return action


def sent(client, who, draft=DRAFT, days=7):
    client.force_login(who)
    return client.post("/simulations/", {"draft": draft, "days": days})


def counted(row, now):
    simulating.run(simulation_id=row.pk, clock=lambda: now)
    return row


def test_a_draft_is_taken_as_yaml_or_json_and_counted(client, denied_once, admin, now):
    answer = sent(client, admin, draft=json.dumps(rule(checkpoint="a", pattern="b").document))
    assert answer["Location"] == reverse("simulation", args=[Simulation.objects.get().pk])
    text = client.get(answer["Location"]).text
    assert 'hx-trigger="every 1s"' in text
    assert "It begins within a few seconds" in text


def test_what_was_found_is_told_in_words_with_examples(client, denied_once, admin, alice, now):
    sent(client, alice)
    row = counted(Simulation.objects.get(), now)
    text = client.get(reverse("simulation", args=[row.pk])).text
    assert "<b>1</b> of 1 asks would have ended otherwise" in text
    assert "denied by people" in text and "allowed by a rule" in text
    assert reverse("action", args=[denied_once.pk]) in text
    client.force_login(admin)
    text = client.get(reverse("simulation", args=[row.pk])).text
    assert reverse("action", args=[denied_once.pk]) not in text
    assert "none that is yours to see" in text


def test_waits_and_queues_are_told_in_words(client, denied_once, admin, now):
    sent(
        client,
        admin,
        draft=strict_yaml.write(rule(checkpoint="x", pattern="refund", rank=1, deadline_seconds=30).document),
    )
    row = counted(Simulation.objects.get(), now)
    text = client.get(reverse("simulation", args=[row.pk])).text
    assert "<b>1 min</b> to decide half of the 1" in text
    assert "1 took longer than the draft’s deadline of 30 s" in text
    assert text.count(">0.1<") == 4


def test_the_poll_is_told_to_load_the_page_when_it_is_over(client, denied_once, admin, now):
    sent(client, admin)
    row = Simulation.objects.get()
    address, headers = reverse("simulation", args=[row.pk]), {"HX-Request": "true"}
    assert 'id="live"' in client.get(address, headers=headers).text
    counted(row, now)
    assert client.get(address, headers=headers)["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        ("", "Paste the rule"),
        ("checkpoint: a\nkind: nonsense\npattern: b\n", "Line 2:"),
        ("checkpoint: a\n  kind: x", "Line 2:"),
        ("- a", "A rule is a document"),
        (DRAFT + "when: 'args.amount >'\n", "ends too early"),
        (DRAFT + "server: nobody\n", "No server is named nobody."),
    ],
)
def test_a_draft_that_cannot_be_read_says_why_and_where(client, refund, admin, draft, words):
    answer = sent(client, admin, draft=draft)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Simulation.objects.exists()


def test_a_second_one_leads_to_the_one_that_runs(client, denied_once, admin):
    first = sent(client, admin)["Location"]
    assert sent(client, admin)["Location"] == first


def test_it_starts_from_the_rule_in_force(client, refund, admin):
    client.force_login(admin)
    text = client.get("/simulations/?checkpoint=shop/refund").text
    assert "pattern: refund" in text
    assert client.get("/simulations/?checkpoint=nowhere%00").status_code == 200


def test_a_cancelled_one_says_so(client, denied_once, admin):
    address = sent(client, admin)["Location"]
    client.post(reverse("simulation_cancel", args=[Simulation.objects.get().pk]))
    assert "Cancelled by admin." in client.get(address).text
    assert "no result" in client.get("/simulations/").text


def test_simulations_of_others_are_not_there(client, denied_once, admin, alice, mallory):
    sent(client, admin)
    pk = Simulation.objects.get().pk
    client.force_login(alice)
    assert client.get(reverse("simulation", args=[pk])).status_code == 404
    assert client.post(reverse("simulation_cancel", args=[pk])).status_code == 404
    client.force_login(mallory)
    assert client.get("/simulations/").status_code == 404


def test_the_list_takes_a_fixed_number_of_queries(client, denied_once, admin, now, django_assert_max_num_queries):
    for _ in range(4):
        sent(client, admin)
        counted(Simulation.objects.order_by("pk").last(), now)
    with django_assert_max_num_queries(8):
        assert client.get("/simulations/").text.count("1 of 1 differ") == 4

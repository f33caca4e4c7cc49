"""The pages of grants: looking back before giving, the list with its uses, revoking."""

import pytest
from django.urls import reverse

from approvals import grants, reviews
from approvals.models import Action, Grant, Outcome
from approvals.rules.covering import Limit
from tests.asks import submit

from .granting import call

pytestmark = pytest.mark.django_db

TERMS = {"uses": "3", "per_hour": "2", "seconds": "3600"}


def sent(**more):
    """The form as a browser sends it; arguments stand in the order of their names: amount, order."""
    return {**TERMS, "how-0": "most", "most-0": "5000", "how-1": "same", **more}


def giving(client, who, action, data):
    client.force_login(who)
    return client.post(reverse("grant_new", args=[action.pk]), data)


def looked(client, who, action, **more):
    text = giving(client, who, action, sent(**more)).text
    return text.partition('name="seen" value="')[2].partition('"')[0]


def test_the_form_looks_back_before_anything_is_given(client, decided, approved, alice):
    decided("deny", note="wrong order", order="A1", amount=100)
    text = giving(client, alice, approved, sent()).text
    assert "2 of the last 2" in text
    assert "1 of which you denied" in text
    assert "wrong order" in text
    assert not Grant.objects.exists()


def test_a_grant_is_given_after_its_preview_was_looked_at(client, approved, alice):
    seen = looked(client, alice, approved)
    answer = giving(client, alice, approved, sent(seen=seen, give="1"))
    given = Grant.objects.get()
    assert answer["Location"] == reverse("grant", args=[given.pk]) + "?told=given"
    assert (given.uses_most, given.per_hour, given.created_by) == (3, 2, alice)
    assert "any whole number from 0 to <b>5,000</b>" in client.get(answer["Location"]).text


def test_what_was_changed_after_the_preview_is_shown_again_instead(client, approved, alice):
    seen = looked(client, alice, approved)
    text = giving(client, alice, approved, sent(seen=seen, give="1", **{"how-1": "any"})).text
    assert "Look at what it would have covered, then give it." in text
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"uses": "11"}, "allows 1 to 10 uses"),
        ({"most-0": "4199"}, "not under the value of this very ask"),
        ({"most-0": "lots"}, "Enter a whole number"),
        ({"per_hour": "4"}, "at most as many as in all"),
        ({"how-1": "most"}, "Select a valid choice"),
        ({"seconds": "9999999"}, "Select a valid choice"),
    ],
)
def test_terms_that_make_no_sense_are_marked_where_they_stand(client, approved, alice, wrong, words):
    seen = looked(client, alice, approved)
    answer = giving(client, alice, approved, sent(give="1", seen=seen, **wrong))
    assert answer.status_code == 422
    assert words in answer.text
    assert not Grant.objects.exists()


def test_an_ask_that_cannot_be_granted_says_why(client, asked, alice, bob, now):
    reviews.record(action_id=asked.pk, reviewer=bob, verdict="approve", at=now)
    client.force_login(alice)
    answer = client.get(reverse("grant_new", args=[asked.pk]))
    assert answer.status_code == 422
    assert "allows no grants" in answer.text


def test_a_pending_ask_has_a_preview_and_no_button_to_give(client, open_rule, shop, alice, now):
    action = submit(shop, at=now).action
    client.force_login(alice)
    text = client.get(reverse("grant_new", args=[action.pk])).text
    assert "This ask is not decided yet." in text
    assert 'name="give"' not in text


def test_foreign_names_and_values_are_shown_faithfully(client, decided, alice):
    action = decided(**{"<b>am\u202eount": "</script>\u200b"})
    client.force_login(alice)
    text = client.get(reverse("grant_new", args=[action.pk])).text
    assert "<b>am" not in text and "</script>\u200b" not in text
    assert "U+202E" in text and "U+200B" in text


def test_the_list_says_who_gave_what_is_left_and_each_use(client, grant, shop, alice, later):
    use(shop, number=1, at=later, outcome="failed")
    client.force_login(alice)
    text = client.get("/grants/").text
    assert "2 of 3 uses left" in text
    assert "Given by alice as payments-owner" in text
    assert "failed" in text
    assert "1.</span>" in client.get(reverse("grant", args=[grant.pk])).text


def test_strangers_see_no_grants(client, grant, mallory):
    client.force_login(mallory)
    assert "No grants yet" in client.get("/grants/").text
    for name in ("grant", "grant_statement"):
        assert client.get(reverse(name, args=[grant.pk])).status_code == 404
    assert client.post(reverse("grant_revoke", args=[grant.pk])).status_code == 404
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_an_admin_without_a_duty_sees_grants_but_no_link_to_asks(client, grant, shop, carol, later):
    carol.is_staff = True
    carol.save()
    used = use(shop, number=1, at=later)
    client.force_login(carol)
    text = client.get("/grants/").text
    assert "an ask that is not yours to see" in text
    assert str(used.pk) not in text


def test_a_revoked_grant_stays_listed(client, grant, bob):
    client.force_login(bob)
    told = client.post(reverse("grant_revoke", args=[grant.pk]))["Location"]
    assert "The grant is revoked." in client.get(told).text
    text = client.get("/grants/").text
    assert "Revoked</b> by bob" in text
    assert reverse("grant_revoke", args=[grant.pk]) not in text
    again = client.post(reverse("grant_revoke", args=[grant.pk]))["Location"]
    assert "revoked already" in client.get(again).text


def test_the_statement_comes_as_it_was_signed(client, grant, bob):
    client.force_login(bob)
    answer = client.get(reverse("grant_statement", args=[grant.pk]))
    assert answer.content == bytes(grant.jws)


def test_a_list_of_many_grants_takes_a_fixed_number_of_queries(
    client, approved, shop, alice, later, django_assert_max_num_queries, monkeypatch
):
    terms = grants.Terms(uses=3, seconds=3600, per_hour=2, limits={"amount": Limit("most", 5000)})
    monkeypatch.setattr(grants, "MOST_ALIKE", 99)
    made = [grants.create(action_id=approved.pk, person=alice, terms=terms, at=later) for _ in range(25)]
    for number in (1, 2):
        use(shop, number=number, at=later, key=f"u{number}")
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        text = client.get("/grants/").text
    older = client.get("/grants/?" + text.partition('class="turner"><a href="?')[2].partition('"')[0]).text
    listed = [pk for page in (text, older) for pk in (str(one.pk) for one in made) if f"/grants/{pk}/revoke/" in page]
    assert sorted(listed) == sorted(str(one.pk) for one in made)


def use(shop, *, number, at, key="used", outcome=None):
    """Use it once more."""
    action = submit(shop, call(order="A1", amount=number), key=key, at=at).action
    assert action.grant_use.number == number
    if outcome:
        Outcome.objects.create(action=action, status=outcome, at=at)
    return Action.objects.get(pk=action.pk)

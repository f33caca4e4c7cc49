"""The page on which an owner changes an ask and then approves it, and what other pages tell of that."""

import json

import pytest
from django.urls import reverse

from approvals.models import Action, Edit, Review
from tests.approvals.browsing import action_page, get
from tests.approvals.editing import approve, edit, editable, seen
from tests.asks import ask, submit

pytestmark = pytest.mark.django_db
LINK = "Edit and approve…"


@pytest.fixture
def one(alice, bob, shop, now):
    editable(at=now)
    return submit(shop, at=now).action


@pytest.fixture
def two(alice, bob, shop, now):
    editable(need=2, at=now)
    return submit(shop, at=now).action


def send(client, who, action, do="look", **typed):
    client.force_login(who)
    said = {"seen": seen(action), "do": do, **typed}
    return client.post(reverse("edit", args=[action.pk]), said)


def looked(page) -> str:
    return page.context["looked"]


def test_it_is_offered_where_the_rule_lets_something_be_changed(client, alice, one):
    assert LINK in get(client, alice, action_page(one)).text
    page = get(client, alice, reverse("edit", args=[one.pk]))
    assert "Nobody has said anything to it yet." in page.text and 'value="4200"' in page.text
    assert "Sign and approve" not in page.text


def test_it_is_not_offered_where_nothing_may_be_changed_or_not_by_this_person(client, alice, asked, carol, shop, now):
    assert LINK not in get(client, alice, action_page(asked)).text
    assert get(client, alice, reverse("edit", args=[asked.pk])).status_code == 302
    editable(editors="data-owner", at=now)
    other = submit(shop, key="k2", at=now).action
    assert LINK not in get(client, alice, action_page(other)).text
    address = get(client, alice, reverse("edit", args=[other.pk]))["Location"]
    assert "Changing this before a yes is not your right." in get(client, alice, address).text


def test_a_stranger_finds_no_page(client, mallory, one):
    assert get(client, mallory, reverse("edit", args=[one.pk])).status_code == 404
    client.force_login(mallory)
    assert client.post(reverse("edit", args=[one.pk]), {"do": "sign"}).status_code == 404


def test_the_difference_is_shown_first_and_then_signed(client, alice, one):
    page = send(client, alice, one, v0="40")
    assert page.status_code == 200 and "Sign and approve" in page.text and not Edit.objects.exists()
    (row,) = page.context["rows"]
    assert (row.was.plain, row.value.plain) == (4200, 40)
    answer = send(client, alice, one, do="sign", v0="40", looked=looked(page), remark="42 was meant")
    assert answer.status_code == 302
    kept = Edit.objects.get(action=one)
    assert kept.dig == looked(page) and Review.objects.get(action=one).note == "42 was meant"
    after = client.get(answer["Location"]).text
    for told in (one.dig, kept.dig, "Your yes is recorded.", "changed this at", "may run", "changes it"):
        assert told in after


def test_nothing_is_signed_that_was_not_looked_at(client, alice, one):
    page = send(client, alice, one, v0="40")
    again = send(client, alice, one, do="sign", v0="41", looked=looked(page))
    assert again.status_code == 422 and "You changed more since you looked." in again.text
    assert send(client, alice, one, do="sign", v0="40").status_code == 422
    assert Action.objects.get(pk=one.pk).state == "pending" and not Edit.objects.exists()


@pytest.mark.parametrize(
    ("typed", "told"),
    [("x", "This is not a number"), ("4200", "Nothing would change."), ("NaN", "This is not a number"),
     ("", "This is not a number"), ('{"a":1,"a":2}', "This is not a number"), ('"40"', "has to stay a whole number"),
     ("40.5", "This has to stay a whole number"), ("[1]", "This has to stay a whole number"),
     ("9007199254740993", "This is not a number")],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_stays(client, alice, one, typed, told):
    page = send(client, alice, one, v0=typed)
    assert page.status_code == 422 and told in page.text and "Nothing was signed." in page.text
    if typed != "4200":
        assert page.context["form"].blanks[0].typed == typed and 'aria-invalid="true"' in page.text


def test_an_edit_into_another_rules_ask_is_refused_with_its_name(client, alice, one, now):
    from tests.publishing import publish

    publish(checkpoint="shop/never", pattern="refund", effect="deny", roles={}, when="args.amount == 13", at=now)
    page = send(client, alice, one, v0="13")
    assert page.status_code == 422 and "Changed so, shop/never denies it." in page.text


KINDS = {"on": True, "plan": "small", "many": {"a": [1, 2]}, "long": "one\ntwo", "odd": "pay\u202eme", "none": None}
SCHEMA = {"type": "object", "properties": {"plan": {"type": "string", "enum": ["small", "large"]}}}


@pytest.fixture
def varied(alice, shop, now):
    editable(edit=[f"/{name}" for name in (*KINDS, "absent", "order")], arguments=SCHEMA, at=now)
    value = ask()
    value["mcp"]["params"]["arguments"] |= KINDS
    return submit(shop, value, at=now).action


def test_each_value_has_a_field_of_its_sort(client, alice, varied):
    page = get(client, alice, reverse("edit", args=[varied.pk]))
    how = {blank.place.pointer: blank.how for blank in page.context["form"].blanks}
    assert how == {
        "/on": "choice", "/plan": "choice", "/many": "json", "/long": "lines", "/odd": "json", "/none": "json",
        "/order": "text",
    }  # fmt: skip
    assert "pay\\u202eme" in page.text and "\u202e" not in page.text


def test_all_sorts_of_values_are_changed_and_what_was_not_touched_stays(client, alice, varied):
    typed = {"v0": "1", "v1": "1", "v2": '{"a": [1, 3]}', "v3": "one\r\nthree"}
    page = send(client, alice, varied, **typed)
    send(client, alice, varied, do="sign", looked=looked(page), **typed)
    made = json.loads(bytes(Edit.objects.get().body))["value"]["params"]["arguments"]
    assert made == {"order": "A1", "amount": 4200} | KINDS | {
        "on": False, "plan": "large", "many": {"a": [1, 3]}, "long": "one\nthree"
    }  # fmt: skip


@pytest.mark.parametrize("typed", [{"v1": "2"}, {"v0": "yes"}, {"v2": '{"a":[1,2],"a":[1,3]}'}, {"v2": "{"}])
def test_what_is_no_choice_or_no_strict_json_is_refused(client, alice, varied, typed):
    assert send(client, alice, varied, **typed).status_code == 422
    assert not Edit.objects.exists()


def test_typed_markup_is_shown_and_never_run(client, alice, varied):
    page = send(client, alice, varied, v6='<script>x</script>"\u202e')
    assert "<script>x" not in page.text and "&lt;script&gt;x" in page.text


def test_the_page_says_whose_word_is_voided_before_and_shows_it_after(client, alice, bob, two, later):
    approve(two, alice, at=later)
    before = get(client, bob, reverse("edit", args=[two.pk])).text
    assert "This voids what was said before:" in before and "alice said yes" in before
    edit(two, bob, at=later)
    after = get(client, alice, action_page(two)).text
    assert "<s>alice</s>" in after and "Before the edit" in after and "You are asked again" in after
    assert "edited since your yes" in get(client, alice, reverse("inbox")).text
    told = get(client, bob, reverse("inbox")).text
    assert "edited since your yes" not in told and ">edited</span>" in told


def test_what_others_see_and_sign_is_what_was_made_of_it(client, alice, bob, two, later):
    edit(two, bob, at=later)
    page = get(client, alice, action_page(two))
    assert [row.value.plain for row in page.context["page"].layout.arguments.rows] == [40, "A1"]
    assert page.context["seen"] == seen(two) and Edit.objects.get().dig in page.text
    address = reverse("bytes", args=[two.pk])
    assert get(client, alice, address).content == bytes(Edit.objects.get().body)
    assert get(client, alice, address, asked="1").content == bytes(two.body)


def test_a_form_opened_before_somebody_elses_edit_signs_nothing(client, alice, bob, two, later):
    old = seen(two)
    edit(two, bob, at=later)
    answer = send(client, alice, two, v0="41", seen=old)
    assert "told=stale_view" in answer["Location"] and Edit.objects.count() == 1


def test_large_values_have_to_be_open_before_anything_is_changed(client, alice, shop, now):
    editable(at=now)
    value = ask()
    value["mcp"]["params"]["arguments"]["order"] = "A" * 4000
    action = submit(shop, value, at=now).action
    assert LINK not in get(client, alice, action_page(action)).text
    sent = get(client, alice, reverse("edit", args=[action.pk]))["Location"]
    page = client.get(sent)
    assert "Not everything was open." in page.text and LINK in page.text
    assert get(client, alice, reverse("edit", args=[action.pk]), open=page.context["opened"]).status_code == 200


def test_a_place_the_ask_does_not_have_is_not_there(client, alice, shop, now):
    editable(edit=["/nothing"], at=now)
    action = submit(shop, at=now).action
    page = get(client, alice, reverse("edit", args=[action.pk]))
    assert "lists places that this ask does not have" in page.text and "<button" not in page.text.split("sheet")[1]


def test_the_subject_answers_the_form_as_it_was_released(client, alice, bob, mallory, shop, now, later):
    from approvals import answers
    from tests.publishing import publish

    publish(checkpoint="shop/form", kind="elicitation_form", pattern="*", edit=["/message"], at=now)
    params = {
        "message": "Give me all",
        "requestedSchema": {"type": "object", "properties": {"size": {"type": "string"}}},
    }
    mcp = {"method": "elicitation/create", "params": params}
    value = {"kind": "elicitation_form", "mcp": mcp, "subject": "mallory", "answer": "console"}
    action = submit(shop, value, at=now).action
    edit(action, alice, {"/message": "Which size?"}, at=later)
    page = get(client, mallory, reverse("answer", args=[action.pk])).text
    assert "Which size?" in page and "Give me all" not in page
    assert answers.give(action_id=action.pk, person=mallory, said="accept", content={"size": "L"}, at=later)


def test_the_host_a_person_is_sent_to_is_never_changed(alice, shop, now, later):
    from approvals import errors
    from tests.publishing import publish

    publish(checkpoint="shop/link", kind="elicitation_url", pattern="*", edit=[""], at=now)
    params = {"mode": "url", "message": "Pay", "url": "https://bank.example.org/pay"}
    value = {"kind": "elicitation_url", "mcp": {"method": "elicitation/create", "params": params}}
    action = submit(shop, value, at=now).action
    with pytest.raises(errors.EditLeavesRule, match="host"):
        edit(action, alice, {"/url": "https://evil.example.org/pay"}, at=later)
    with pytest.raises(errors.BadEdit):
        edit(action, alice, {"/url": "http://bank.example.org/pay"}, at=later)
    assert edit(action, alice, {"/url": "https://bank.example.org/other"}, at=later).state == "approved"

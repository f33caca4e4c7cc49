"""The pages of an answer: who sees them, what they show, and what becomes of what is sent. And what its owners see."""

from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from approvals import answers, reviews
from approvals.models import Answer
from tests.asks import submit

from . import answering
from .browsing import action_page, get

pytestmark = pytest.mark.django_db
HIDDEN = "\u200b\u202e"


@pytest.fixture
def page(client):
    return partial(get, client)


@pytest.fixture
def dana(db, django_user_model):
    return django_user_model.objects.create_user("dana", email="dana@example.org", password="dana-password")


@pytest.fixture
def places(db, alice, bob, now):
    answering.checkpoints(at=now)


@pytest.fixture
def question(places, shop, alice, dana, now):
    return answering.released(shop, alice, answering.form(), at=now)


def address(action):
    return reverse("answer", args=[action.pk])


def send(client, who, action, said="accept", **fields):
    client.force_login(who)
    return client.post(address(action), {"said": said, **fields})


# ── Who ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_subject_finds_the_question_waiting(page, question, dana):
    assert "1<span" in page(dana, "/").text.split("For you", 1)[1][:40]
    text = page(dana, "/answers/").text
    assert "1 question waits for your answer" in text and address(question) in text
    assert "asks you" in page(dana, address(question)).text


@pytest.mark.parametrize("who", ["alice", "bob", "carol", "mallory"])
def test_for_everybody_else_there_is_no_question(client, question, request, who):
    person = request.getfixturevalue(who)
    assert get(client, person, address(question)).status_code == 404
    assert send(client, person, question, f2="Mallory").status_code == 404
    assert "Nothing waits for your answer" in get(client, person, "/answers/").text
    assert "For you" not in get(client, person, "/").text
    assert not Answer.objects.exists()


def test_a_superuser_answers_for_nobody(page, question, django_user_model):
    root = django_user_model.objects.create_superuser("root", password="root-password")
    assert page(root, address(question)).status_code == 404


def test_before_its_release_the_subject_sees_nothing(page, places, shop, dana, now):
    action = submit(shop, answering.form(), at=now).action
    assert page(dana, address(action)).status_code == 404
    assert "For you" not in page(dana, "/").text


def test_who_is_not_signed_in_is_led_back_to_the_question(client, question, dana):
    away = client.get(address(question))
    assert away.status_code == 302 and away["Location"].endswith(f"?next={address(question)}")
    back = client.post(away["Location"], {"login": "dana", "password": "dana-password"})
    assert back["Location"] == address(question)


# ── What it shows ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_form_stands_there_with_its_defaults(page, question, dana):
    text = page(dana, address(question)).text
    assert 'name="f0" value="1" checked' in text and "checked" not in text.split('value="0"', 1)[1].split(">", 1)[0]
    assert 'id="f1" name="f1" type="number"' in text and 'min="1" max="9"' in text
    assert "Your name" in text and "2 to 20 characters" in text
    assert 'autocomplete="off"' in text and 'type="password"' not in text


def test_hostile_text_is_shown_and_does_nothing(page, places, shop, alice, dana, now):
    nasty = f'"><script>alert(1)</script>{HIDDEN}'
    rule = {"type": "string", "title": nasty, "description": nasty, "enum": [nasty, "b"], "default": nasty}
    schema = {"type": "object", "properties": {nasty: rule, "more": {"type": "string", "default": nasty}}}
    params = {"message": nasty, "requestedSchema": schema}
    action = answering.released(shop, alice, answering.form(params), at=now)
    text = page(dana, address(action)).text
    assert "<script>alert" not in text and "U+202E" in text
    assert '"><script' not in text


def test_a_link_is_shown_whole_and_opens_for_the_subject_alone(page, places, shop, alice, dana, now):
    action = answering.released(shop, alice, answering.link(), at=now)
    text = page(dana, address(action)).text
    href = f'href="{reverse("connect", args=[action.pk])}" target="_blank" rel="noopener noreferrer"'
    assert href in text and 'href="https://pay.bank.example' not in text and "I have done it" in text
    assert "https://pay.bank.example/login" not in page(alice, action_page(action)).text.replace("<b>", "#")
    assert 'target="_blank"' not in page(alice, action_page(action)).text


def test_a_form_too_long_can_only_be_declined(client, page, places, shop, alice, dana, now):
    fields = {f"q{n}": {"type": "boolean"} for n in range(600)}
    params = {"message": "?", "requestedSchema": {"type": "object", "properties": fields}}
    action = answering.released(shop, alice, answering.form(params), at=now)
    text = page(dana, address(action)).text
    assert "too long to be answered here" in text and 'value="accept"' not in text
    assert send(client, dana, action).status_code == 422
    assert send(client, dana, action, "decline").status_code == 302


def test_a_question_takes_few_queries_whatever_its_size(
    client, places, shop, alice, dana, now, django_assert_num_queries
):
    for count in (1, 100):
        fields = {f"q{n}": {"type": "string"} for n in range(count)}
        params = {"message": "?", "requestedSchema": {"type": "object", "properties": fields}}
        action = answering.released(shop, alice, answering.form(params), key=f"k{count}", at=now)
        client.force_login(dana)
        with django_assert_num_queries(5):  # two for the session, the question, its release, the count
            client.get(address(action))


def test_the_list_takes_few_queries_whatever_its_length(
    client, places, shop, alice, dana, now, django_assert_num_queries
):
    for number in range(12):
        answering.released(shop, alice, answering.form(), key=f"k{number}", at=now)
    client.force_login(dana)
    with django_assert_num_queries(4):
        assert "12 questions wait" in client.get("/answers/").text


# ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_filled_in_is_kept_and_the_page_says_so(client, question, dana):
    answer = send(client, dana, question, f0="0", f1="7", f2="Dana")
    assert (answer.status_code, answer["Location"]) == (302, address(question))
    given = Answer.objects.get()
    assert b'"content":{"color":"red","count":7,"name":"Dana"}' in bytes(given.content)
    text = client.get(address(question)).text
    assert "Answered" in text and "Send my answers" not in text and "For you" not in text.split("</header>")[0]


@pytest.mark.parametrize(("said", "word"), [("decline", "Declined"), ("cancel", "Left")])
def test_a_no_needs_no_form(client, question, dana, said, word):
    send(client, dana, question, said)
    assert Answer.objects.get().said == said
    assert word in client.get(address(question)).text


def test_what_does_not_fit_comes_back_with_a_sentence_at_its_field(client, question, dana):
    answer = send(client, dana, question, f0="-", f1="12", f2="D")
    assert answer.status_code == 422 and not Answer.objects.exists()
    assert "At most 9 is allowed." in answer.text and "At least 2 characters are wanted; this has 1." in answer.text
    assert 'value="12"' in answer.text and 'aria-invalid="true"' in answer.text and 'id="f1-wrong"' in answer.text


def test_the_second_of_two_windows_is_told(client, question, dana):
    send(client, dana, question, "decline")
    again = send(client, dana, question, f2="Dana")
    assert "The first answer stands" in client.get(again["Location"]).text
    assert Answer.objects.get().said == "decline"


def test_a_senseless_answer_changes_nothing(client, question, dana):
    assert send(client, dana, question, "maybe").status_code == 302
    assert not Answer.objects.exists()


def test_a_question_whose_time_is_over_says_so(client, places, shop, alice, dana, settings):
    then = timezone.now() - timedelta(hours=1)
    action = answering.released(shop, alice, answering.form(), at=then)
    text = get(client, dana, address(action)).text
    assert "The time to answer is over." in text and "Send my answers" not in text
    send(client, dana, action, f2="Dana")
    assert not Answer.objects.exists()


# ── What owners see ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_owners_are_told_who_will_be_asked(page, places, shop, alice, dana, now):
    action = submit(shop, answering.form(), at=now).action
    text = page(alice, action_page(action)).text
    assert "is asked on this console, and nobody else" in text and "nobody can answer" not in text


@pytest.mark.parametrize("subject", ["erin@example.org", "user:", "\u200b"])
def test_owners_are_told_when_nobody_could_answer(page, places, shop, alice, dana, now, subject):
    action = submit(shop, answering.form(subject=subject), at=now).action
    text = page(alice, action_page(action)).text
    assert "Nobody here is called" in text and "nobody can answer" in text


def test_who_left_cannot_answer(page, places, shop, alice, dana, now):
    dana.is_active = False
    dana.save()
    action = submit(shop, answering.form(), at=now).action
    assert "Nobody here is called" in page(alice, action_page(action)).text


def test_owners_see_that_it_was_answered_never_what(page, question, alice, dana, now):
    answers.give(action_id=question.pk, person=dana, said="accept", content={"name": "Xyzzy"}, at=timezone.now())
    text = page(alice, action_page(question)).text
    assert "<b>dana</b> answered at" in text and "Xyzzy" not in text


@pytest.mark.parametrize("name", ["key", "session id"])
def test_a_form_that_may_ask_for_a_credential_is_marked(page, places, shop, alice, dana, now, name):
    """What certainly asks for one never gets here; `key` may be anything."""
    schema = {"type": "object", "properties": {name: {"type": "string"}}}
    action = submit(shop, answering.form({"message": "?", "requestedSchema": schema}), at=now).action
    assert "asks for what reads like a credential" in page(alice, action_page(action)).text
    reviews.record(action_id=action.pk, reviewer=alice, verdict="approve", at=now)
    assert "Servers must not ask for secrets in a form" in page(dana, address(action)).text

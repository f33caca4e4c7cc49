"""Whoever is not signed in is led to the sign-in page, and from there back to the page they were on."""

import pytest

pytestmark = pytest.mark.django_db

FORM = "/actions/0190163d-8694-739b-aea5-966c26f8ad91/decide/"


def led(answer):
    assert answer.status_code == 302
    return answer["Location"]


def test_a_page_leads_back_to_itself(client):
    assert led(client.get("/?view=decided")) == "/sign-in/?next=/%3Fview%3Ddecided"


@pytest.mark.parametrize("name", ["Referer", "HX-Current-URL"])
def test_a_form_leads_back_to_the_page_it_stood_on(client, name):
    came_from = {name: "http://testserver/actions/1/?open=a"}
    assert led(client.post(FORM, headers=came_from)) == "/sign-in/?next=/actions/1/%3Fopen%3Da"


@pytest.mark.parametrize(
    "said", ["", "https://evil.example/x", "http://testserver//evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(client, said):
    assert led(client.post(FORM, headers={"Referer": said})) == "/sign-in/?next=/"

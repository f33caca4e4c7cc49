"""How well the form gate does on real forms that it was not tuned on."""

from scripts import secrets_page
from tests.approvals.secrets import corpus


def test_there_are_real_forms_enough_to_say_anything():
    forms = corpus.forms()
    assert len(forms) >= 300 and len({form.src for form in forms}) >= 3 and len({form.lang for form in forms}) >= 15
    assert sum(bool(form.asks) for form in forms) >= 100
    for form in forms:
        assert set(form.asks) <= {field["name"] for field in form.fields}, form.path


def test_what_it_refuses_of_forms_it_was_not_tuned_on_asks_for_a_credential_nearly_always():
    assert corpus.score(held_out=True).precision >= 0.95


def test_it_finds_nine_of_ten_forms_that_ask_for_a_credential():
    assert corpus.score(held_out=True).recall >= 0.90


def test_it_does_as_well_on_forms_that_resemble_none_it_was_tuned_on():
    score = corpus.score(held_out=True, unlike=True)
    assert score.forms >= 100 and score.precision >= 0.95 and score.recall >= 0.90


def test_the_page_about_secrets_says_what_was_missed():
    assert secrets_page.PAGE.read_text() == secrets_page.written(), "run: .venv/bin/python -m scripts.secrets_page"

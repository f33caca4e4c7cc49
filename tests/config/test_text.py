"""Text that no page can write and no database can hold never gets that far."""

import pytest
from django.test import RequestFactory

from config import text


@pytest.mark.parametrize(("charset", "spelt"), [("unicode_escape", "\\ud800"), ("utf-7", "+2AA-")])
def test_another_charset_than_utf_8_is_refused(db, client, charset, spelt):
    form = f'--B\r\nContent-Disposition: form-data; name="login"\r\n\r\n{spelt}\r\n--B--\r\n'
    answer = client.post("/sign-in/", form.encode(), f"multipart/form-data; boundary=B; charset={charset}")
    assert answer.status_code == 400 and b"UTF-8" in answer.content
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_an_address_with_a_nul_is_no_pages(db, client):
    answer = client.get("/people/%00/")
    assert answer.status_code == 400 and b"NUL" in answer.content


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8"])
def test_utf_8_may_be_said(db, client, charset):
    assert client.get("/sign-in/", headers={"Content-Type": f"text/plain; charset={charset}"}).status_code == 200


@pytest.mark.parametrize("spelt", ['"\\000aaaaaaaaaaaaaaaaaaaaaaaa"', '"\\355\\240\\200aaaaaaaaa"', "x"])
def test_a_session_name_that_none_can_have_is_no_session(spelt):
    request = RequestFactory().get("/", headers={"Cookie": f"placet_session={spelt}; other=1"})
    assert text.only_utf8(lambda asked: asked)(request).COOKIES == {"other": "1"}


def test_a_session_name_is_left_alone():
    request = RequestFactory().get("/", headers={"Cookie": f"placet_session={'a0' * 16}"})
    assert text.only_utf8(lambda asked: asked)(request).COOKIES == {"placet_session": "a0" * 16}

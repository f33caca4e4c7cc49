"""The Verify page: an auditor drops files on it, without an account, and at last without a console and a network."""

import json
from pathlib import Path

import pytest

from approvals.wire import offline
from tests.sdk import judge
from tests.sdk.forge import proven

TWO = next(vector for _, vector in judge.VECTORS if vector["name"] == "two people, one standing in for a third")
FALSE = next(vector for _, vector in judge.VECTORS if vector["name"] == "the passkey of another person")


@pytest.fixture
def files(tmp_path):
    """The files of a vector, as an auditor has them."""

    def write(vector, *, people=True) -> list[str]:
        said = {"r.jws": vector["receipt"], "jwks.json": json.dumps(vector["pin"])}
        said |= {"directory.json": json.dumps(vector["directory"])} if people else {}
        for name, text in said.items():
            (tmp_path / name).write_text(text)
        return [str(tmp_path / name) for name in said]

    return write


def test_a_stranger_checks_a_receipt_on_the_page_and_nothing_is_sent(browser, console, watch, files):
    page = watch.follow(browser.new_page())
    page.goto(f"{console}/verify/")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    page.set_input_files("input[type=file]", files(TWO))
    assert page.inner_text(".verdict b") == "This receipt holds: approved."
    assert "Passkeys of user:alice, user:eve" in page.inner_text("#result")
    assert [url for url in sent if "/static/" not in url] == []
    page.set_input_files("input[type=file]", files(FALSE))
    page.wait_for_selector(".verdict b.no")
    assert "unknown_credential" in page.inner_text("#result") and "Passkeys of" not in page.inner_text("#result")
    page.fill("textarea", "hello")
    page.click("#verify button.primary")
    assert "Not taken" in page.inner_text("#found") and watch.wrong == []
    page.close()


def test_the_saved_page_works_from_a_file_without_a_network(browser, files, tmp_path):
    saved = Path(tmp_path / "verify.html")
    saved.write_text(offline.page(), encoding="utf-8")
    context = browser.new_context()
    context.set_offline(True)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(saved.as_uri())
    page.set_input_files("input[type=file]", files(TWO, people=False))
    assert page.inner_text(".verdict b") == "This receipt holds: approved."
    assert "console's word (level 1)" in page.inner_text("#result")
    page.fill("textarea", json.dumps(proven.PEOPLE))
    page.click("#verify button.primary")
    page.wait_for_selector("#result >> text=Passkeys of")
    assert wrong == []
    context.close()

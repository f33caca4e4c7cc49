"""What was decided is found again by how it ended and when, and taken along as a file, as far as one may see it."""

import csv
import io
import json
from datetime import timedelta

import pytest

from accounts import absences
from approvals import reviews
from approvals.models import Action
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import action_page, get, words

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(refund, shop, alice, bob, now):
    """Three refunds: approved today, denied ten days ago, expired forty days ago."""
    then = [now, now - timedelta(days=10), now - timedelta(days=40)]
    made = [submit(shop, key=str(n), at=at).action for n, at in enumerate(then)]
    reviews.record(action_id=made[0].pk, reviewer=alice, verdict="approve", at=then[0])
    reviews.record(action_id=made[1].pk, reviewer=bob, verdict="deny", note="no", at=then[1])
    Action.objects.filter(pk=made[2].pk).update(state="expired", settled_at=made[2].deadline_at)
    return made


def listed(client, who, made, **said):
    page = get(client, who, "/", view="decided", **said).text
    return [n for n, action in enumerate(made) if f'id="row-{action.pk}"' in page]


def exported(client, who, **said):
    answer = get(client, who, "/decided/export/", **said)
    return b"".join(answer.streaming_content).decode()


def test_the_list_is_narrowed_by_how_it_ended_and_by_days(client, decided, alice, now):
    def day(ago):
        return (now - timedelta(days=ago)).date().isoformat()

    assert listed(client, alice, decided) == [0, 1, 2]
    assert listed(client, alice, decided, state="expired") == [2]
    assert listed(client, alice, decided, since=day(10)) == [0, 1]
    assert listed(client, alice, decided, last=day(10)) == [1, 2]
    assert listed(client, alice, decided, since=day(9), last=day(1)) == []
    assert "Nothing here fits." in get(client, alice, "/", view="decided", since=day(9), last=day(1)).text


def test_what_waits_is_not_narrowed_by_how_it_ended(client, decided, shop, alice, now):
    waiting = submit(shop, key="w", at=now).action
    assert str(waiting.pk) in get(client, alice, "/", state="expired", since="2030-01-01").text


@pytest.mark.parametrize("said", [{"since": "x"}, {"last": "9999-12-31"}, {"state": "pending"}, {"state": "\0"}])
def test_senseless_days_and_states_are_as_if_absent(client, decided, alice, said):
    assert listed(client, alice, decided, **said) == [0, 1, 2]
    assert get(client, alice, "/decided/export/", **said, format="exe").status_code == 200


def test_the_next_page_keeps_what_it_was_narrowed_to(client, decided, alice, now, monkeypatch):
    from approvals.queries import inbox

    monkeypatch.setattr(inbox, "WHOLE", 1)
    page = get(client, alice, "/", view="decided", since="2020-01-01").text
    assert "since=2020-01-01&amp;after=" in page


def test_the_export_has_what_the_list_has_of_thirty_days(client, decided, alice):
    table = list(csv.DictReader(io.StringIO(exported(client, alice))))
    assert {row["id"] for row in table} == {str(decided[0].pk), str(decided[1].pk)}
    lines = [json.loads(line) for line in exported(client, alice, format="jsonl", state="denied").splitlines()]
    assert [line["id"] for line in lines] == [str(decided[1].pk)]
    assert len(exported(client, alice, since="2020-01-01").splitlines()) == 4


def test_the_export_never_carries_what_was_asked(client, decided, shop, alice, now):
    secret = ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": {"iban": "DE02-SECRET"}}})
    action = submit(shop, secret, key="s", at=now).action
    reviews.record(action_id=action.pk, reviewer=alice, verdict="deny", at=now)
    assert str(action.pk) in exported(client, alice) and "SECRET" not in exported(client, alice)


def test_only_what_one_may_see_is_exported(client, decided, shop, alice, carol, mallory, now):
    publish(checkpoint="data/export", pattern="export", roles={"approval": "data-owner"}, at=now)
    other = submit(shop, ask(tool="export"), key="x", at=now).action
    reviews.record(action_id=other.pk, reviewer=carol, verdict="approve", at=now)
    assert str(other.pk) in exported(client, carol) and str(decided[0].pk) not in exported(client, carol)
    assert str(other.pk) not in exported(client, alice)
    assert get(client, mallory, "/decided/export/").status_code == 404
    absences.declare(person=carol, delegates={"data-owner": mallory}, at=now)
    assert str(other.pk) in exported(client, mallory)


def test_an_action_page_is_where_a_line_leads(client, decided, alice):
    assert f'href="{action_page(decided[0])}"' in words(get(client, alice, "/", view="decided", state="approved"))

"""Asks by the dozen, and what became of them."""

import json

from placet import jws

from approvals import errors, intake
from approvals.models import Receipt
from tests.asks import item


def claims(action) -> dict:
    return json.loads(jws.split(bytes(Receipt.objects.get(pk=action.pk).jws)).payload)


def flood(server, count: int, *, at, start: int = 0, value: dict | None = None) -> list:
    items = [item(server, value, key=f"flood-{start + number}") for number in range(count)]
    return intake.submit_many(items=items, at=at)


def refusals(answers: list) -> list[errors.TooMany]:
    return [answer for answer in answers if isinstance(answer, errors.TooMany)]


def states(answers) -> list[tuple[str, str]]:
    return [(each.action.state, each.action.reason) for each in answers]

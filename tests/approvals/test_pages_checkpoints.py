"""Checkpoints as admins read and write them: the list, one with its history, the form of its rule."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import roles
from accounts.models import User
from approvals import changes, sightings
from approvals.models import Change, Checkpoint, Policy
from tests.approvals.browsing import get
from tests.asks import ask, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db):
    """An admin."""
    return User.objects.create_user("ann", password="ann-password", is_staff=True)


@pytest.fixture
def ben(db):
    """Another admin."""
    return User.objects.create_user("ben", password="ben-password", is_staff=True)


def sent(page, **changes):
    """What a browser sends of the form on this page, with these changes."""
    form, shown = page.context["form"], {}
    for field in form:
        value = field.value()
        if value is not None and value is not False:
            shown[field.html_name] = "on" if value is True else value
    base = {"base": page.context["policy"].revision} if page.context["policy"] else {}
    return shown | base | changes


def new(client, ann, *, do="propose", **changes):
    page = get(client, ann, reverse("checkpoint_new"))
    typed = {"checkpoint": "shop/refund", "pattern": "refund", "need_0_role": "payments-owner"}
    return client.post(reverse("checkpoint_new"), sent(page, **typed | {"do": do} | changes))


def edit(client, ann, policy, *, do="propose", **changes):
    address = reverse("checkpoint_edit", args=[policy.checkpoint_id])
    return client.post(address, sent(get(client, ann, address), **{"do": do} | changes))


def test_the_list_says_what_is_stopped_who_holds_it_and_what_is_missing(client, ann, refund, alice, bob):
    page = get(client, ann, reverse("checkpoints"))
    assert page.status_code == 200
    for words in ("shop/refund", "alice, bob", "nobody is named for logging", "any server"):
        assert words in page.text


def test_smoke(client, ann, refund, payout, alice, bob):
    page = get(client, ann, reverse("checkpoint", args=[refund.checkpoint_id]))
    assert page.status_code == 200
    page = get(client, ann, reverse("checkpoint_edit", args=[refund.checkpoint_id]))
    assert page.status_code == 200
    page = new(client, ann, do="check", checkpoint="a/b", pattern="other")
    assert page.status_code == 200, page.context["form"].errors
    page = new(client, ann, checkpoint="a/b", pattern="other")
    assert page.status_code == 302, page.context["form"].errors
    page = get(client, ann, page["Location"])
    assert page.status_code == 200
    assert get(client, ann, reverse("changes")).status_code == 200
    assert get(client, ann, reverse("map_file")).status_code == 200
    assert get(client, ann, reverse("map_import")).status_code == 200

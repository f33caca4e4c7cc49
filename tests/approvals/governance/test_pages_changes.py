"""Changes as admins decide them: what stood and what shall stand, who can confirm it, and a token shown once."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.models import ServerToken
from approvals import changes
from approvals.models import Change, Policy
from tests.approvals.browsing import get
from tests.publishing import publish, rule

pytestmark = pytest.mark.django_db
REFUND = {"checkpoint": "shop/refund", "pattern": "refund", "deadline_seconds": 600}


@pytest.fixture
def proposed(ann, ben, alice, bob, refund, now):
    """Ann proposes that a refund needs two."""
    document = rule(**REFUND, need=2).document
    return changes.propose(
        author=ann, about="checkpoint", subject="shop/refund", proposed=document, note="Two, since May.", at=now
    )


def page_of(client, who, change):
    return get(client, who, reverse("change", args=[change.pk]))


def decide(client, who, change, do, **said):
    client.force_login(who)
    return client.post(reverse("change", args=[change.pk]), {"do": do, **said})


def test_a_change_shows_what_stood_what_shall_stand_and_why(client, ben, proposed):
    page = page_of(client, ben, proposed)
    for words in ("Two, since May.", "must say yes within", "What changes", "line by line", "proposed by ann"):
        assert words.lower() in page.text.lower()
    assert [turn.topic for turn in page.context["page"].turns] == ["Answer"]
    assert ("+", "  - count: 2") in [(line.sign, line.text) for line in page.context["page"].lines]


def test_a_retirement_shows_the_rule_that_goes(client, ann, ben, refund, now):
    change = changes.propose(author=ann, about="checkpoint", subject="shop/refund", proposed=None, at=now)
    page = page_of(client, ben, change)
    assert "Retire checkpoint" in page.text and "that goes" in page.text and "must say yes within" in page.text


def test_nobody_confirms_their_own_change_and_the_page_says_who_can(client, ann, proposed):
    page = page_of(client, ann, proposed)
    assert "Your own change cannot be confirmed by you. ben can." in page.text and 'value="confirm"' not in page.text
    refused = decide(client, ann, proposed, "confirm")
    assert refused.status_code == 422 and "another admin has to confirm it" in refused.text
    assert Policy.objects.count() == 1


def test_another_admin_confirms_and_it_is_in_effect(client, ben, proposed):
    assert decide(client, ben, proposed, "confirm", note="Yes.").status_code == 302
    page = page_of(client, ben, proposed)
    assert "In effect" in page.text and "confirmed by ben" in page.text and 'name="do"' not in page.text
    assert Policy.objects.get(revision=2).confirmed_by == ben
    assert "This change is applied already." in decide(client, ben, proposed, "confirm").text


def test_a_refusal_needs_a_note_and_keeps_the_change_on_record(client, ben, proposed):
    refused = decide(client, ben, proposed, "refuse", note=" ")
    assert refused.status_code == 422 and "why you refuse" in refused.text
    decide(client, ben, proposed, "refuse", note="One is enough.")
    page = page_of(client, ben, proposed)
    assert "Refused" in page.text and "One is enough." in page.text


def test_what_was_typed_is_kept_when_a_decision_is_refused(client, ben, proposed):
    refused = decide(client, ben, proposed, "refuse", note="x" * 1001)
    assert refused.status_code == 422 and "x" * 1001 in refused.text and "1000 characters" in refused.text


def test_its_author_withdraws_it_and_nobody_else(client, ann, ben, proposed):
    assert "Somebody else proposed this." in decide(client, ben, proposed, "withdraw").text
    decide(client, ann, proposed, "withdraw")
    assert "Withdrawn" in page_of(client, ann, proposed).text


def test_a_change_of_what_changed_meanwhile_says_so_before_and_when_confirmed(client, ben, proposed, later):
    assert "would be refused" not in page_of(client, ben, proposed).text
    publish(**REFUND | {"deadline_seconds": 60}, at=later)
    told = page_of(client, ben, proposed).text
    assert "Confirmed now, it would be refused:" in told and "Propose it again on what stands now." in told
    assert 'value="confirm" disabled' in told
    refused = decide(client, ben, proposed, "confirm")
    assert refused.status_code == 422 and "Propose it again on what stands now." in refused.text


def test_what_would_be_refused_by_now_is_told_beside_the_change(client, ben, proposed, bob):
    bob.is_active = False
    bob.save()
    page = page_of(client, ben, proposed)
    assert "Confirmed now, it would be refused:" in page.text and "needs 2 distinct people" in page.text


def test_changes_of_people_and_servers_show_in_words_too(client, ann, ben, alice, bob, shop, now):
    members = [{"person": "bob"}]
    role = changes.propose(
        author=ann, about="role", subject="payments-owner",
        proposed={"role": "payments-owner", "members": members}, at=now,
    )  # fmt: skip
    admin = changes.propose(
        author=ann, about="admin", subject="bob", proposed={"person": "bob", "admin": True}, at=now
    )  # fmt: skip
    assert [each.name for each in page_of(client, ben, role).context["page"].differences] == ["alice"]
    assert "Make <b>" in page_of(client, ben, admin).text
    assert decide(client, ben, admin, "confirm").status_code == 302
    bob.refresh_from_db()
    assert bob.is_staff


def test_a_token_is_shown_once_to_its_author_and_kept_nowhere(client, ann, ben, shop, now):
    change = changes.propose(author=ann, about="token", subject="shop", proposed={"server": "shop"}, at=now)
    assert decide(client, ann, change, "collect").status_code == 422
    decide(client, ben, change, "confirm")
    assert decide(client, ben, change, "collect").status_code == 404
    shown = decide(client, ann, change, "collect")
    token = shown.context["token"]
    assert shown.status_code == 200 and token in shown.text and "no-store" in shown["Cache-Control"]
    assert ServerToken.objects.get(revoked_at=None).pk == token.split("_")[1]
    assert token not in page_of(client, ann, change).text
    assert not any(token in str(session.get_decoded()) for session in Session.objects.all())
    again = decide(client, ann, change, "collect")
    assert again.status_code == 422 and "This change is applied already." in again.text


def test_the_list_shows_what_waits_then_what_is_for_later_then_what_is_over(client, ann, ben, proposed, now):
    later = changes.propose(
        author=ben, about="checkpoint", subject="new", proposed=rule(checkpoint="new", pattern="new").document, at=now,
        effective_at=now + timedelta(days=2),
    )  # fmt: skip
    changes.confirm(change_id=later.pk, by=ann, at=now)
    over = changes.propose(author=ann, about="role", subject="cfo", proposed={"role": "cfo", "members": []}, at=now)
    changes.withdraw(change_id=over.pk, by=ann, at=now)
    page = get(client, ben, reverse("changes"))
    found = page.context["found"]
    assert [[change.pk for change in part] for part in (found.waiting, found.scheduled, found.past)] == [
        [proposed.pk], [later.pk], [over.pk]
    ]  # fmt: skip
    assert "1 change waits for a second admin" in page.text and "yours to decide" in page.text
    assert "another admin decides" in get(client, ann, reverse("changes")).text


def test_what_is_over_comes_in_pages_and_costs_the_same(client, ann, ben, now, django_assert_max_num_queries):
    for _ in range(42):
        made = changes.propose(author=ann, about="role", subject="cfo", proposed={"role": "cfo", "members": []}, at=now)
        changes.withdraw(change_id=made.pk, by=ann, at=now)
    client.force_login(ben)
    with django_assert_max_num_queries(6):
        first = client.get(reverse("changes")).context["found"]
    assert len(first.past) == 40
    rest = get(client, ben, reverse("changes"), before=str(first.next)).context["found"]
    assert [change.pk for change in rest.past] == sorted(Change.objects.values_list("pk", flat=True))[1::-1]


def test_who_is_no_admin_finds_no_changes(client, alice, proposed):
    assert get(client, alice, reverse("changes")).status_code == 404
    assert page_of(client, alice, proposed).status_code == 404
    assert decide(client, alice, proposed, "confirm").status_code == 404
    assert (
        get(client, alice, reverse("map_file")).status_code
        == get(client, alice, reverse("map_import")).status_code
        == 404
    )


def test_the_map_is_read_from_a_file_first_shown_then_proposed(client, ann, ben, refund, alice):
    page = get(client, ann, reverse("map_file"))
    assert page["Content-Disposition"] == 'attachment; filename="placet-map.yaml"'
    written = page.text.replace("deadline_seconds: 600", "deadline_seconds: 900")
    client.force_login(ann)
    plan = client.post(reverse("map_import"), {"text": written, "do": "plan"})
    assert [each.subject for each in plan.context["plan"]] == ["shop/refund"] and not Change.objects.exists()
    done = client.post(reverse("map_import"), {"text": written, "do": "propose", "note": "From the repository."})
    assert "It waits for a second admin" in done.text and Change.objects.get().note == "From the repository."
    same = client.post(reverse("map_import"), {"text": page.text, "do": "plan"})
    assert "The file says what stands already" in same.text


@pytest.mark.parametrize("text", ["placet: 2", "placet: 1\ncheckpoints: [", "", "placet: 1\nroles:\n  a: {b: 1}"])
def test_a_file_that_cannot_be_read_is_refused_with_its_line(client, ann, text):
    client.force_login(ann)
    page = client.post(reverse("map_import"), {"text": text, "do": "plan"})
    assert page.status_code == 422 and page.context["form"].errors["text"]


def test_a_file_from_a_disk_is_shown_before_it_is_proposed(client, ann, tmp_path):
    client.force_login(ann)
    file = tmp_path / "map.yaml"
    file.write_text("placet: 1\nroles:\n  cfo: []\n")
    with file.open("rb") as chosen:
        page = client.post(reverse("map_import"), {"file": chosen, "do": "plan"})
    assert [each.subject for each in page.context["plan"]] == ["cfo"] and "cfo: []" in page.text
    file.write_bytes(b"\xff\xfe")
    with file.open("rb") as chosen:
        assert client.post(reverse("map_import"), {"file": chosen, "do": "plan"}).status_code == 422

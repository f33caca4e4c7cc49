"""The ledger's pages: its head for who may look, lines as far as they are theirs, one line with a proof that holds."""

import json
from datetime import timedelta

import pytest
from placet.tlog import heads, proofs
from placet.tlog.audit import audit
from placet.tlog.tree import BadProof

from accounts.models import User
from approvals import keys, ledger, reviews, sequencing
from approvals.models import Cosignature, Entry, TreeHead
from approvals.queries import ledger as book
from approvals.queries import tree
from approvals.rules import climbing
from tests.asks import ask, submit
from tests.publishing import publish

from .browsing import action_page, get
from .test_ledger_attacks import lawless

pytestmark = pytest.mark.django_db

HELD = {"approval": "payments-owner", "logging": "data-owner"}


@pytest.fixture
def lines(shop, alice, bob, carol, now):
    """Four refunds that bob decided, whose log is carol's, and a head over all lines."""
    publish(checkpoint="shop/refund", pattern="refund", roles=HELD, by=alice, at=now - timedelta(hours=1))
    for key in "abcd":
        action = submit(shop, key=key, at=now - timedelta(minutes=5)).action
        verdict = "deny" if key == "d" else "approve"
        reviews.record(action_id=action.pk, reviewer=bob, verdict=verdict, at=now - timedelta(minutes=4))
    sequencing.run(at=now)
    return Entry.objects.filter(action=action).order_by("pk")


def test_the_head_and_the_newest_lines_stand_there(client, lines, carol):
    page = get(client, carol, "/ledger/").text
    head = TreeHead.objects.get()
    assert f"<b>{head.size} lines</b> stand under one head" in page and "nobody co-signed this head" in page
    assert page.count("settled as approved") >= 3 and "denies" in page


def test_lines_of_actions_are_for_who_logs_them_and_others_for_admins(client, lines, carol, admin):
    theirs, others = get(client, carol, "/ledger/").text, get(client, admin, "/ledger/").text
    assert "publishes a rule" not in theirs.partition("<tbody>")[2] and ">asks" in theirs
    assert "publishes a rule" in others.partition("<tbody>")[2] and ">asks" not in others.partition("<tbody>")[2]


def test_lines_that_have_no_leaf_yet_are_not_said_to_be_none(client, admin, now):
    assert "Nothing happened yet" in get(client, admin, "/ledger/").text
    ledger.record(event="absence.declared", actor="user:alice", at=now)
    assert "The first lines wait for their head" in get(client, admin, "/ledger/").text


def test_whoever_logs_nothing_finds_no_ledger(client, lines, alice, mallory):
    root = User.objects.create(username="root", is_superuser=True)
    for who in (alice, mallory, root):
        assert get(client, who, "/ledger/").status_code == 404


def test_lines_are_found_by_action_by_who_and_by_what_happened(client, lines, shop, carol):
    action = lines[0].action
    assert book_of(carol, q=str(action.pk)) == [entry.pk for entry in lines.reverse()]
    assert {Entry.objects.get(pk=pk).actor for pk in book_of(carol, q="bob")} == {"user:bob"}
    assert len(book_of(carol, q="bob", event="action.reviewed.deny")) == 1
    assert book_of(carol, q="nobody") == []
    assert "No line fits" in get(client, carol, "/ledger/", q="nobody").text


def exported(client, who, **said) -> list[bytes]:
    answer = get(client, who, "/ledger/export/", **said)
    assert answer.status_code == 200 and answer["Content-Disposition"].startswith('attachment; filename="ledger-')
    return b"".join(answer.streaming_content).splitlines(keepends=True)


def test_the_lines_are_a_file_that_an_audit_takes_and_others_are_withheld_by_their_hash(client, lines, carol, admin):
    held = heads.read(bytes(TreeHead.objects.get().note)).head
    whole = list(tree.lines(until=held.size))
    for who in (carol, admin):
        found = exported(client, who)
        report = audit(found, [held], earlier=whole)
        assert report.flaw is None and report.covered == held.size and 0 < report.withheld < held.size
        mine = [line for line in found if b'"event"' in line]
        assert set(mine) < set(whole) and {b'"action":null' in line for line in mine} == {who is admin}
        assert not any(line in b"".join(found) for line in (b"user:bob",)) or who is carol
    broken = [line.replace(b"user:bob", b"user:eve") for line in exported(client, carol)]
    assert audit(broken, [held]).flaw.leaf == next(n for n, line in enumerate(broken) if b"user:eve" in line)
    cut = [line for line in exported(client, carol) if b'"event"' in line]
    assert audit(cut, [held]).flaw, "a withheld line cannot be left out"
    assert audit([line.replace(b'"hash":"', b'"hash":"A') for line in exported(client, admin)], [held]).flaw


@pytest.mark.parametrize("form", ["cloudevents", "ocsf"])
def test_other_programs_get_the_lines_that_are_theirs_alone(client, lines, carol, form):
    told = [json.loads(line) for line in exported(client, carol, format=form)]
    mine = [line for line in exported(client, carol) if b'"event"' in line]
    assert len(told) == len(mine) and {"cloudevents": "specversion", "ocsf": "class_uid"}[form] in told[0]


def test_the_export_is_for_who_has_a_ledger_and_in_the_forms_there_are(client, lines, alice, mallory, carol):
    root = User.objects.create(username="root", is_superuser=True)
    for who in (alice, mallory, root):
        assert get(client, who, "/ledger/export/").status_code == 404
    assert get(client, carol, "/ledger/export/", format="../etc").status_code == 404
    assert client.post("/ledger/export/").status_code == 405


def book_of(who, **said):
    found = book.read(user=who, wanted=book.Wanted.read(said), at=Entry.objects.latest("pk").at)
    return [entry.pk for entry in found.lines]


def test_pages_follow_by_key_and_a_page_looks_through_so_many(client, lines, shop, carol, now, monkeypatch):
    everything = book_of(carol)
    monkeypatch.setattr(book, "SIZE", 3)
    first = book_of(carol)
    assert first == everything[:3] and book_of(carol, before=str(first[-1])) == everything[3:6]
    monkeypatch.setattr(book, "SEARCHED", 2)
    ledger.record(event="absence.declared", actor="user:alice", at=now)
    ledger.record(event="absence.ended", actor="user:alice", at=now)
    page = get(client, carol, "/ledger/").text
    assert "No line is yours to see" in page and "Look further back" in page


@pytest.mark.parametrize("query", ["q=%00", "before=x", "before=99999999999999999999", "event='", "q=" + "x" * 400])
def test_senseless_addresses_are_harmless(client, lines, carol, query):
    client.force_login(carol)
    assert client.get(f"/ledger/?{query}").status_code == 200


def test_a_line_comes_with_a_proof_in_words_and_as_a_picture(client, lines, carol):
    page = get(client, carol, f"/ledger/{lines[0].pk}/").text
    assert "In the ledger." in page and "That is the root" in page
    assert page.count("<li>joined with") == page.count('class="box"') > 2 and 'role="img"' in page


def test_the_proof_is_what_the_command_checks(client, lines, carol):
    for entry in lines:
        answer = get(client, carol, f"/ledger/{entry.pk}/proof/")
        said, note = proofs.receipt_in(answer.content)
        assert (said["event"], said["action"]) == (entry.event, str(entry.action_id))
        assert heads.signed_by(note, keys.jwks()["keys"])
    bent = json.loads(answer.content)
    bent["inclusion"]["entry"]["actor"] = "user:alice"
    with pytest.raises(BadProof):
        proofs.receipt_in(json.dumps(bent).encode())


def test_the_head_is_a_file(client, lines, carol):
    answer = get(client, carol, "/ledger/head/")
    assert heads.read(answer.content).head.size == TreeHead.objects.get().size
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_line_that_was_changed_is_said_to_be(client, lines, carol):
    with lawless():
        Entry.objects.filter(pk=lines[1].pk).update(actor="user:mallory")
    page = get(client, carol, f"/ledger/{lines[1].pk}/").text
    assert "does not lead to the head that was signed" in page and "In the ledger." not in page
    assert get(client, carol, f"/ledger/{lines[1].pk}/proof/").status_code == 404


def test_whoever_sees_the_action_sees_its_lines_and_nobody_else(client, lines, alice, bob, mallory, admin, carol):
    own, rule = lines[0].pk, Entry.objects.get(event="policy.published").pk
    assert [get(client, who, f"/ledger/{own}/").status_code for who in (alice, carol)] == [200, 200]
    assert [get(client, who, f"/ledger/{own}/").status_code for who in (mallory, admin)] == [404, 404]
    assert [get(client, who, f"/ledger/{own}/proof/").status_code for who in (mallory, admin)] == [404, 404]
    assert [get(client, who, f"/ledger/{rule}/").status_code for who in (admin, alice, carol)] == [200, 404, 404]


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999"])
def test_what_is_no_line_is_not_found(client, lines, carol, number):
    assert get(client, carol, f"/ledger/{number}/").status_code == 404


def test_a_line_without_a_leaf_says_to_look_again(client, lines, shop, carol, now):
    action = submit(shop, ask(), key="new", at=now).action
    page = get(client, carol, f"/ledger/{Entry.objects.get(action=action).pk}/").text
    assert "No leaf yet." in page and "Download the proof" not in page


def test_a_witness_is_named(client, lines, carol, now):
    head = TreeHead.objects.get()
    Cosignature.objects.create(head=head, witness="witness.example/one", line="— witness.example/one AAAA", at=now)
    page = get(client, carol, "/ledger/").text
    assert "witness.example/one" in page and "nobody co-signed" not in page


def test_the_pages_take_a_fixed_number_of_queries(client, lines, carol, django_assert_max_num_queries):
    client.force_login(carol)
    for address, most in (("/ledger/", 9), (f"/ledger/{lines[0].pk}/", 11)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


def test_the_time_line_of_an_action_leads_to_its_lines(client, lines, alice):
    assert f'href="/ledger/{lines[0].pk}/"' in get(client, alice, action_page(lines[0].action)).text


def test_the_picture_of_a_proof_grows_with_its_steps():
    climb = climbing.draw([(True, 0, 0, "a"), (False, 2, 3, "b")])
    first, second = climb.rungs
    assert (first.words, second.words) == ("leaf 0", "2 to 3") and first.x < second.x
    assert climb.foot == first.y > first.above == second.y > second.above == climbing.TOP
    assert climbing.draw([]).rungs == ()

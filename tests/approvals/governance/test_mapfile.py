"""The map as a file: written, read strictly, compared, and proposed as changes like all others."""

import json
from datetime import timedelta
from io import StringIO

import jsonschema
import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import roles, servers
from approvals import changes, errors, mapfile
from approvals.models import Change, Policy
from approvals.rules import strict_yaml, written
from tests import publishing

pytestmark = pytest.mark.django_db
MAP = b"""
placet: 1
servers:
  billing:
    title: Billing
    tools: [refund, payout.*]
roles:
  payments-owner:
    - alice
    - {person: bob, until: 2030-01-01T00:00:00Z}
  data-owner: [carol]
checkpoints:
  shop/refund:
    kind: tool_call
    pattern: refund
    server: billing
    needs:
      - {role: payments-owner, count: 2}
    when: |
      args.amount > 100
      && args.currency == "EUR"
    logging: [data-owner]
"""


@pytest.fixture
def people(alice, bob, carol):
    return alice, bob, carol


def planned(raw, at):
    return [(each.about, each.subject, each.how) for each in mapfile.plan(raw, at=at)]


def refused(raw, at):
    with pytest.raises(errors.BadMap) as caught:
        mapfile.plan(raw, at=at)
    return caught.value


def test_an_exported_map_differs_in_nothing(people, shop, now):
    publishing.publish(
        checkpoint="shop/ø: [x]", pattern="*", need=2, when='args.amount > 100\n&& args.x == "no"',
        arguments={"properties": {"amount": {"maximum": 1.5, "const": 10}}}, at=now,
    )  # fmt: skip
    publishing.publish(checkpoint="gone", pattern="gone", retired=True, at=now)
    roles.give(role="data-owner", user=people[0], starts=now + timedelta(days=1), at=now)
    written_map = mapfile.export(at=now)
    assert mapfile.plan(written_map.encode(), at=now) == [] and "gone" not in written_map
    assert mapfile.plan(f"complete: true\n{written_map}".encode(), at=now) == []
    assert mapfile.export(at=now) == written_map
    jsonschema.Draft202012Validator(mapfile.schema()).validate(strict_yaml.read(written_map.encode()).value)


def test_a_plan_builds_from_below_and_shows_lines(people, now):
    found = mapfile.plan(MAP, at=now)
    assert [(each.about, each.subject, each.how) for each in found] == [
        ("server", "billing", "created"), ("role", "payments-owner", "changed"),
        ("checkpoint", "shop/refund", "created"),
    ]  # fmt: skip
    assert [(line.sign, line.text) for line in found[1].lines] == [
        (" ", "- alice"), ("-", "- bob"), ("+", "- person: bob"), ("+", "  until: '2030-01-01T00:00:00Z'"),
    ]  # fmt: skip
    assert not Change.objects.exists()


def test_the_only_admin_applies_a_whole_file_at_once(people, ann, now):
    done = mapfile.apply(MAP, author=ann, note="from the repository", at=now)
    assert [each.refusal for each in done] == [None] * 3
    assert {each.change.state for each in done} == {"applied"}
    assert mapfile.plan(MAP, at=now) == [] and Policy.objects.get().server.name == "billing"


def test_a_file_is_governed_like_everything_else(people, ann, ben, now):
    done = mapfile.apply(MAP, author=ann, at=now)
    assert [each.change.state for each in done] == ["proposed"] * 3 and not Policy.objects.exists()
    again = mapfile.apply(MAP, author=ben, at=now)
    assert [each.change for each in again] == [each.change for each in done], "what waits is not proposed twice"
    with pytest.raises(errors.BadPolicy, match="No server is named billing"):
        changes.confirm(change_id=done[2].change.pk, by=ben, at=now)
    for each in done:
        changes.confirm(change_id=each.change.pk, by=ben, at=now)
    assert mapfile.apply(MAP, author=ann, at=now) == []


def test_a_file_that_says_nothing_of_it_starts_no_stopped_server(people, ann, shop, now):
    said = b"placet: 1\nservers:\n  shop: {title: Shop}\n"
    mapfile.apply(said, author=ann, at=now)
    servers.stop(server=shop, at=now)
    assert planned(said, now) == [] and b"stopped: true" in mapfile.export(at=now).encode()
    assert planned(said.replace(b"}", b", stopped: false}"), now) == [("server", "shop", "changed")]


def test_what_a_file_does_not_name_is_left_alone_unless_it_is_complete(people, ann, shop, now):
    publishing.publish(checkpoint="shop/payout", pattern="payout", at=now)
    partial = b"placet: 1\nroles:\n  data-owner: [carol]\n"
    assert planned(partial, now) == []
    whole = partial + b"complete: true\n"
    assert planned(whole, now) == [("role", "payments-owner", "retired"), ("checkpoint", "shop/payout", "retired")]
    mapfile.apply(whole, author=ann, at=now)
    assert planned(whole, now) == [] and Policy.objects.filter(retired=True).count() == 1


def test_who_is_no_admin_applies_nothing(people, mallory, now):
    assert {type(each.refusal) for each in mapfile.apply(MAP, author=mallory, at=now)} == {errors.NotAnAdmin}
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"", None, "empty"),
        (b"\xff", 1, "UTF-8"),
        (b"placet: 2\n", 1, "version 1"),
        (b"[1]", 1, "begins with"),
        (b"placet: 1\nroles:\n  a: []\n  a: []\n", 4, "twice"),
        (b"placet: 1\nroles: &x {}\n", 2, "anchors"),
        (b"placet: 1\nroles: *x\n", 2, "liases"),
        (b"placet: 1\nroles: !!python/object:os.system {}\n", 2, "Tags"),
        (b"placet: 1\nroles: " + b"[" * 90, 2, "nested"),
        (b"placet: 1\n---\nplacet: 1\n", 2, "one document"),
        (b"placet: 1\nroles:\n\t- x\n", 3, ""),
        (b"placet: 1\nowners: {}\n", 2, "no member owners"),
        (b"placet: 1\nroles: [a]\n", 2, "names"),
        (b"placet: 1\ncomplete: 1\n", 2, "true or false"),
        (b"placet: 1\nroles:\n  a:\n    - alice\n    - {person: bob, until: tomorrow}\n", 5, "2026-11-27T18:00:00Z"),
        (b"placet: 1\nroles:\n  a: alice\n", 3, "list of people"),
        (b"placet: 1\nservers:\n  shop:\n    title: x\n    running: true\n", 5, "no member running"),
        (b"placet: 1\nservers:\n  shop: {server: other}\n", 3, "stands before it"),
        (b"placet: 1\ncheckpoints:\n  a:\n    kind: spell\n    pattern: x\n", 4, "Input should be"),
        (b"placet: 1\n#" + b"x" * 8_000_000, None, "8,000,000"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(people, now, raw, line, words):
    refusal = refused(raw, now)
    assert refusal.line == line and words in refusal.message


words = st.text(st.characters(exclude_categories=["Cs"]))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner),
    max_leaves=8,
)


@given(json_values)
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read_as_it_was(value):
    text = strict_yaml.write(value)
    assert strict_yaml.read(text.encode()).value == value
    assert all(sign.isprintable() or sign == "\n" for sign in text), "nobody overlooks a sign in a file"


def test_lines_that_stay_far_from_a_change_are_left_out():
    before = {str(number): number for number in range(40)}
    shown = written.lines(before, before | {"5": 0, "30": 0})
    assert [line.sign for line in shown].count("…") == 1 and len(shown) < 20


# ── The command ───────────────────────────────────────────────────────────────────────────────────────────────────
def run(*words, code=0):
    out = StringIO()
    if code:
        with pytest.raises(SystemExit) as ended:
            call_command("policy", *words, stdout=out, stderr=out)
        assert ended.value.code == code
    else:
        call_command("policy", *words, stdout=out)
    return out.getvalue()


def test_a_repository_plans_and_applies_by_exit_codes(people, ann, ben, tmp_path):
    file = tmp_path / "map.yaml"
    assert run("export", str(file)) == f"{file} is written.\n"
    assert run("plan", str(file)) == "The map is as the file says.\n"
    file.write_text(file.read_text().replace("- bob", "- carol"))
    assert run("plan", str(file), code=2) == ("role payments-owner: changed\n    - alice\n  - - bob\n  + - carol\n")
    (said,) = json.loads(run("plan", str(file), "--json", code=2))["differences"]
    assert (said["subject"], said["proposed"]["members"]) == (
        "payments-owner",
        [{"person": "alice"}, {"person": "carol"}],
    )
    assert "waits for a second admin" in run("apply", str(file), "--as", "ann", "--note", "carol joins")
    assert Change.objects.get().note == "carol joins"


def test_the_command_refuses_with_code_one(people, ann, mallory, tmp_path):
    file = tmp_path / "map.yaml"
    file.write_text("placet: 1\nroles:\n  a: [nobody]\n")
    assert "cannot be read" in run("plan", str(tmp_path / "none.yaml"), code=1)
    assert "--as" in run("apply", str(file), code=1)
    assert "Nobody is named nobody" in run("apply", str(file), "--as", "ann", code=1)
    assert (
        json.loads(run("apply", str(file), "--as", "mallory", "--json", code=1))["changes"][0]["error"]
        == "not_an_admin"
    )
    file.write_text("placet: 1\nrole: {}\n")
    assert json.loads(run("plan", str(file), "--json", code=1))["error"] == "bad_map"


def test_editors_get_a_schema(tmp_path):
    schema = json.loads(run("schema"))
    jsonschema.Draft202012Validator.check_schema(schema)
    reads = jsonschema.Draft202012Validator(schema)
    reads.validate(strict_yaml.read(MAP).value)
    assert not reads.is_valid(
        {"placet": 1, "checkpoints": {"a": {"kind": "tool_call", "pattern": "x", "checkpoint": "a"}}}
    )

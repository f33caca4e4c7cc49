"""Admission: what becomes an action, who is asked, and what is refused with which name."""

import json
from datetime import timedelta

import pytest
from placet import canonical

from accounts import servers
from approvals import errors, intake, submission
from approvals.models import Action, Entry, Receipt
from tests.asks import ask, identity, item, submit
from tests.publishing import publish

pytestmark = pytest.mark.django_db


def test_an_ask_becomes_an_action_whose_stored_bytes_are_what_was_digested(refund, alice, bob, shop, now):
    action = Action.objects.get(pk=submit(shop, at=now).action.pk)
    effective = {"method": "tools/call", "params": {"name": "refund", "arguments": {"order": "A1", "amount": 4200}}}
    assert bytes(action.body) == canonical.preimage("tool_call", effective)
    assert action.dig == canonical.digest("tool_call", effective)
    assert (action.state, action.checkpoint.name, action.policy.revision) == ("pending", "shop/refund", 1)


def test_the_named_owners_are_asked_by_role(refund, alice, bob, carol, mallory, shop, now):
    action = submit(shop, at=now).action
    asked = action.assignments.values_list("owner__username", "role")
    assert sorted(asked) == [("alice", "payments-owner"), ("bob", "payments-owner")]


def test_what_matches_no_checkpoint_is_denied_signed_and_a_gap(refund, alice, shop, now):
    admitted = submit(shop, ask(tool="drop_database"), at=now)
    assert (admitted.action.state, admitted.action.reason) == ("denied", "no_checkpoint")
    assert bytes(Receipt.objects.get(pk=admitted.action.pk).jws) == bytes(admitted.receipt.jws)


def test_a_checkpoint_without_an_owner_denies(refund, shop, now):
    admitted = submit(shop, at=now)
    assert (admitted.action.state, admitted.action.reason) == ("denied", "no_owner")


def test_an_ask_only_its_own_subject_could_decide_is_denied(refund, alice, shop, now):
    assert submit(shop, ask(subject="alice"), at=now).action.reason == "no_owner"


def test_the_same_key_and_ask_is_the_same_action(refund, alice, shop, now, later):
    first, second = submit(shop, at=now), submit(shop, at=later)
    assert (first.new, second.new) == (True, False)
    assert first.action.pk == second.action.pk
    assert Action.objects.count() == 1


def test_the_same_key_with_another_ask_is_a_conflict(refund, alice, shop, now):
    submit(shop, at=now)
    refused = submit(shop, ask(tool="refund", subject="erin"), at=now)
    assert isinstance(refused, errors.IdempotencyConflict)


def test_a_batch_answers_each_item_for_itself(refund, alice, shop, now):
    items = [
        item(shop, key="a"),
        item(shop, key="a"),
        item(shop, ask(subject="x"), key="a"),
        item(shop, key=""),
        item(shop, key="b"),
    ]
    first, again, conflict, keyless, other = intake.submit_many(items=items, at=now)
    assert (first.new, again.new, other.new) == (True, False, True)
    assert first.action.pk == again.action.pk != other.action.pk
    assert isinstance(conflict, errors.IdempotencyConflict)
    assert isinstance(keyless, errors.BadIdempotencyKey)


def test_two_servers_may_use_one_key(refund, alice, shop, now):
    crm = servers.register(name="crm", at=now)
    assert submit(shop, at=now).action.pk != submit(crm, at=now).action.pk


def test_a_stopped_server_asks_for_nothing_even_with_an_identity_from_before(refund, alice, shop, now):
    before = item(shop)
    servers.stop(server=shop, at=now)
    (refused,) = intake.submit_many(items=[before], at=now)
    assert isinstance(refused, errors.Unauthenticated) and refused.code == "stopped_server"
    assert not Action.objects.exists()


def test_a_rotated_token_ends_what_was_authenticated_before(refund, alice, shop, now):
    before = item(shop)
    servers.rotate_token(server=shop, at=now)
    (refused,) = intake.submit_many(items=[before], at=now)
    assert isinstance(refused, errors.Unauthenticated)


def test_the_sooner_deadline_holds(refund, alice, shop, now):
    assert submit(shop, ask(timeout="5m"), key="a", at=now).action.deadline_at == now + timedelta(minutes=5)
    assert submit(shop, ask(timeout="2h"), key="b", at=now).action.deadline_at == now + timedelta(minutes=10)


def test_every_admission_is_a_line_in_the_ledger(refund, alice, shop, now):
    action = submit(shop, at=now).action
    line = Entry.objects.get(action=action)
    assert (line.event, line.actor, line.dig) == ("action.submitted", "urn:placet:server:shop", action.dig)


def test_a_newer_revision_rules_what_comes_after_it(refund, alice, shop, now, later):
    publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=2, deadline_seconds=60,
        roles={"approval": "payments-owner"}, at=later,
    )  # fmt: skip
    assert submit(shop, at=later).action.policy.need == 2


def test_a_retired_checkpoint_stops_matching(refund, alice, shop, now, later):
    publish(
        checkpoint="shop/refund", kind="tool_call", pattern="refund", need=1, deadline_seconds=60,
        roles={"approval": "payments-owner"}, at=later, retired=True,
    )  # fmt: skip
    assert submit(shop, at=later).action.reason == "no_checkpoint"


DIG = canonical.digest("tool_definition", {"name": "refund"})
RESULT = {"role": "assistant", "content": {"type": "text", "text": "Paris"}, "model": "m", "stopReason": "endTurn"}


def test_a_sampling_result_must_name_an_approved_sampling_action(refund, alice, shop, now, asked):
    mcp = {"method": "sampling/createMessage", "params": RESULT}
    value = ask(kind="sampling_result", mcp=mcp, sampling_action=str(asked.pk))
    refused = submit(shop, value, key="r", at=now)
    assert (refused.code, refused.pointer) == ("bad_sampling_action", "/sampling_action")


SAMPLING = {"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}], "maxTokens": 9}
FORM = {"message": "Who?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}
URL = {"mode": "url", "message": "Sign in", "url": "https://bank.example/login"}


@pytest.mark.parametrize(
    ("kind", "method", "params", "name"),
    [
        ("sampling", "sampling/createMessage", SAMPLING, "sampling/createMessage"),
        ("elicitation_form", "elicitation/create", FORM, "elicitation/create"),
        ("elicitation_url", "elicitation/create", URL, "bank.example"),
        ("tool_call", "tools/call", {"name": "refund"}, "refund"),
    ],
)
def test_every_kind_is_admitted(kind, method, params, name):
    read = submission.read({"kind": kind, "mcp": {"method": method, "params": params}})
    assert (read.kind, read.name) == (kind, name)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"kind": "spell"}, "unknown_kind", "/kind"),
        ({"kind": 7}, "wrong_type", "/kind"),
        ({"kind": "sampling"}, "wrong_method", "/mcp/method"),
        ({"mcp": {"method": "tools/call", "params": []}}, "wrong_type", "/mcp/params"),
        ({"mcp": {"method": "tools/call"}}, "missing_member", "/mcp/params"),
        ({"mcp": {"method": "tools/call", "params": {"name": ""}}}, "bad_length", "/mcp/params/name"),
        (
            {"mcp": {"method": "tools/call", "params": {"name": "x", "arguments": 1}}},
            "wrong_type",
            "/mcp/params/arguments",
        ),
        ({"surprise": 1}, "unknown_member", "/surprise"),
        ({"claims": {"approved": True}}, "unknown_member", "/claims/approved"),
        ({"timeout": "soon"}, "bad_timeout", "/timeout"),
        ({"timeout": "9999h"}, "bad_timeout", "/timeout"),
        ({"nonce": "short"}, "bad_nonce", "/nonce"),
        ({"subject": ""}, "bad_length", "/subject"),
        ({"bundle": {"id": "b", "size": 0}}, "wrong_type", "/bundle/size"),
        ({"sampling_action": "x"}, "bad_sampling_action", "/sampling_action"),
        ({"subject": "dana\0"}, "bad_character", "/subject"),
        ({"session": "\0"}, "bad_character", "/session"),
        ({"bundle": {"id": "b\0"}}, "bad_character", "/bundle/id"),
        ({"mcp": {"method": "tools/call", "params": {"name": "refund\0"}}}, "bad_character", "/mcp/params/name"),
        ({"definition": None}, "wrong_type", "/definition"),
        ({"definition": {}}, "missing_member", "/definition/dig"),
        ({"definition": {"dig": None}}, "bad_digest", "/definition/dig"),
        ({"definition": {"dig": "A" * 42}}, "bad_digest", "/definition/dig"),
        ({"definition": {"dig": "A" * 42 + "B"}}, "bad_digest", "/definition/dig"),
        ({"definition": {"dig": "A" * 43 + "\n"}}, "bad_digest", "/definition/dig"),
        ({"definition": {"dig": DIG, "approved": ""}}, "bad_digest", "/definition/approved"),
        ({"definition": {"dig": DIG, "approved": False}}, "bad_digest", "/definition/approved"),
        ({"definition": {"dig": DIG, "tool": "x"}}, "unknown_member", "/definition/tool"),
        ({"answer": "console"}, "bad_answer", "/answer"),
    ],
)
def test_what_is_no_ask_is_refused_by_name_and_place(change, code, pointer):
    with pytest.raises(errors.NotAnAsk) as refused:
        submission.read(ask(**change))
    assert (refused.value.code, refused.value.pointer) == (code, pointer)


@pytest.mark.parametrize("approved", [DIG, None])
def test_a_tools_definition_is_told_apart_from_what_may_run(approved):
    told = submission.read(ask(definition={"dig": DIG, "approved": approved}))
    plain = submission.read(ask())
    assert told.dig == plain.dig and told.context_dig != plain.context_dig
    assert json.loads(told.context)["value"]["definition"] == {"dig": DIG, "approved": approved}


@pytest.mark.parametrize(("kind", "params"), [("elicitation_form", FORM), ("elicitation_url", URL)])
def test_an_elicitation_may_be_answered_on_the_console(kind, params):
    value = {"kind": kind, "mcp": {"method": "elicitation/create", "params": params}, "subject": "dana"}
    told = submission.read(value | {"answer": "console"})
    assert told.dig == submission.read(value).dig and json.loads(told.context)["value"]["answer"] == "console"
    assert told.answered_here and not submission.read(value).answered_here


def test_an_answer_on_the_console_needs_somebody_to_give_it():
    value = {"kind": "elicitation_form", "mcp": {"method": "elicitation/create", "params": FORM}, "answer": "console"}
    with pytest.raises(errors.NotAnAsk) as refused:
        submission.read(value)
    assert (refused.value.code, refused.value.pointer) == ("missing_member", "/subject")


@pytest.mark.parametrize("odd", [None, True, "host", "Console", ["console"]])
def test_there_is_no_other_place_to_answer(odd):
    value = {"kind": "elicitation_form", "mcp": {"method": "elicitation/create", "params": FORM}, "answer": odd}
    with pytest.raises(errors.NotAnAsk) as refused:
        submission.read(value)
    assert (refused.value.code, refused.value.pointer) == ("bad_answer", "/answer")


@pytest.mark.parametrize(
    "url",
    ["http://bank.example/", "https://user:pw@bank.example/", "https:///x", "javascript:alert(1)",
     "https://bank.example:8443/", "https://a\\b/", "https://@bank.example/", "https://bank.example./",
     "https://b%61nk.example/", "https://bаnk.example/", "https://[::1]/", "https://127.0.0.1/", "https://0x7f.1/",
     f"https://{'a.' * 150}example/", "https://bank.example/\x7f"],
)  # fmt: skip
def test_a_link_is_https_with_a_host_and_nothing_odd(url):
    with pytest.raises(errors.NotAnAsk) as refused:
        submission.read(
            {"kind": "elicitation_url", "mcp": {"method": "elicitation/create", "params": URL | {"url": url}}}
        )
    assert refused.value.pointer == "/mcp/params/url"


def test_a_form_is_one_level_deep():
    deep = {"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}
    with pytest.raises(errors.NotAnAsk) as refused:
        submission.read(
            {
                "kind": "elicitation_form",
                "mcp": {"method": "elicitation/create", "params": FORM | {"requestedSchema": deep}},
            }
        )
    assert refused.value.code == "not_flat"


@pytest.mark.parametrize("odd", [["string", "null"], {}, 1, True])
def test_a_list_where_a_word_belongs_is_refused_by_name(odd):
    form = FORM | {"requestedSchema": {"type": "object", "properties": {"a": {"type": odd}}}}
    message = {"role": odd, "content": {"type": "text", "text": "x"}}
    for kind, method, params, code in (
        ("elicitation_form", "elicitation/create", form, "not_flat"),
        ("elicitation_form", "elicitation/create", FORM | {"mode": odd}, "wrong_mode"),
        ("elicitation_url", "elicitation/create", URL | {"mode": odd}, "wrong_mode"),
        ("sampling", "sampling/createMessage", SAMPLING | {"messages": [message]}, "wrong_type"),
    ):
        with pytest.raises(errors.NotAnAsk) as refused:
            submission.read({"kind": kind, "mcp": {"method": method, "params": params}})
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b'{"kind":"a","kind":"b"}', "duplicate_key"),
        (b'{"kind":NaN}', "not_finite"),
        (b'{"kind":9007199254740993}', "integer_range"),
        (b'{"kind":"\\ud800"}', "lone_surrogate"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b"{", "not_json"),
        (b"\xff", "not_utf8"),
        (b"[]", "wrong_type"),
    ],
)
def test_what_is_not_strict_json_is_refused_by_name(raw, code):
    with pytest.raises(errors.NotAnAsk) as refused:
        submission.parse(raw)
    assert refused.value.code == code


def test_256_kib_is_an_ask_and_one_byte_more_is_too_large():
    raw = json.dumps(ask()).encode()
    assert submission.parse(raw + b" " * (submission.MAX_BYTES - len(raw)))
    with pytest.raises(errors.TooLarge):
        submission.parse(raw + b" " * (submission.MAX_BYTES - len(raw) + 1))


def test_an_identity_is_who_the_credential_proved_to_be(shop):
    assert identity(shop).urn == "urn:placet:server:shop"

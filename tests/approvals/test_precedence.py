"""Which rule decides: by name, then by what it asks of the ask; a deny wins, then the most exact; ties are refused."""

from datetime import timedelta

import pytest

from accounts import servers
from approvals import policy, rows
from approvals.errors import BadCondition, BadPolicy, BadSchema
from approvals.models import Policy
from approvals.rules import conditions
from tests.publishing import publish, rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def law(now):
    """`law("name", "pattern", …)`: publish a rule about tool calls."""

    def made(checkpoint: str, pattern: str = "refund", **said):
        if said.get("effect", "review") != "review":
            said["roles"] = {}
        return publish(checkpoint=checkpoint, pattern=pattern, at=now, **said)

    return made


@pytest.fixture
def find(shop, now):
    """`find(amount=…)` -> (checkpoint, decision, reason) of a refund by the shop."""

    def found(*, server=shop, name: str = "refund", kind: str = "tool_call", **arguments):
        asker = policy.Asker.of(server)
        said = policy.book().find(kind=kind, name=name, server=asker, facts=lambda: facts(name, arguments))
        return said.policy and said.policy.checkpoint.name, said.decision, said.reason

    def facts(name, arguments):
        return conditions.facts(
            kind="tool_call", name=name, server="shop", environment="", params={"name": name, "arguments": arguments},
            signals={}, subject="", principal="", at=now,
        )  # fmt: skip

    found.facts = facts
    return found


def test_the_most_exact_rule_decides(law, find):
    law("all", "*")
    assert find() == ("all", "review", "")
    law("some", "re*")
    law("plain", "refund")
    assert find() == ("plain", "review", "")
    law("large", "refund", when="has(args.amount) && args.amount > 100")
    assert find(amount=200) == ("large", "review", "") and find(amount=50) == ("plain", "review", "")


def test_a_rule_for_the_server_comes_before_all_others(law, find, shop, now):
    other = servers.register(name="crm", at=now)
    law("plain")
    law("shops", "*", server=shop)
    assert find() == ("shops", "review", "") and find(server=other) == ("plain", "review", "")


def test_a_deny_that_fits_wins_over_what_is_more_exact(law, find, shop):
    law("shops", server=shop)
    law("frozen", "*", effect="deny", when="has(args.amount) && args.amount > 1000")
    assert find(amount=2000) == ("frozen", "deny", "policy_denied")
    assert find(amount=500) == ("shops", "review", "")


def test_what_is_allowed_says_so(law, find):
    law("small", effect="allow", arguments={"properties": {"amount": {"maximum": 10}}, "required": ["amount"]})
    law("other")
    assert find(amount=5) == ("small", "allow", "policy") and find(amount=11) == ("other", "review", "")


def test_a_condition_that_cannot_be_evaluated_denies_whatever_other_rules_say(law, find, shop):
    law("shops", server=shop)
    law("careless", "*", effect="allow", when="args.amount < 10")
    assert find() == ("careless", "deny", "policy_error")
    assert find(amount=500) == ("shops", "review", "")


def test_rules_by_name_of_which_none_fits_are_outside_of_policy(law, find):
    law("large", when="has(args.amount) && args.amount > 100")
    assert find(amount=1) == ("large", "deny", "outside_policy")
    assert find(name="payout") == (None, "deny", "no_checkpoint")
    assert find(kind="sampling") == (None, "deny", "no_checkpoint")


def test_the_ask_is_read_only_when_a_rule_wants_to_know_more_of_it(law, shop):
    law("plain")
    asker = policy.Asker.of(shop)
    assert policy.book().find(kind="tool_call", name="refund", server=asker, facts=pytest.fail).decision == "review"


@pytest.mark.parametrize(
    ("lists", "kind", "name", "listed"),
    [
        ({"tools": ["refund", "read_*"]}, "tool_call", "refund", True),
        ({"tools": ["refund", "read_*"]}, "tool_call", "read_order", True),
        ({"tools": ["refund", "read_*"]}, "tool_call", "payout", False),
        ({"tools": []}, "tool_call", "refund", False),
        ({"tools": []}, "elicitation_url", "bank.example", True),
        ({"hosts": ["bank.example", "*.pay.example"]}, "elicitation_url", "bank.example", True),
        ({"hosts": ["bank.example", "*.pay.example"]}, "elicitation_url", "eu.pay.example", True),
        ({"hosts": ["bank.example", "*.pay.example"]}, "elicitation_url", "pay.example", False),
        ({"hosts": ["bank.example", "*.pay.example"]}, "elicitation_url", "evilpay.example", False),
        ({"hosts": ["bank.example"]}, "elicitation_url", "a.bank.example", False),
        ({"hosts": []}, "sampling", "sampling/createMessage", True),
    ],
)
def test_a_servers_own_lists_come_before_every_rule(law, find, shop, now, lists, kind, name, listed):
    publish(checkpoint="all", kind=kind, pattern="*", at=now, effect="allow", roles={})
    for each, said in lists.items():
        setattr(shop, each, said)
    assert find(kind=kind, name=name) == (("all", "allow", "policy") if listed else (None, "deny", "not_listed"))
    shop.save()
    assert policy.read_askers(rows.fetch((policy.ASKERS, [[shop.pk]]))[0]) == {shop.pk: policy.Asker.of(shop)}


def explained(find, shop, **arguments):
    said = policy.book().explain(
        kind="tool_call", name="refund", server=policy.Asker.of(shop), facts=lambda: find.facts("refund", arguments)
    )
    return [(each.policy.checkpoint.name, each.verdict, each.why) for each in said]


def test_it_is_explained_why_each_rule_wins_or_loses(law, find, shop):
    law("all", "*")
    law("plain")
    law("large", "re*", when="has(args.amount) && args.amount > 100")
    assert explained(find, shop, amount=1) == [
        ("plain", "wins", "It is the most exact that fits."),
        ("large", "does not fit", "The rule's condition does not hold."),
        ("all", "loses", "plain is more exact: it names refund without a star."),
    ]
    law("frozen", "*d", effect="deny")
    assert explained(find, shop, amount=1)[2:] == [
        ("frozen", "wins", "It denies, and a deny wins."),
        ("all", "loses", "frozen denies, and a deny wins."),
    ]


def test_it_is_explained_which_condition_failed(law, find, shop):
    law("all", "*")
    law("careless", "re*", when="args.amount > 1")
    (failed, loses) = explained(find, shop)
    assert failed[:2] == ("careless", "failed") and "amount is not there" in failed[2]
    assert loses == ("all", "loses", "The condition of careless cannot be evaluated, and that denies.")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"pattern": "refund"}, {"pattern": "refund"}),
        ({"pattern": "re*d"}, {"pattern": "r*nd"}),
        ({"pattern": "refund", "when": "true"}, {"pattern": "refund", "arguments": {"required": ["a"]}}),
        ({"pattern": "refund", "rank": 3}, {"pattern": "refund", "rank": 3, "effect": "allow", "roles": {}}),
    ],
)
def test_two_rules_that_could_tie_are_refused_and_the_other_is_named(law, now, first, second):
    law("first", **first)
    with pytest.raises(BadPolicy) as refused:
        law("second", **second)
    assert "first" in refused.value.message and refused.value.pointer == "/rank"
    with pytest.raises(BadPolicy):
        policy.check(rule=rule(checkpoint="second", **second), at=now)


@pytest.mark.parametrize(
    "other",
    [
        {"pattern": "refund", "rank": 1}, {"pattern": "payout"}, {"pattern": "re*"},
        {"pattern": "refund", "when": "true"},
        {"pattern": "refund", "effect": "deny"}, {"pattern": "refund", "retired": True},
        {"pattern": "sampling", "kind": "sampling"}, {"pattern": "refund", "checkpoint": "first"},
    ],
)  # fmt: skip
def test_rules_that_cannot_tie_stand_beside_each_other(law, other):
    law("first")
    law(**{"checkpoint": "second"} | other)


def test_the_same_rule_for_two_servers_or_for_all_is_no_tie(law, shop, now):
    law("all")
    law("shop", server=shop)
    law("crm", server=servers.register(name="crm", at=now))


@pytest.mark.parametrize(
    ("said", "kind"), [({"when": "args.amount >"}, BadCondition), ({"arguments": {"maxmum": 1}}, BadSchema)]
)
def test_a_rule_whose_condition_is_none_is_refused(law, said, kind):
    with pytest.raises(kind):
        law("broken", **said)


def test_ranks_settle_what_is_equally_exact(law, find):
    law("low")
    law("high", rank=5)
    assert find() == ("high", "review", "")


def test_a_draft_is_tried_without_being_published(law, find, shop, now):
    law("plain")
    law("large", "payout")
    draft = Policy.objects.select_related("checkpoint").get(checkpoint__name="large")
    draft.pk, draft.pattern, draft.server = None, "re*", shop
    book = policy.book().trying(draft)
    ask = {"kind": "tool_call", "server": policy.Asker.of(shop), "facts": dict}
    assert book.find(name="refund", **ask).policy is draft
    assert book.find(name="payout", **ask).reason == "no_checkpoint"
    assert find() == ("plain", "review", ""), "the book in force is as it was"


def test_the_book_takes_in_what_was_published_since_and_drops_what_was_retired(law, find, now):
    law("all", "*")
    before = policy.book()
    law("plain")
    after = policy.book()
    assert find() == ("plain", "review", "") and after is not before and policy.book() is after
    assert after.entries[next(iter(before.entries))] is next(iter(before.entries.values())), "what is known stays"
    law("plain", retired=True)
    assert find() == ("all", "review", "")
    law("plain", when="true", deadline_seconds=60)
    assert find() == ("plain", "review", "") and len(policy.book().policies) == 2


def test_reading_the_book_does_not_read_its_documents(law, find, monkeypatch, now):
    for number in range(5):
        law(f"place {number}", f"tool_{number}", deadline_seconds=60 + number)
    monkeypatch.setattr(policy.books, "_book", None)
    book = policy.book()
    assert not [entry for entry in book.entries.values() if "policy" in entry.__dict__]
    assert find(name="tool_3") == ("place 3", "review", "") and policy.book() is book
    (met,) = [entry for entry in book.entries.values() if "policy" in entry.__dict__]
    assert met.policy.created_at == now and met.policy.deadline_seconds == 63
    assert met.policy.checkpoint.created_at < now + timedelta(seconds=1)

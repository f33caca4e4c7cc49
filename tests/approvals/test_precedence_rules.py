"""Whatever the rules, the book decides as the order of precedence says, written down here once more and plainly."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from approvals import policy
from approvals.models import Checkpoint, Policy
from approvals.policy import books
from approvals.policy.entries import Entry
from approvals.rules import matching, policies

AT = datetime(2026, 11, 23, tzinfo=UTC)
SHOP, CRM = policy.Asker(1, "shop"), policy.Asker(2, "crm")
#: A condition, and what it comes to of an ask whose argument is 5.
CONDITIONS = {"": True, "args.n == 5": True, "args.n > 5": False, "args.missing": None}


@st.composite
def rules(draw):
    said = {
        "kind": draw(st.sampled_from(["tool_call", "sampling"])),
        "pattern": draw(st.lists(st.text("ab", max_size=2), min_size=1, max_size=3).map("*".join).filter(bool)),
        "server": draw(st.sampled_from([None, None, "shop", "crm"])), "rank": draw(st.integers(0, 2)),
        "effect": draw(st.sampled_from(["review", "review", "allow", "deny"])),
        "when": draw(st.sampled_from(list(CONDITIONS))),
    }  # fmt: skip
    return said | ({"needs": [{"role": "owners"}]} if said["effect"] == "review" else {})


def entry(number: int, said: dict) -> Entry:
    """As it is read from the table, without one."""
    rule = policies.read(said | {"checkpoint": f"place {number}"})
    body = policies.stamped(rule, rev=1, published_at="", published_by=None, confirmed_by=None)
    made = Policy(
        pk=number, revision=1, kind=rule.kind, pattern=rule.pattern, effect=rule.effect, need=rule.need,
        server_id={"shop": 1, "crm": 2, None: None}[rule.server], deadline_seconds=60, valid_seconds=60, body=body,
    )  # fmt: skip
    made.checkpoint = Checkpoint(pk=number, name=rule.checkpoint, created_at=AT)
    return Entry.of(made)


def oracle(known: list[dict], name: str) -> tuple[str, str, set[int]]:
    """The decision, the reason, and which rules may have decided."""
    by_name = {
        number: said
        for number, said in enumerate(known, 1)
        if said["kind"] == "tool_call" and said["server"] in (None, "shop") and matching.matches(said["pattern"], name)
    }
    holds = {number: CONDITIONS[said["when"]] for number, said in by_name.items()}
    if None in holds.values():
        return "deny", "policy_error", {number for number, held in holds.items() if held is None}
    fitting = {number: said for number, said in by_name.items() if holds[number]}
    denying = {number for number, said in fitting.items() if said["effect"] == "deny"}
    if denying:
        return "deny", "policy_denied", denying
    if not fitting:
        return "deny", "outside_policy" if by_name else "no_checkpoint", set(by_name)
    best = max(exact(said) for said in fitting.values())
    winners = {number for number, said in fitting.items() if exact(said) == best}
    effect = fitting[min(winners)]["effect"]
    return effect, "policy" if effect == "allow" else "", {min(winners)}


def exact(said: dict) -> tuple:
    pattern = said["pattern"]
    letters = len(pattern.replace("*", ""))
    return said["server"] is not None, "*" not in pattern, letters, bool(said["when"]), said["rank"]


@given(st.lists(rules(), max_size=8), st.text("ab", max_size=4))
def test_the_book_decides_as_the_order_of_precedence_says(known, name):
    book = books._bound([], [entry(number, said) for number, said in enumerate(known, 1)])
    ask = {"kind": "tool_call", "name": name, "server": SHOP, "facts": lambda: {"args": {"n": 5}}}
    decision, reason, deciding = oracle(known, name)
    found = book.find(**ask)
    assert (found.decision, found.reason) == (decision, reason)
    assert found.policy.pk in deciding if deciding else found.policy is None
    wins = [each.policy.pk for each in book.explain(**ask) if each.verdict == "wins"]
    assert wins == ([found.policy.pk] if reason in ("", "policy", "policy_denied") else [])


@given(st.lists(rules(), min_size=2, max_size=2), st.text("ab", max_size=4))
def test_rules_that_the_book_could_not_tell_apart_overlap(known, name):
    """What is refused as a tie is no less than what could be one."""
    one, other = known
    both = all(matching.matches(said["pattern"], name) for said in known)
    if both and exact(one) == exact(other):
        assert matching.overlap(one["pattern"], other["pattern"])

"""Rules as hypothesis draws them: every member of the document, alone and together."""

from hypothesis import strategies as st

from approvals.rules import constraints, policies

ROLES = ("payments-owner", "data-owner", "risk-owner", "cfo", "Ärzte & Co")
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
VALUES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12), st.booleans(), st.none(),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["42", "true", "1e3", "-0", "a, b", '"', "\\", " x ", "", "*", "a.b"]),
)  # fmt: skip
NUMBERS = st.one_of(st.integers(-(10**9), 10**9).map(str), st.sampled_from(["0.5", "99.95", "-12.25"]))


def rows() -> st.SearchStrategy[constraints.Constraint]:
    """One row of the simple form, as somebody types it."""
    bounded = st.tuples(st.sampled_from(sorted(constraints.NUMBERS)), NUMBERS)
    given = st.tuples(st.just("is"), VALUES.map(constraints.spelt))
    listed = st.tuples(st.just("one_of"), st.lists(VALUES, min_size=1, max_size=3).map(_listed))
    like = st.tuples(st.just("like"), st.sampled_from(["ACME-*", "*@acme.example", "a.b*c", "plain", "(*)+"]))
    return st.tuples(NAMES, st.one_of(bounded, given, listed, like)).map(
        lambda drawn: constraints.Constraint(drawn[0], *drawn[1])
    )


def _listed(values: list) -> str:
    return ", ".join(map(constraints.spelt, values))


@st.composite
def schemas(draw) -> dict | None:
    simple = draw(st.lists(rows(), max_size=3, unique_by=lambda row: row.argument))
    foreign = {"type": "object", "properties": {"order": {"minLength": 2}}, "additionalProperties": False}
    return draw(st.sampled_from([constraints.schema(simple), foreign]))


@st.composite
def rules(draw) -> policies.Rule:
    """A rule that the document allows."""
    effect = draw(st.sampled_from(["review", "review", "allow", "deny"]))
    deadline = draw(st.integers(100, 10_000))
    roles = draw(st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True))
    times = sorted(draw(st.lists(st.integers(1, 99), max_size=3, unique=True)))
    some = st.lists(st.sampled_from(ROLES), max_size=2, unique=True)
    edit = draw(st.lists(st.sampled_from(["/amount", "/note", ""]), max_size=2, unique=True))
    needs = [{"role": role, "count": draw(st.integers(1, 2))} for role in roles] if effect == "review" else []
    signed = 0 < sum(need["count"] for need in needs) <= policies.MOST_SIGNED
    passkey = draw(st.sampled_from(["optional", "required"])) if signed else "optional"
    return policies.read({
        "checkpoint": "shop/refund", "kind": draw(st.sampled_from(policies.KINDS)), "effect": effect,
        "pattern": draw(st.sampled_from(["refund", "re*", "*"])), "server": draw(st.sampled_from([None, "shop"])),
        "needs": needs, "dwell_seconds": draw(st.sampled_from([0, 20])),
        "order": draw(st.sampled_from(["parallel", "sequential"])), "deadline_seconds": deadline,
        "escalation": [{"after_seconds": after, "role": draw(st.sampled_from(ROLES))} for after in times],
        "valid_seconds": draw(st.integers(1, 600)), "warn_seconds": draw(st.sampled_from([None, 60])),
        "arguments": draw(schemas()), "when": draw(st.sampled_from(["", 'signals.env == "prod"', "1 == 1 || true"])),
        "passkey": passkey, "rank": draw(st.integers(0, 3)),
        "edit": edit, "editors": draw(st.sampled_from([None, "cfo"])) if edit else None,
        "caps": {"per_minute": draw(st.sampled_from([None, 5])), "pending": draw(st.sampled_from([None, 7]))},
        "absence": draw(st.sampled_from(["delegate", "none"])), "logging": draw(some), "exceptions": draw(some),
        "grants": draw(st.sampled_from([None, {"uses": 20, "seconds": 86_400}])),
        "break_glass": draw(st.sampled_from([None, "cfo"])), "retired": draw(st.booleans()),
        "risk": draw(st.sampled_from(["low", "normal", "high"])),
        "consequence": draw(st.sampled_from(["", "Money leaves the house."])),
        "watch": draw(st.sampled_from([[], [
            {"at": "/iban", "called": "account", "names": {"DE 02 = 1": "Nordlicht"}}, {"at": "/a~1b/0"},
        ]])),
        "exclude_server_owner": draw(st.booleans()), "review_result": draw(st.booleans()),
    })  # fmt: skip

"""Rules and asks that hypothesis makes up: few names and values, so that they meet."""

from hypothesis import strategies as st

from tests import asks

NAMES = st.sampled_from(["refund", "refund_all", "payout"])
WHENS = st.sampled_from(["", "args.amount > 500", "signals.risk == 'high'", "subject == 'alice'", "args.missing == 1"])
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "pattern": st.sampled_from(["refund", "refund*", "*", "payout", "*all"]),
            "effect": st.sampled_from(["review", "review", "allow", "deny"]),
            "when": WHENS,
            "arguments": st.sampled_from([None, {"properties": {"amount": {"maximum": 700}}}, {"required": ["more"]}]),
            "role": st.sampled_from(["payments-owner", "data-owner", "nobody"]),
            "count": st.integers(1, 3),
            "on_shop": st.booleans(),
            "order": st.sampled_from(["parallel", "sequential"]),
            "caps": st.sampled_from([{}, {"pending": 1}]),
            "exclude_server_owner": st.booleans(),
            "deadline_seconds": st.sampled_from([30, 600]),
        }
    ),
    max_size=5,
)
ASKS = st.lists(
    st.fixed_dictionaries(
        {
            "tool": NAMES,
            "amount": st.sampled_from([1, 600, 900]),
            "subject": st.sampled_from(["", "alice", "user:Bob", "dana"]),
            "risk": st.sampled_from([None, "high", "low"]),
            "timeout": st.sampled_from([None, "45s"]),
        }
    ),
    min_size=1,
    max_size=4,
)


def rule(number, said, shop):
    review = said["effect"] == "review"
    second = [{"role": "payments-owner"}] if said["role"] != "payments-owner" and said["count"] == 3 else []
    needs = [{"role": said["role"], "count": min(said["count"], 2)}, *second]
    rest = ("pattern", "effect", "when", "arguments", "order", "caps", "exclude_server_owner", "deadline_seconds")
    return {name: said[name] for name in rest} | {
        "checkpoint": f"c{number}", "rank": number, "server": shop if said["on_shop"] else None,
        **({"needs": needs} if review else {}),
    }  # fmt: skip


def ask(said):
    value = asks.ask(tool=said["tool"])
    value["mcp"]["params"]["arguments"]["amount"] = said["amount"]
    value |= {"signals": {"risk": said["risk"]} if said["risk"] else {}}
    if said["timeout"]:
        value["timeout"] = said["timeout"]
    return (
        value | {"subject": said["subject"]} if said["subject"] else {k: v for k, v in value.items() if k != "subject"}
    )

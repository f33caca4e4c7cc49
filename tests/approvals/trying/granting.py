"""Rules that are tried or allow grants, calls they are about, and terms of grants."""

from approvals import grants
from approvals.rules.covering import Limit
from tests.asks import ask
from tests.publishing import publish, rule

BOUNDS = {"uses": 10, "seconds": 86_400}
TERMS = grants.Terms(uses=3, seconds=3600, per_hour=2, limits={"amount": Limit("most", 5000)})


def call(**arguments):
    return ask(mcp={"method": "tools/call", "params": {"name": "refund", "arguments": arguments}})


def rules(now, **said):
    said = {"grants": BOUNDS, "checkpoint": "shop/refund", "pattern": "refund", "deadline_seconds": 600, **said}
    return publish(at=now, **said)


def refunds(**said):
    return rule(**{"checkpoint": "shop/refund", "pattern": "refund", "deadline_seconds": 600} | said)

"""The approval as Restate's documentation writes it: a workflow that waits on a durable promise, and a signal to it.

Runs under the peers' own Python, as the service beside Restate's server.
"""

import os

import restate
from restate import Workflow, WorkflowContext, WorkflowSharedContext

approval = Workflow("Approval")


@approval.main()
async def run(ctx: WorkflowContext, ask: dict) -> dict:
    """Wait for the decision on an ask and return it."""
    return await ctx.promise("decision", type_hint=dict)


@approval.handler()
async def decide(ctx: WorkflowSharedContext, decision: dict) -> None:
    """A person's decision."""
    await ctx.promise("decision", type_hint=dict).resolve(decision)


app = restate.app([approval], protocol=os.environ["EXCHANGE"])

"""A server of FastMCP that asks in the foreground and from a background task: `python fast.py stdio | http PORT`."""

import sys

from fastmcp import Context, FastMCP
from fastmcp_tasks import TasksExtension
from mcp_types import ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult

server = FastMCP("fast-counterpart")
server.add_extension(TasksExtension())

ASK = ElicitRequest(
    params=ElicitRequestFormParams(
        message="Deploy to production?",
        requested_schema={
            "type": "object",
            "properties": {"ok": {"type": "boolean", "title": "OK?"}},
            "required": ["ok"],
        },
    )
)


def deployed(ctx: Context) -> str | InputRequiredResult:
    got = (ctx.input_responses or {}).get("deploy")
    if not isinstance(got, ElicitResult):
        return InputRequiredResult(input_requests={"deploy": ASK}, request_state="leg-1")
    return f"{got.action} {got.content}"


@server.tool()
async def add(a: int, b: int) -> int:
    return a + b


@server.tool()
async def deploy(ctx: Context) -> str:
    return deployed(ctx)


@server.tool(task=True)
async def deploy_task(ctx: Context) -> str:
    return deployed(ctx)


@server.tool()
async def ask_directly(ctx: Context) -> str:
    """Asks by a request of its own, which only the older revisions have."""
    return (await ctx.elicit("Deploy to production?", bool)).action


if __name__ == "__main__":
    if sys.argv[1] == "http":
        server.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
    else:
        server.run(show_banner=False)

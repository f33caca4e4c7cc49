"""A server of the official package whose tools ask the host for things: `python official.py stdio | http PORT`."""

import sys
from typing import Annotated

from mcp.server.mcpserver import (
    AcceptedElicitation,
    Context,
    Elicit,
    ElicitationResult,
    MCPServer,
    RequestStateSecurity,
    Resolve,
    Sample,
)  # fmt: skip
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp_types import (
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
)  # fmt: skip
from pydantic import BaseModel, Field

server = MCPServer("counterpart", version="1.0.0", request_state_security=RequestStateSecurity.ephemeral(ttl=600))
BANK = "https://bank.example.test"


class Refund(BaseModel):
    approve: bool = Field(description="Give the money back?")
    amount: float = Field(default=125.0, ge=0, le=1000, description="Amount in EUR")
    note: str = Field(default="", max_length=200)


class Reason(BaseModel):
    reason: str = Field(description="Why?")


async def ask_refund(order: str) -> Elicit[Refund]:
    return Elicit(f"Refund order {order}?", Refund)


async def ask_reason(order: str) -> Elicit[Reason]:
    return Elicit(f"Why is {order} refunded?", Reason)


async def ask_model(topic: str) -> Sample:
    question = SamplingMessage(role="user", content=TextContent(type="text", text=f"One word about {topic}"))
    return Sample([question], max_tokens=20, system_prompt="Be terse")


def said(answer) -> str:
    return f"accept {answer.data.model_dump()}" if isinstance(answer, AcceptedElicitation) else answer.action


@server.tool()
async def add(a: int, b: int) -> int:
    return a + b


@server.tool()
async def form(order: str, answer: Annotated[ElicitationResult[Refund], Resolve(ask_refund)]) -> str:
    return said(answer)


@server.tool()
async def two_forms(
    order: str,
    answer: Annotated[ElicitationResult[Refund], Resolve(ask_refund)],
    why: Annotated[ElicitationResult[Reason], Resolve(ask_reason)],
) -> str:
    """Two asks in one: since 2026-07-28 both arrive in one result."""
    return f"{said(answer)} because {said(why)}"


@server.tool()
async def form_direct(order: str, ctx: Context) -> str:
    """Asks by a request of its own, which only the older revisions have."""
    return (await ctx.elicit(f"Refund order {order}?", Refund)).action


@server.tool()
async def link(order: str, ctx: Context) -> str | InputRequiredResult:
    url = f"{BANK}/confirm/{order}"
    if ctx.protocol_version < "2026":
        answer = await ctx.elicit_url("Confirm with your bank", url, f"confirm-{order}")
        await ctx.session.send_elicit_complete(f"confirm-{order}")
        return answer.action
    got = (ctx.input_responses or {}).get("confirm")
    if isinstance(got, ElicitResult):
        return f"{got.action} {ctx.request_state}"
    ask = ElicitRequest(params=ElicitRequestURLParams(message="Confirm with your bank", url=url))
    return InputRequiredResult(input_requests={"confirm": ask}, request_state=f"order={order}")


@server.tool()
async def link_first(order: str) -> str:
    """Refuses by -32042 until its link was visited, which only the older revisions have."""
    ask = ElicitRequestURLParams(message="Sign in first", url=f"{BANK}/in/{order}", elicitation_id=f"in-{order}")
    raise UrlElicitationRequiredError([ask])


@server.tool()
async def sample(topic: str, answer: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    return f"{answer.model} {answer.stop_reason}: {getattr(answer.content, 'text', answer.content)}"


@server.tool()
async def form_and_sample(
    order: str,
    topic: str,
    answer: Annotated[ElicitationResult[Refund], Resolve(ask_refund)],
    model: Annotated[CreateMessageResult, Resolve(ask_model)],
) -> str:
    return f"{said(answer)}; {model.model}"


@server.tool()
async def reverse_tool(ctx: Context) -> str:
    """Asks the host to run a tool, as SEP-1006 proposed. No revision has it, so the package has no call for it."""
    params = {"name": "delete_file", "arguments": {"path": "/srv/old"}}
    try:
        return repr(await ctx.session._request_outbound.send_raw_request("tools/call", params, {"timeout": 20}))
    except Exception as error:
        return f"{type(error).__name__} {getattr(error, 'code', None)}: {error}"


if __name__ == "__main__":
    if sys.argv[1] == "http":
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]))
    else:
        server.run("stdio")

"""A small MCP server of the official package whose tools ask the host for things, in both eras."""

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

server = MCPServer("shop-desk", request_state_security=RequestStateSecurity.ephemeral(ttl=600))


class Refund(BaseModel):
    approve: bool = Field(description="Give the money back?")
    amount: float = Field(default=125.0, ge=0, le=1000)


async def ask_refund(order: str) -> Elicit[Refund]:
    return Elicit(f"Refund order {order}?", Refund)


@server.tool()
async def form(order: str, answer: Annotated[ElicitationResult[Refund], Resolve(ask_refund)]) -> str:
    return f"accept {answer.data.amount}" if isinstance(answer, AcceptedElicitation) else answer.action


@server.tool()
async def link(order: str, ctx: Context) -> str | InputRequiredResult:
    url = f"https://bank.example.test/confirm/{order}"
    if ctx.protocol_version < "2026":
        return (await ctx.elicit_url("Confirm with your bank", url, f"confirm-{order}")).action
    got = (ctx.input_responses or {}).get("confirm")
    if isinstance(got, ElicitResult):
        return got.action
    ask = ElicitRequest(params=ElicitRequestURLParams(message="Confirm with your bank", url=url))
    return InputRequiredResult(input_requests={"confirm": ask}, request_state=f"order={order}")


async def ask_model(topic: str) -> Sample:
    question = SamplingMessage(role="user", content=TextContent(type="text", text=f"One word about {topic}"))
    return Sample([question], max_tokens=20, system_prompt="Be terse")


@server.tool()
async def sample(topic: str, answer: Annotated[CreateMessageResult, Resolve(ask_model)]) -> str:
    return f"{answer.model}: {answer.content.text}"

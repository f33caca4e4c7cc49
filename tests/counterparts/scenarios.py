"""What a host does with a server, as functions of the way to it: the same run directly and through a gate.

Each returns everything that passed, so that two runs can be compared whole.
"""

from collections.abc import Awaitable, Callable

from tests.counterparts.hosts.plain import PlainHost
from tests.counterparts.reaching import Server

type Passed = list[dict]
type Scenario = Callable[[Server, str, PlainHost], Awaitable[Passed]]


async def everything_quiet(server: Server, era: str, host: PlainHost) -> Passed:
    """The reference server where it asks nothing: lists, calls, errors, progress, resources, prompts."""
    async with host.at(server, era) as client:
        host.note("tools", await client.list_tools())
        host.note("prompts", await client.list_prompts())
        host.note("templates", await client.list_resource_templates())
        host.note("prompt", await client.get_prompt("args-prompt", {"city": "Bergen"}))
        await host.call(client, "echo", message="naïve – “quotes” \u2028 🙂")
        await host.call(client, "echo")
        await host.call(client, "no-such-tool")
        await host.call(client, "get-sum", a=2, b=3)
        await host.call(client, "get-tiny-image")
        await host.call(client, "get-structured-content", location="New York")
        await host.call(client, "get-annotated-message", messageType="error", includeImage=True)
        await host.call(client, "trigger-long-running-operation", duration=0.2, steps=2)
    return host.passed


async def everything_asking(server: Server, era: str, host: PlainHost) -> Passed:
    """The reference server's three asks: the form with every kind of field, the link in both ways, and sampling."""
    async with host.at(server, era) as client:
        await host.call(client, "trigger-elicitation-request")
        await host.call(client, "trigger-sampling-request", prompt="One word about France", maxTokens=10)
        link = {"url": "https://example.org/x", "message": "Open it", "elicitationId": "e-1"}
        await host.call(client, "trigger-url-elicitation", **link)
        await host.call(client, "trigger-url-elicitation", **link, errorPath=True)
        await host.call(client, "trigger-url-elicitation", **link, errorPath=True)
    return host.passed


async def official_asking(server: Server, era: str, host: PlainHost) -> Passed:
    """Everything a server of the official package can ask in this era."""
    async with host.at(server, era) as client:
        await host.call(client, "add", a=2, b=3)
        await host.call(client, "form", order="A1")
        await host.call(client, "two_forms", order="A2")
        await host.call(client, "link", order="A3")
        await host.call(client, "sample", topic="France")
        if era == "legacy":
            await host.call(client, "form_direct", order="A4")
            await host.call(client, "link_first", order="A5")
    return host.passed


async def official_reverse(server: Server, era: str, host: PlainHost) -> Passed:
    """A server that asks the host to run a tool, which no revision knows."""
    async with host.at(server, era) as client:
        await host.call(client, "reverse_tool")
    return host.passed


async def fastmcp_asking(server: Server, era: str, host: PlainHost) -> Passed:
    """Asks of a FastMCP server: in the foreground, and from a task that runs in the background."""
    async with host.at(server, era) as client:
        await host.call(client, "add", a=2, b=3)
        await host.call(client, "deploy")
        await host.call(client, "deploy_task")
        await host.call(client, "ask_directly")
    return host.passed

"""The shop's desk over Streamable HTTP, run as a program: `shop.py FD [json] [resumable]`, on a bound socket."""

import asyncio
import socket
import sys
from pathlib import Path

import uvicorn
from mcp.server.mcpserver import Context
from mcp.server.streamable_http import EventMessage, EventStore
from mcp_types import SamplingMessage, TextContent

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from tests.sdk.mcp_shop import server


class Remembered(EventStore):
    """Events of all streams, by number."""

    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id, send_callback):
        stream_id = self.events[int(last_event_id) - 1][0]
        for number, (stream, message) in list(enumerate(self.events, 1))[int(last_event_id) :]:
            if stream == stream_id and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream_id


@server.tool()
async def add(a: int, b: int) -> int:
    return a + b


@server.tool()
async def count(to: int, ctx: Context, pause: float = 0.0) -> str:
    """Reports progress as it counts."""
    for number in range(to):
        await ctx.report_progress(number, to)
        await asyncio.sleep(pause)
    return "counted"


@server.tool()
async def refund(order: str) -> str:
    return f"refunded {order}"


@server.tool()
async def echo(text: str) -> str:
    return text


@server.tool()
async def aside(topic: str, ctx: Context) -> str:
    """Asks the model on the standalone stream, as if it belonged to no call."""
    question = SamplingMessage(role="user", content=TextContent(type="text", text=f"One word about {topic}"))
    answer = await ctx.session.create_message([question], max_tokens=20)
    return f"{answer.model}: {answer.content.text}"


def main(descriptor: int, *words: str) -> None:
    store = Remembered() if "resumable" in words else None
    app = server.streamable_http_app(json_response="json" in words, event_store=store, retry_interval=100)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

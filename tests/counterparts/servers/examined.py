"""The server that the official conformance suite examines: `python examined.py http PORT`.

The names and the texts are what the suite looks for. The asks of its newer half are in `examined_asks.py`.
"""

import asyncio
import base64
import json
import sys
from typing import Literal

import examined_asks
from mcp.server.mcpserver import Context, MCPServer, RequestStateSecurity
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp_types import (
    AudioContent,
    Completion,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    SamplingMessage,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)  # fmt: skip
from pydantic import BaseModel, Field

server = MCPServer("examined", version="1.0.0", request_state_security=RequestStateSecurity.ephemeral(ttl=600))
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SILENCE = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="


def tool(function):
    """A tool described by its name, without an output schema."""
    return server.tool(description=function.__name__.replace("_", " "), structured_output=False)(function)


def prompt(function):
    return server.prompt(description=function.__name__.replace("_", " "))(function)


def image() -> ImageContent:
    return ImageContent(type="image", data=PIXEL, mime_type="image/png")


def attached(uri: str, text: str, kind: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=kind, text=text))


@tool
async def test_simple_text() -> str:
    return "This is a simple text response for testing."


@tool
async def test_image_content() -> ImageContent:
    return image()


@tool
async def test_audio_content() -> AudioContent:
    return AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")


@tool
async def test_embedded_resource() -> EmbeddedResource:
    return attached("test://embedded-resource", "This is an embedded resource content.")


@tool
async def test_multiple_content_types() -> list:
    found = attached("test://mixed-content-resource", json.dumps({"test": "data", "value": 123}), "application/json")
    return [TextContent(type="text", text="Multiple content types test:"), image(), found]


@tool
async def test_tool_with_logging(ctx: Context) -> str:
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await ctx.info(text)
        await asyncio.sleep(0.05)
    return "Tool with logging executed successfully"


@tool
async def test_tool_with_progress(ctx: Context) -> str:
    for done in (0, 50, 100):
        await ctx.report_progress(progress=done, total=100, message=f"Completed step {done} of 100")
        await asyncio.sleep(0.05)
    return "done"


@tool
async def test_error_handling() -> str:
    raise RuntimeError("This tool intentionally returns an error for testing")


@tool
async def test_sampling(prompt: str, ctx: Context) -> str:
    question = SamplingMessage(role="user", content=TextContent(type="text", text=prompt))
    answer = await ctx.session.create_message(messages=[question], max_tokens=100)
    return f"LLM response: {answer.content.text}"


class Response(BaseModel):
    username: str = Field(description="User's response")
    email: str = Field(description="User's email address")


class Defaults(BaseModel):
    name: str = Field(default="John Doe", description="User name")
    age: int = Field(default=30, description="User age")
    score: float = Field(default=95.5, description="User score")
    status: Literal["active", "inactive", "pending"] = Field(default="active", description="User status")
    verified: bool = Field(default=True, description="Verification status")


def titled(**titles: str) -> list[dict]:
    return [{"const": value, "title": title} for value, title in titles.items()]


class Enums(BaseModel):
    untitledSingle: str = Field(json_schema_extra={"enum": ["option1", "option2", "option3"]})
    titledSingle: str = Field(json_schema_extra={"oneOf": titled(value1="First", value2="Second", value3="Third")})
    legacyEnum: str = Field(json_schema_extra={"enum": ["opt1", "opt2"], "enumNames": ["Option One", "Option Two"]})
    untitledMulti: list[str] = Field(json_schema_extra={"items": {"type": "string", "enum": ["option1", "option2"]}})
    titledMulti: list[str] = Field(json_schema_extra={"items": {"anyOf": titled(value1="First", value2="Second")}})


async def _answer(ctx: Context, message: str, schema: type[BaseModel]) -> str:
    answer = await ctx.elicit(message=message, schema=schema)
    return f"action={answer.action}, content={answer.data.model_dump_json() if answer.action == 'accept' else '{}'}"


@tool
async def test_elicitation(message: str, ctx: Context) -> str:
    return f"User response: {await _answer(ctx, message, Response)}"


@tool
async def test_elicitation_sep1034_defaults(ctx: Context) -> str:
    return f"Elicitation completed: {await _answer(ctx, 'Please review', Defaults)}"


@tool
async def test_elicitation_sep1330_enums(ctx: Context) -> str:
    return f"Elicitation completed: {await _answer(ctx, 'Please select', Enums)}"


@tool
async def test_reconnection(ctx: Context) -> str:
    await ctx.close_sse_stream()
    await asyncio.sleep(0.2)
    return "Reconnection test completed"


@server.resource("test://static-text", mime_type="text/plain")
def static_text() -> str:
    return "This is the content of the static text resource."


@server.resource("test://static-binary", mime_type="image/png")
def static_binary() -> bytes:
    return base64.b64decode(PIXEL)


@server.resource("test://watched-resource", mime_type="text/plain")
def watched() -> str:
    return "Watched resource content"


@server.resource("test://template/{id}/data", mime_type="application/json")
def template(id: str) -> str:
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


@prompt
def test_simple_prompt() -> str:
    return "This is a simple prompt for testing."


@prompt
def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


@prompt
def test_prompt_with_embedded_resource(resourceUri: str) -> list[UserMessage]:
    found = attached(resourceUri, "Embedded resource content for testing.")
    return [UserMessage(content=found), UserMessage(content="Please process the embedded resource above.")]


@prompt
def test_prompt_with_image() -> list[UserMessage]:
    return [UserMessage(content=image()), UserMessage(content="Please analyze the image above.")]


@server.completion()
async def complete(ref, argument, context) -> Completion:
    return Completion(values=[], total=0, has_more=False)


async def agree(ctx, params) -> EmptyResult:
    """The package has no call for these at its upper level; the suite wants to be told yes."""
    return EmptyResult()


for method, params in (
    ("logging/setLevel", SetLevelRequestParams),
    ("resources/subscribe", SubscribeRequestParams),
    ("resources/unsubscribe", UnsubscribeRequestParams),
):
    server._lowlevel_server.add_request_handler(method, params, agree)

for one in examined_asks.TOOLS:
    tool(one)
prompt(examined_asks.test_input_required_result_prompt)

if __name__ == "__main__":
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]), retry_interval=100)

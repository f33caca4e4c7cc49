"""Asks of 2026-07-28 as the conformance suite wants them: results that need input, in one round or in more."""

from mcp.server.mcpserver import Context
from mcp_types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
    ListRootsRequest,
    ListRootsResult,
    SamplingMessage,
    TextContent,
)  # fmt: skip

type Asked = InputRequiredResult | str


def form(message: str, **fields: str) -> ElicitRequest:
    properties = {name: {"type": kind} for name, kind in fields.items()}
    schema = {"type": "object", "properties": properties, "required": list(fields)}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def model(text: str, most: int) -> CreateMessageRequest:
    question = SamplingMessage(role="user", content=TextContent(type="text", text=text))
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=[question], max_tokens=most))


NAME = form("What is your name?", name="string")
CONFIRM = form("Please confirm", ok="boolean")
MODEL = model("What is the capital of France?", 100)


def given(ctx: Context, **wanted: type) -> list | None:
    """The answers under these keys, when each is there and of its kind."""
    answers = [(ctx.input_responses or {}).get(key) for key in wanted]
    return answers if all(isinstance(a, kind) for a, kind in zip(answers, wanted.values(), strict=True)) else None


async def test_input_required_result_elicitation(ctx: Context) -> Asked:
    if (found := given(ctx, user_name=ElicitResult)) is None:
        return InputRequiredResult(input_requests={"user_name": NAME})
    return f"Hello, {(found[0].content or {}).get('name')}!"


async def test_input_required_result_sampling(ctx: Context) -> Asked:
    if (found := given(ctx, capital_question=CreateMessageResult)) is None:
        return InputRequiredResult(input_requests={"capital_question": MODEL})
    return found[0].content.text


async def test_input_required_result_list_roots(ctx: Context) -> Asked:
    if (found := given(ctx, client_roots=ListRootsResult)) is None:
        return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
    return f"roots: {[str(root.uri) for root in found[0].roots]}"


async def test_input_required_result_request_state(ctx: Context) -> Asked:
    if given(ctx, confirm=ElicitResult) is None or ctx.request_state != "asked":
        return InputRequiredResult(input_requests={"confirm": CONFIRM}, request_state="asked")
    return "state-ok"


async def test_input_required_result_tampered_state(ctx: Context) -> Asked:
    """The package seals the state, and refuses one that was changed before this is called."""
    return await test_input_required_result_request_state(ctx)


async def test_input_required_result_multiple_inputs(ctx: Context) -> Asked:
    if given(ctx, user_name=ElicitResult, greeting=CreateMessageResult, client_roots=ListRootsResult) is None:
        asks = {"user_name": NAME, "greeting": model("Generate a greeting", 50), "client_roots": ListRootsRequest()}
        return InputRequiredResult(input_requests=asks, request_state="all")
    return "all three"


async def test_input_required_result_multi_round(ctx: Context) -> Asked:
    if ctx.request_state == "second" and given(ctx, step2=ElicitResult):
        return "both steps"
    if ctx.request_state == "first" and given(ctx, step1=ElicitResult):
        second = form("Step 2: What is your favorite color?", color="string")
        return InputRequiredResult(input_requests={"step2": second}, request_state="second")
    first = form("Step 1: What is your name?", name="string")
    return InputRequiredResult(input_requests={"step1": first}, request_state="first")


async def test_input_required_result_capabilities(ctx: Context) -> Asked:
    """Asks only for what the host says it can do."""
    can = ctx.client_capabilities
    asks = {"user_name": NAME} if can and can.elicitation is not None else {}
    if can and can.sampling is not None:
        asks |= {"capital_question": MODEL}
    return InputRequiredResult(input_requests=asks, request_state="asked") if asks else "nothing to ask with"


async def test_input_required_result_prompt(ctx: Context) -> InputRequiredResult | str:
    if (found := given(ctx, user_context=ElicitResult)) is None:
        ask = form("What context should the prompt use?", context="string")
        return InputRequiredResult(input_requests={"user_context": ask})
    return f"In the context of {(found[0].content or {}).get('context')}."


TOOLS = (
    test_input_required_result_elicitation, test_input_required_result_sampling, test_input_required_result_list_roots,
    test_input_required_result_request_state, test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs, test_input_required_result_multi_round,
    test_input_required_result_capabilities,
)  # fmt: skip

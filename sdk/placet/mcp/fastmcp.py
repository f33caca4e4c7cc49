"""The same guard for FastMCP's client, whose handlers have other signatures.

    guard = Guard(AsyncConsole(…), subject="dana@example.org")
    fastmcp.Client(
        server,
        sampling_handler=guard.fastmcp.sampling(inner),        # inner(messages, params, context)
        elicitation_handler=guard.fastmcp.elicitation(inner),  # inner(message, response_type, params, context)
    )

FastMCP itself turns `inner` into a callback of the official client, so `inner` may return what it always could: a
string for a completion, a dict or an instance of `response_type` for a form. Needs `fastmcp` 4 beside `placet[mcp]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastmcp.client.elicitation import create_elicitation_callback
from fastmcp.client.sampling import create_sampling_callback
from mcp.client.session import ClientRequestContext
from mcp_types import CreateMessageRequestParams, ElicitRequestParams, ElicitResult, ErrorData

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastmcp.client.elicitation import ElicitationHandler
    from fastmcp.client.sampling import SamplingHandler

    from placet.mcp.guard import Guard, Sampled


class FastMCPGuard:
    """What `Guard.fastmcp` gives: handlers for `fastmcp.Client`, held like the official client's callbacks."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def sampling(
        self, inner: SamplingHandler, *, hold_result: bool = False
    ) -> Callable[[Any, CreateMessageRequestParams, Any], Awaitable[Sampled]]:
        """A `sampling_handler`. It may return an error, which FastMCP hands to the server as it is."""
        guarded = self._guard.sampling(create_sampling_callback(inner), hold_result=hold_result)

        async def sampling_handler(messages: Any, params: CreateMessageRequestParams, context: Any) -> Sampled:
            return await guarded(context, params)

        return sampling_handler

    def elicitation(
        self, inner: ElicitationHandler
    ) -> Callable[[str, Any, ElicitRequestParams, Any], Awaitable[ElicitResult]]:
        """An `elicitation_handler`, for forms and for links; after an edit `response_type` is made anew."""
        guarded = self._guard.elicitation(create_elicitation_callback(inner))

        async def elicitation_handler(
            message: str, response_type: Any, params: ElicitRequestParams, context: ClientRequestContext
        ) -> ElicitResult:
            answer = await guarded(context, params)
            if isinstance(answer, ErrorData):
                # Returned, FastMCP would take it for the content of a form that was accepted.
                raise RuntimeError(answer.message)
            return answer

        return elicitation_handler

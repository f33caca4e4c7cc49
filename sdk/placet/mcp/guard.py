"""Holds the asks that reach a client's callbacks until their owner has decided. See `placet.mcp`."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from mcp.client.session import ClientRequestContext
from mcp_types import (
    INTERNAL_ERROR,
    CreateMessageRequestParams,
    CreateMessageResult,
    CreateMessageResultWithTools,
    ElicitRequestParams,
    ElicitRequestURLParams,
    ElicitResult,
    ErrorData,
)  # fmt: skip
from pydantic import BaseModel, ValidationError

from placet.approved import AsyncApproved, Status
from placet.canonical import NotCanonical, digest
from placet.console import AsyncConsole
from placet.errors import Denied, NotApproved
from placet.submissions import METHODS, Kind, Members, Submission, prepare

if TYPE_CHECKING:
    from placet.mcp.fastmcp import FastMCPGuard

logger = logging.getLogger("placet")

type Sampled = CreateMessageResult | CreateMessageResultWithTools | ErrorData
type Sampling = Callable[[ClientRequestContext, CreateMessageRequestParams], Awaitable[Sampled]]
type Elicited = ElicitResult | ErrorData
type Elicitation = Callable[[ClientRequestContext, ElicitRequestParams], Awaitable[Elicited]]

#: "User rejected sampling request" in the specification's own example.
REJECTED = -1
#: Seconds that last words (a withdrawal, an outcome) may take before the host goes on without them.
LAST_WORDS = 5.0


@dataclass
class Guard:
    """Holds every ask of one host until it is decided. `subject` is the person on whose behalf the host works."""

    console: AsyncConsole
    subject: str | None = None
    session: str | None = None
    timeout: str | None = None
    identity: Members | None = None
    _calls: list[dict[str, str]] = field(default_factory=list, repr=False)

    def sampling(self, inner: Sampling, *, hold_result: bool = False) -> Sampling:
        """A sampling callback.

        The completion is an ask of its own before it goes to the server, with `hold_result` or where a policy wants it.
        """

        async def sampling_callback(context: ClientRequestContext, params: CreateMessageRequestParams) -> Sampled:
            try:
                approved = await self._released("sampling", context, wire(params))
                result = await self._run(approved, inner, context, params)
                if (hold_result or approved.result_review) and not isinstance(result, ErrorData):
                    result = await self._held(context, result, sampling_action=approved.action)
            except (NotApproved, NotCanonical) as no:
                return _sampling_refusal(no)
            return result

        return sampling_callback

    def elicitation(self, inner: Elicitation) -> Elicitation:
        """An elicitation callback, for forms and for links."""

        async def elicitation_callback(context: ClientRequestContext, params: ElicitRequestParams) -> Elicited:
            kind: Kind = "elicitation_url" if isinstance(params, ElicitRequestURLParams) else "elicitation_form"
            try:
                approved = await self._released(kind, context, wire(params))
                return await self._run(approved, inner, context, params)
            except (NotApproved, NotCanonical) as no:
                return _elicitation_refusal(no)

        return elicitation_callback

    @property
    def fastmcp(self) -> FastMCPGuard:
        """The same for `fastmcp.Client`, whose handlers have other signatures. Imports FastMCP."""
        from placet.mcp.fastmcp import FastMCPGuard

        return FastMCPGuard(self)

    @contextlib.contextmanager
    def calling(self, name: str, arguments: Mapping[str, Any] | None = None) -> Iterator[None]:
        """Around a `call_tool`: asks that arrive meanwhile name it as their origin.

        The protocol does not say which call an ask belongs to, so with two calls under way at once nothing is claimed.
        """
        effective = {"method": "tools/call", "params": {"name": name, "arguments": dict(arguments or {})}}
        origin = {"method": "tools/call", "name": name, "dig": digest("tool_call", effective)}
        self._calls.append(origin)
        try:
            yield
        finally:
            self._calls.remove(origin)

    async def _released(
        self, kind: Kind, context: ClientRequestContext, params: dict[str, Any], **more: Any
    ) -> AsyncApproved:
        """Ask, and wait for the yes. When the host gives up meanwhile, the ask is withdrawn."""
        mcp = {"method": METHODS[kind], "params": params} | _revision(context)
        submission = prepare(
            kind=kind, mcp=mcp, subject=self.subject, session=self.session, timeout=self.timeout,
            identity=self.identity, origin=self._calls[0] if len(self._calls) == 1 else None, **more,
        )  # fmt: skip
        try:
            action = await self.console.send(submission)
            return await self.console.wait(action)
        except anyio.get_cancelled_exc_class():
            await self._take_back(submission)
            raise

    async def _take_back(self, submission: Submission) -> None:
        """Sending again under the same key tells the action's id, also when the first answer never arrived."""
        with anyio.move_on_after(LAST_WORDS, shield=True), contextlib.suppress(NotApproved):
            await self.console.withdraw(await self.console.send(submission))

    async def _run[Params: BaseModel, Result](
        self,
        approved: AsyncApproved,
        inner: Callable[[ClientRequestContext, Params], Awaitable[Result]],
        context: ClientRequestContext,
        params: Params,
    ) -> Result:
        """Let the host do its part on exactly what was released, and say what came of it."""
        try:
            result = await inner(context, _released_as(type(params), approved))
        except BaseException as error:
            await self._tell(approved, "failed", type(error).__name__)
            raise
        failed = isinstance(result, ErrorData)
        await self._tell(approved, "failed" if failed else "succeeded", getattr(result, "action", None))
        return result

    async def _held(
        self,
        context: ClientRequestContext,
        result: CreateMessageResult | CreateMessageResultWithTools,
        *,
        sampling_action: str,
    ) -> Sampled:
        approved = await self._released("sampling_result", context, wire(result), sampling_action=sampling_action)
        released = _released_as(type(result), approved)
        await self._tell(approved, "succeeded", None)
        return released

    async def _tell(self, approved: AsyncApproved, status: Status, note: str | None) -> None:
        with anyio.move_on_after(LAST_WORDS, shield=True):
            try:
                await approved.report(status, note)
            except NotApproved as lost:
                logger.warning("the outcome of action %s was not reported: %s", approved.action, lost)


def wire(params: BaseModel) -> dict[str, Any]:
    """The params exactly as they travel: this object is shown, digested, signed, and given to the host afterwards."""
    return params.model_dump(by_alias=True, exclude_none=True, mode="json")


def _released_as[Model: BaseModel](model: type[Model], approved: AsyncApproved) -> Model:
    """What may run, as the host's own type. Bytes that do not survive the way are refused rather than guessed."""
    try:
        released = model.model_validate(approved.params)
    except ValidationError as error:
        raise NotApproved("the released params are no longer of the protocol's form") from error
    if digest("released", wire(released)) != digest("released", approved.params):
        raise NotApproved("the released params would change on their way to the host")
    return released


def _revision(context: ClientRequestContext) -> dict[str, str]:
    version = getattr(context.session, "protocol_version", None)
    return {"revision": version} if version else {}


def _sampling_refusal(no: Exception) -> ErrorData:
    logger.info("sampling was not released: %s", no)
    if isinstance(no, Denied) and no.decision == "denied":
        return ErrorData(code=REJECTED, message="User rejected sampling request", data=_why(no))
    return ErrorData(code=INTERNAL_ERROR, message=f"Sampling was not released: {_word(no)}")


def _elicitation_refusal(no: Exception) -> ElicitResult:
    logger.info("the elicitation was not released: %s", no)
    denied = isinstance(no, Denied) and no.decision == "denied"
    return ElicitResult(action="decline" if denied else "cancel")


def _why(no: Denied) -> dict[str, str]:
    return {"reason": no.reason} | ({"note": no.note} if no.note else {})


def _word(no: Exception) -> str:
    return no.decision if isinstance(no, Denied) else type(no).__name__

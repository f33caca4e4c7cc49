"""The ASGI handler in front of the calls: no middleware, no cookies, no thread but those the lanes choose.

It reads the body up to its bound before anything looks at it, finds the call, and sends the answer. Everything a call
may raise becomes a problem here; whatever nobody foresaw becomes a 500, and never an answer about an action.
"""

import asyncio
import io
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any
from uuid import UUID

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.urls import Resolver404, URLResolver
from django.urls.resolvers import RegexPattern
from ninja.errors import AuthenticationError, ValidationError

from ..errors import Refusal, Unauthenticated
from . import auth, endpoints, problems
from .batcher import UNAVAILABLE, Overloaded
from .endpoints import api
from .polls import Gone
from .problems import Problem
from .quick import QuickAnswer, QuickRequest

SUBMIT = "/api/v1/actions"
MAX_BODY = 256 * 1024

#: An action's address as we write it, and nothing asked beside `wait`: whatever else is there, django-ninja looks at.
_READING = re.compile(r"/api/v1/actions/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_WAIT = re.compile(rb"(?:wait=([0-9]{1,6}s))?")

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Call = Callable[..., Awaitable[HttpResponse | QuickAnswer]]

log = logging.getLogger("placet.api")


class Request(ASGIRequest):
    """A request whose body was read already. `gone()` returns when the client hangs up."""

    def __init__(self, scope: Scope, *, body: bytes, receive: Receive) -> None:
        super().__init__(scope, io.BytesIO(body))
        self._receive = receive
        self.api = api
        if self.method == "HEAD":
            self.method = "GET"

    async def gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one HTTP request under `/api/v1` or `/.well-known/`."""
    if scope["type"] != "http":
        raise ValueError(f"This handler knows no {scope['type']}.")
    try:
        body = await _body(scope, receive)
        quick = _quick(scope)
        if quick is not None:
            response = await _quickly(quick, scope, body=body, receive=receive)
        else:
            response = await _answer(Request(scope, body=body, receive=receive))
    except Gone:
        return
    except Problem as problem:
        response = _refuse(None, problem)
    except Exception as error:
        response = _crash(None, error)
    await _send(response, send, head=scope["method"] == "HEAD")


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, or `too_large` as soon as it is known to be."""
    said = dict(scope["headers"]).get(b"content-length", b"0")
    if said.isdigit() and int(said) > MAX_BODY:
        raise _too_large()
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return body


def _too_large() -> Problem:
    # The rest of the body was not read, so the connection cannot carry another request.
    return Problem("too_large", f"A body has at most {MAX_BODY} bytes.", headers={"Connection": "close"})


async def _answer(request: Request) -> HttpResponse:
    call, words = _find(request.path_info)
    response = await call(request, **words)
    if response.status_code != 405:
        return response
    allowed = _allowed(response)
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers={"Allow": allowed})
    raise Problem("method_not_allowed", f"This address knows {allowed}.", headers={"Allow": allowed})


def _quick(scope: Scope) -> Call | None:
    """One of the two busiest calls, submitting and reading, when this is one in its plainest form."""
    method, path = scope["method"], scope["path"]
    if method == "POST" and path == SUBMIT:
        return endpoints.submit
    if method == "GET" and (found := _READING.fullmatch(path)) and (wait := _WAIT.fullmatch(scope["query_string"])):
        said = {"wait": wait[1].decode()} if wait[1] else {}
        return partial(endpoints.read_action, id=UUID(found[1]), **said)
    return None


async def _quickly(call: Call, scope: Scope, *, body: bytes, receive: Receive) -> HttpResponse | QuickAnswer:
    """Make it without the steps of Django and django-ninja that it does not need: in a third of the time."""
    request: QuickRequest | Request = QuickRequest(scope, body=body, receive=receive)
    try:
        known = await auth.BEARER(request)
        if known is None:
            request = Request(scope, body=body, receive=receive)
            known = await auth.SIGNED(request)
        request.auth = known
        return await call(request)
    except Exception as error:
        return api.on_exception(request, error)


def _find(path: str) -> tuple[Callable[..., Awaitable[HttpResponse]], dict[str, Any]]:
    known = _FIXED.get(path)
    if known is not None:
        return known, {}
    try:
        match = _resolver.resolve(path)
    except Resolver404:
        raise Problem("not_found", "There is nothing at this address.") from None
    return match.func, match.kwargs


def _allowed(response: HttpResponse) -> str:
    methods = {method.strip() for method in response["Allow"].split(",")}
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))


async def _send(response: HttpResponse | QuickAnswer, send: Send, *, head: bool) -> None:
    if isinstance(response, QuickAnswer):
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.content})
        return
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.status_code not in (204, 304):
        response.headers["Content-Length"] = str(len(response.content))
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.content})


def _refuse(request: Request | None, problem: Problem) -> HttpResponse:
    return HttpResponse(problem.body, status=problem.status, headers=problem.headers)


def _refusal(request: Request, refusal: Refusal) -> HttpResponse:
    return _refuse(request, problems.of(refusal))


def _nobody(request: Request, error: AuthenticationError) -> HttpResponse:
    return _refusal(request, Unauthenticated())


def _parameter(request: Request, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    name = first["loc"][1] if len(first["loc"]) > 1 else first["loc"][0]
    return _refuse(request, Problem("bad_parameter", f"{name}: {first['msg']}."))


def _away(request: Request, error: Exception) -> HttpResponse:
    log.error("the database is away", extra={"error": type(error).__name__})
    return _refuse(request, Problem("unavailable", "The database does not answer. Nothing was decided; try again."))


def _full(request: Request, error: Overloaded) -> HttpResponse:
    return _refuse(request, Problem("overloaded", "Too many requests are waiting. Nothing was stored; try again."))


def _crash(request: Request | None, error: Exception) -> HttpResponse:
    if isinstance(error, Gone | asyncio.CancelledError):
        raise error
    log.error("call failed", exc_info=error)
    return _refuse(
        request, Problem("internal", "This is our fault, and it was logged. It says nothing about the action.")
    )


api.add_exception_handler(Problem, _refuse)
api.add_exception_handler(Refusal, _refusal)
api.add_exception_handler(AuthenticationError, _nobody)
api.add_exception_handler(ValidationError, _parameter)
api.add_exception_handler(Overloaded, _full)
for _kind in UNAVAILABLE:
    api.add_exception_handler(_kind, _away)
api.add_exception_handler(Exception, _crash)

_resolver = URLResolver(RegexPattern(r"^/"), api.urls[0])
#: Addresses without an id are found by one look-up; the busiest call is among them.
_FIXED = {
    "/" + str(pattern.pattern): pattern.callback
    for pattern in api.urls[0]
    if not pattern.pattern.converters and str(pattern.pattern)
}

"""The calls of `/api/v1`. Each turns the outside into our words, makes one call, and turns the answer back."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Query
from placet import canonical

from .. import answers, intake, packing, redemption, sightings, standing, submission, withdrawal
from ..queries import directory as people
from ..wire import rest
from . import auth, discovery, document, lanes, polls, proofs, shapes
from .problems import Problem
from .quick import QuickAnswer, QuickRequest

INLINE = 16 * 1024  # bytes; a larger ask is read in a thread, so that no one holds the event loop for long

api = NinjaAPI(title="Placet", version="1", openapi_url=None, docs_url=None, auth=[auth.BEARER, auth.SIGNED])
api.add_router("", discovery.router)
api.add_router("/api/v1/ledger", proofs.router)


@api.post(
    "/api/v1/actions",
    operation_id="submit",
    response={200: shapes.Action, 201: shapes.Action},
    openapi_extra=document.SUBMIT,
)
async def submit(request: HttpRequest | QuickRequest) -> HttpResponse | QuickAnswer:
    """Submit an ask. The same key with the same ask answers 200 with the action that the first one made."""
    key = _key(request)
    _require_json(request)
    ask = await _parsed(request.body)
    admitted = await auth.acting(request, lambda who: lanes.here().submit.ask(intake.Item(who, key, ask)))
    if not admitted.new:
        return _action(await _read(request, admitted.action.pk))
    row = standing.of_new(admitted.action, checkpoint=admitted.checkpoint, receipt=admitted.receipt)
    return QuickAnswer(rest.encode(rest.action(row)), status=201, location=f"/api/v1/actions/{row.id}")


@api.get("/api/v1/actions", operation_id="list", response=shapes.Page, openapi_extra=document.LIST)
async def list_actions(
    request: HttpRequest,
    session: Annotated[str, Query(max_length=128, pattern=r"^[^\x00]*$")] = "",
    state: Annotated[shapes.State | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
) -> HttpResponse:
    """List your own actions, newest first."""
    rows, following = await _call(
        request, standing.page, session=session, state=state or "", before=cursor, limit=limit
    )
    return _json({"items": [rest.action(row) for row in rows], "next": following and str(following)})


@api.get("/api/v1/actions/{uuid:id}", operation_id="read", response=shapes.Action, openapi_extra=document.READ)
async def read_action(
    request: HttpRequest, id: UUID, wait: Annotated[str, Query(pattern=polls.WAIT)] = "0s"
) -> HttpResponse:
    """Read an action; with `wait`, hold the answer until it is decided or the time is up (30 s at most)."""
    pause = polls.seconds(wait)
    if not pause:
        return _action(await _read(request, id))
    return _action(await polls.decided(lambda: _read(request, id), action_id=id, wait=pause, gone=request.gone))


@api.get("/api/v1/actions/{uuid:id}/receipt", operation_id="receipt", openapi_extra=document.RECEIPT)
async def receipt(
    request: HttpRequest,
    id: UUID,
    proof: Annotated[
        bool, Query(description="answer JSON: the receipt, and the proof that it is in the ledger")
    ] = False,
    witnesses: proofs.Witnesses = 0,
) -> HttpResponse:
    """The receipt's bytes, the same for ever. 404 `not_decided` while the action is pending."""
    row = await _read(request, id)
    if row.receipt is None:
        raise Problem("not_decided", "This action is pending. Read it with ?wait=25s until it is decided.")
    if proof:
        return _json({"receipt": row.receipt.decode("ascii"), **await proofs.ending(id, witnesses=witnesses)})
    tag = f'"{canonical.digest_bytes(row.receipt)}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable"}
    if tag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(row.receipt, content_type="application/jose", headers=headers)


@api.get("/api/v1/actions/{uuid:id}/pack", operation_id="pack", openapi_extra=document.PACK)
async def pack(request: HttpRequest, id: UUID) -> HttpResponse:
    """All that is known of how your action was decided, in one file. 404 `not_decided` while it is pending."""
    row = await _read(request, id)
    if row.receipt is None:
        raise Problem("not_decided", "This action is pending. Read it with ?wait=25s until it is decided.")
    await proofs.ending(id)
    found = await lanes.here().verb(packing.pack, action_id=id, to_server=True, at=lanes.now())
    return HttpResponse(found, content_type="application/json", headers={"Cache-Control": "private, no-store"})


@api.post(
    "/api/v1/actions/{uuid:id}/consume", operation_id="consume", response=shapes.Action, openapi_extra=document.CONSUME
)
async def consume(request: HttpRequest, id: UUID) -> HttpResponse:
    """Use an approval, once. The same key again answers the same."""
    await _call(request, redemption.consume, action_id=id, key=_key(request), at=lanes.now())
    return _action(await _read(request, id))


@api.post(
    "/api/v1/actions/{uuid:id}/outcome", operation_id="outcome", response=shapes.Action, openapi_extra=document.OUTCOME
)
async def outcome(request: HttpRequest, id: UUID) -> HttpResponse:
    """Report what came of a used approval."""
    _require_json(request)
    status, note = rest.outcome(request.body)
    await _call(request, redemption.report, action_id=id, status=status, note=note, at=lanes.now())
    return _action(await _read(request, id))


@api.delete(
    "/api/v1/actions/{uuid:id}", operation_id="withdraw", response=shapes.Action, openapi_extra=document.WITHDRAW
)
async def withdraw(request: HttpRequest, id: UUID) -> HttpResponse:
    """Withdraw a pending ask. Repeatable; 409 `already_terminal` when it was decided before."""
    await _call(request, withdrawal.withdraw, action_id=id, at=lanes.now())
    return _action(await _read(request, id))


@api.get(
    "/api/v1/actions/{uuid:id}/answer",
    operation_id="answer",
    response={200: shapes.Answer, 204: None},
    openapi_extra=document.ANSWER,
)
async def answer(
    request: HttpRequest, id: UUID, wait: Annotated[str, Query(pattern=polls.WAIT)] = "0s"
) -> HttpResponse:
    """What the subject of a released elicitation said on the console; 204 while they have not, 410 when it is over."""

    async def look() -> bool:
        return await auth.acting(request, lambda who: lanes.here().answered.ask((who, id)))

    pause = polls.seconds(wait)
    if not await polls.held(look, bool, action_id=id, wait=pause, gone=request.gone):
        return HttpResponse(status=204)
    return _json(rest.answer(await _call(request, answers.fetch, action_id=id, at=lanes.now())))


@api.post("/api/v1/tools", operation_id="tools", response=shapes.Recorded, openapi_extra=document.TOOLS)
async def tools(request: HttpRequest) -> HttpResponse:
    """Tell which tools the server lists, for the map of what is stopped. It lets nothing through and holds nothing."""
    _require_json(request)
    names = rest.tools(request.body)
    count = await _call(request, sightings.listed, names=names, at=lanes.now())
    return _json({"recorded": count})


@api.get("/api/v1/directory", operation_id="directory", response=dict[str, Any])
async def directory(request: HttpRequest) -> HttpResponse:
    """Who held which role, stood in for whom, and signed with which passkeys: pin it, and reviews can be verified."""
    return _json(await _call(request, people.read, at=lanes.now()))


async def _call[Answer](request: HttpRequest, verb: Callable[..., Answer], **words: Any) -> Answer:
    """Make one call in the name of the server that asks."""
    return await auth.acting(request, lambda who: lanes.here().verb(verb, server=who, **words))


async def _read(request: HttpRequest, action_id: UUID) -> standing.Standing:
    return await auth.acting(request, lambda who: lanes.here().read.ask((who, action_id)))


async def _parsed(raw: bytes) -> submission.Submission:
    if len(raw) <= INLINE:
        return submission.parse(raw)
    return await asyncio.to_thread(submission.parse, raw)


def _key(request: HttpRequest) -> str:
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        raise Problem("missing_idempotency_key", "Send an Idempotency-Key header: your own name for this very ask.")
    return key


def _require_json(request: HttpRequest) -> None:
    said = request.META.get("CONTENT_TYPE", "")
    if said.partition(";")[0].strip().lower() != "application/json":
        raise Problem("unsupported_media_type", "Send the body as application/json.")


def _action(row: standing.Standing, **how: Any) -> HttpResponse:
    return _json(rest.action(row), **how)


def _json(value: dict[str, Any], **how: Any) -> HttpResponse:
    return HttpResponse(rest.encode(value), content_type="application/json", **how)

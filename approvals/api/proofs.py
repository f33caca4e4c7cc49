"""The ledger's tree at the door: signed heads and proofs that one grew into another for anybody, and for a server the
proof that how its own action ended is in a head.

Hashes are base64url without padding, as all digests here; a note is the text that witnesses and auditors keep.
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from placet import jws
from pydantic import Field

from .. import sequencing
from ..queries import tree
from ..wire import rest
from . import auth, document, lanes
from .batcher import Overloaded
from .problems import Problem
from .shapes import Closed, Digest

router = Router()

MOST = 2**53 - 1
STRANGERS = 8  # calls of anybody that are answered at the same time; servers' calls wait in the same lane
PAUSE = 1.0  # seconds until a head is due again
SOON = {"Cache-Control": "public, max-age=1"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

type Witnesses = Annotated[
    int, Query(ge=0, le=64, description="the newest head that so many witnesses have co-signed by now")
]

_strangers = 0


class Head(Closed):
    """How many leaves the ledger had, and their root, signed."""

    origin: str = Field(description="the issuer: whose ledger it is")
    size: int
    root: str = Digest
    note: str = Field(description="the signed note (C2SP tlog-checkpoint): keep this outside of the console")
    signed_at: datetime


class Entry(Closed):
    """What one line of the ledger says; JCS of it, typed `placet.entry.v1`, are the leaf's bytes."""

    leaf: int
    at: str
    event: str
    actor: str
    action: UUID | None
    dig: str


class Inclusion(Closed):
    entry: Entry
    hashes: list[str] = Field(description="RFC 6962, 2.1.1: the nearest first")


class Proof(Closed):
    """That the entry of how an action ended is in a signed head."""

    inclusion: Inclusion
    head: Head


class Consistency(Closed):
    """That the tree of the first size grew into that of the second."""

    old: int = Field(alias="from")
    new: int = Field(alias="to")
    hashes: list[str] = Field(description="RFC 6962, 2.1.2")


@router.get("/heads", operation_id="heads", auth=None, response=Head, openapi_extra=document.HEADS)
async def heads(
    request: HttpRequest,
    size: Annotated[int | None, Query(ge=1, le=MOST, description="the head of exactly this size")] = None,
    witnesses: Witnesses = 0,
) -> HttpResponse:
    """The newest signed head of the ledger, or the one of a size, with what witnesses have co-signed of it by now.
    Anybody may read it, and should keep it."""
    found = await _stranger(tree.shown, size=size, witnesses=witnesses)
    if found is None:
        raise Problem("not_found", "There is no such head. Ask without a size or witnesses for the newest one.")
    return _json(_head(found), headers=SOON if size is None or settings.WITNESSES else FOR_EVER)


@router.get(
    "/consistency", operation_id="consistency", auth=None, response=Consistency, openapi_extra=document.CONSISTENCY
)
async def consistency(
    request: HttpRequest,
    old: Annotated[int, Query(alias="from", ge=1, le=MOST, description="the size of the head you kept")],
    new: Annotated[int, Query(alias="to", ge=1, le=MOST, description="the size of a later one")],
) -> HttpResponse:
    """The proof that the ledger of one head grew into that of a later one. Anybody may ask."""
    if old > new:
        raise Problem("bad_parameter", "from: a ledger does not shrink; it is at most `to`.")
    found = await _stranger(tree.grown, old=old, new=new)
    if found is None:
        raise Problem("not_found", "No head is as large as that yet.")
    return _json({"from": old, "to": new, "hashes": _texts(found)}, headers=FOR_EVER)


@router.get("/proof", operation_id="proof", response=Proof, openapi_extra=document.PROOF)
async def proof(
    request: HttpRequest,
    action: Annotated[UUID, Query(description="one of your own actions, decided")],
    witnesses: Witnesses = 0,
) -> HttpResponse:
    """The proof that how your action ended is in the newest head. 404 `not_decided` while it is pending."""
    row = await auth.acting(request, lambda who: lanes.here().read.ask((who, action)))
    if row.receipt is None:
        raise Problem("not_decided", "This action is pending. Read it with ?wait=25s until it is decided.")
    return _json(await ending(action, witnesses=witnesses))


async def ending(action_id: UUID, *, witnesses: int = 0) -> dict[str, Any]:
    """The JSON of that proof; waits for a head when none is due yet. The caller has seen to whose action it is."""
    found = await _proven(action_id, witnesses)
    if found is None:
        await asyncio.sleep(PAUSE)
        found = await _proven(action_id, witnesses)
    if found is None:
        raise Problem("not_in_a_head", "The ledger’s head has not come to this action yet. Ask again in a second.")
    return {"inclusion": {"entry": found.said, "hashes": _texts(found.hashes)}, "head": _head(found.head)}


async def _proven(action_id: UUID, witnesses: int) -> tree.Inclusion | None:
    return await lanes.here().verb(sequencing.prove, action_id=action_id, at=lanes.now(), witnesses=witnesses)


async def _stranger[**P, Answer](read: Callable[P, Answer], *args: P.args, **words: P.kwargs) -> Answer:
    """Answer somebody who did not say who they are: a few at a time, so that no server waits for all of them."""
    global _strangers
    if _strangers >= STRANGERS:
        raise Overloaded
    _strangers += 1
    try:
        return await lanes.here().verb(read, *args, **words)
    finally:
        _strangers -= 1


def _head(head: tree.Head) -> dict[str, Any]:
    return {
        "origin": settings.PUBLIC_URL, "size": head.size, "root": _text(head.root), "note": head.whole.decode(),
        "signed_at": rest.time(head.at),
    }  # fmt: skip


def _texts(hashes: Iterable[bytes]) -> list[str]:
    return [_text(each) for each in hashes]


def _text(hashed: bytes) -> str:
    return jws.encode(hashed).decode()


def _json(value: dict[str, Any], **how: Any) -> HttpResponse:
    return HttpResponse(rest.encode(value), content_type="application/json", **how)

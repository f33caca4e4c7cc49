"""What anybody may know: which keys sign, where the calls are, how large an ask may be."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Router
from placet import canonical

from .. import keys, queue
from ..intake import KEY_LIMIT
from ..submission import MAX_BYTES
from ..wire import rest
from . import document, polls, shapes

router = Router(auth=None)
SOON = {"Cache-Control": "public, max-age=300"}


@router.get("/.well-known/jwks.json", operation_id="jwks", response=shapes.Jwks)
async def jwks(request: HttpRequest) -> HttpResponse:
    """The public keys that receipts are checked with (RFC 7517). Pin them once, over a way you trust."""
    return _json(keys.jwks())


@router.get("/.well-known/placet-keys.json", operation_id="keys", response=shapes.Keys)
async def history(request: HttpRequest) -> HttpResponse:
    """Every key there ever was, and what became of it; each change is signed by the key of its time."""
    return _json(keys.published())


@router.get("/.well-known/placet.json", operation_id="about", response=dict[str, Any])
async def about(request: HttpRequest) -> HttpResponse:
    """Issuer, endpoints and limits."""
    origin = settings.PUBLIC_URL
    said = {
        "issuer": origin,
        "jwks_uri": f"{origin}/.well-known/jwks.json",
        "keys": f"{origin}/.well-known/placet-keys.json",
        "actions": f"{origin}/api/v1/actions",
        "openapi": f"{origin}/api/v1/openapi.json",
        "queue": {"intake": queue.INTAKE, "replies": f"{queue.REPLIES}<server>"},
        "kinds": list(shapes.Kind.__args__),
        "limits": {
            "submission_bytes": MAX_BYTES,
            "depth": canonical.MAX_DEPTH,
            "idempotency_key": KEY_LIMIT,
            "wait_seconds": int(polls.LONGEST),
        },
    }
    return _json(said)


@router.get("/api/v1/openapi.json", include_in_schema=False)
async def openapi(request: HttpRequest) -> HttpResponse:
    return _json(document.build(request.api, origin=settings.PUBLIC_URL))


def _json(value: dict[str, Any]) -> HttpResponse:
    return HttpResponse(rest.encode(value), content_type="application/json", headers=SOON)

"""Who calls: a bearer token, or a JWT signed for this one request.

A token that was found once is remembered in this process, because looking it up costs a turn in the database. That is
safe: an identity carries the generation of the server's credentials, and every verb compares it inside its own
transaction. When it no longer holds, it is forgotten and the token looked up again, once.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.http import HttpRequest
from ninja.security.base import AuthBase

from accounts import servers
from accounts.servers import Identity

from ..errors import Unauthenticated
from . import lanes

REMEMBERED = 4096

_known: OrderedDict[bytes, Identity] = OrderedDict()


class BearerToken(AuthBase):
    """`Authorization: Bearer plc_…`; None when the credential is of another form."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "plc_<id>_<secret>"
    openapi_description = "The token that `register_server` printed once."

    def __init__(self) -> None:
        super().__init__()
        self.is_async = True

    async def __call__(self, request: HttpRequest) -> Identity | None:
        token = _credential(request)
        if not token.startswith("plc_"):
            return None
        key = hashlib.sha256(token.encode()).digest()
        known = _known.get(key)
        if known is None:
            known = await lanes.here().verb(servers.authenticate_token, token)
            _remember(key, known)
        request.remembered = key
        return known


class SignedRequest(AuthBase):
    """`Authorization: Bearer <JWT>`, good for this one request."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"
    openapi_description = (
        "A JWT signed by the server's Ed25519 key for this request alone: header `typ` is `placet-request+jwt`; "
        "claims are iss, aud, iat, exp (at most 60 s later), jti (used once), htm (method), htu (path with query) and "
        "bdg (base64url SHA-256 of the body)."
    )

    def __init__(self) -> None:
        super().__init__()
        self.is_async = True

    async def __call__(self, request: HttpRequest) -> Identity:
        return await lanes.here().verb(
            servers.authenticate_request,
            _credential(request).encode(),
            audience=settings.PUBLIC_URL,
            method=request.scope["method"],
            target=request.get_full_path(),
            body=request.body,
            at=lanes.now(),
        )


BEARER, SIGNED = BearerToken(), SignedRequest()


async def acting[Answer](request: HttpRequest, call: Callable[[Identity], Awaitable[Answer]]) -> Answer:
    """Make the call as the one who calls; when what we remembered no longer holds, look again, once."""
    try:
        return await call(request.auth)
    except Unauthenticated:
        key = getattr(request, "remembered", None)
        if key is None:
            raise
        _known.pop(key, None)
    return await call(await BEARER(request))


def _credential(request: HttpRequest) -> str:
    scheme, _, credential = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not credential:
        raise Unauthenticated()
    return credential.strip()


def _remember(key: bytes, identity: Identity) -> None:
    _known[key] = identity
    if len(_known) > REMEMBERED:
        _known.popitem(last=False)


def forget_all() -> None:
    """Drop everything remembered; each token is looked up again."""
    _known.clear()

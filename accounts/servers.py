"""Servers and their credentials: register, issue, rotate, stop, authenticate."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from placet import canonical, envelopes

from .errors import BadPublicKey, BadServerName, NameTaken, Unauthenticated
from .models import SERVER_NAME, SeenToken, Server, ServerKey, ServerToken, User

KID = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7638 over SHA-256
JTI = re.compile(r"[!-~]{16,128}")
TOKEN = re.compile(r"plc_([a-z0-9]{16})_([A-Za-z0-9_-]{43})")
REQUEST, ENVELOPE = "placet-request+jwt", "placet-envelope+jwt"
REQUEST_LIFE = timedelta(seconds=60)
ENVELOPE_LIFE = timedelta(days=7)
SKEW = timedelta(seconds=30)
#: Generations of servers that are not stopped, for whoever asks it beside other questions; `{any}` takes their ids.
LIVING = "SELECT id, generation FROM accounts_server WHERE id {any} AND stopped_at IS NULL"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a credential proved to be, and under which generation of that server's credentials."""

    id: int
    name: str
    generation: int

    @property
    def urn(self) -> str:
        return f"urn:placet:server:{self.name}"


def register(*, name: str, at: datetime, public_key: bytes | None = None, title: str = "") -> Server:
    """Register a server; `public_key` is a PEM or a JWK, or None when it will use a bearer token only."""
    if not re.match(SERVER_NAME, name):
        raise BadServerName()
    with transaction.atomic():
        try:
            with transaction.atomic():
                server = Server.objects.create(name=name, title=title, created_at=at)
        except IntegrityError:
            raise NameTaken() from None
        if public_key is not None:
            set_key(server=server, public_key=public_key, at=at)
    return server


def describe(
    *, server: Server, title: str, environment: str, owner: User | None, tools: list[str] | None,
    hosts: list[str] | None, per_minute: int | None, pending_most: int | None,
) -> None:  # fmt: skip
    """Say who answers for the server and how far it may go; see the model for what None means."""
    Server.objects.filter(pk=server.pk).update(
        title=title, environment=environment, owner=owner, tools=tools, hosts=hosts, per_minute=per_minute,
        pending_most=pending_most,
    )  # fmt: skip


def set_key(*, server: Server, public_key: bytes, at: datetime) -> ServerKey:
    """Make this the server's one live key; the key before it stops working at once."""
    try:
        raw, kid = envelopes.read_public_key(public_key)
    except ValueError as error:
        raise BadPublicKey() from error
    with transaction.atomic():
        if ServerKey.objects.filter(kid=kid).exclude(server=server, revoked_at=None).exists():
            raise BadPublicKey("This key is known already. Use a key made for this server alone.")
        server.keys.filter(revoked_at=None).exclude(kid=kid).update(revoked_at=at)
        _next_generation(server)
        return ServerKey.objects.get_or_create(
            kid=kid, defaults={"server": server, "public_key": raw, "created_at": at}
        )[0]


def end_key(*, server: Server, at: datetime) -> None:
    """Leave the server without a key: what it signed with it is refused from now on."""
    with transaction.atomic():
        server.keys.filter(revoked_at=None).update(revoked_at=at)
        _next_generation(server)


def issue_token(*, server: Server, at: datetime) -> str:
    """Return a new bearer token. It is shown this once; the database keeps a keyed hash of its secret."""
    token_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    ServerToken.objects.create(id=token_id, server=server, secret_hash=_hash(secret), created_at=at)
    return f"plc_{token_id}_{secret}"


def rotate_token(*, server: Server, at: datetime) -> str:
    """Revoke every bearer token of the server, and return the one that takes their place."""
    with transaction.atomic():
        server.tokens.filter(revoked_at=None).update(revoked_at=at)
        _next_generation(server)
        return issue_token(server=server, at=at)


def stop(*, server: Server, at: datetime) -> None:
    """Stop the server at once: no credential of it is accepted until it is started again."""
    Server.objects.filter(pk=server.pk).update(stopped_at=at, generation=F("generation") + 1)


def start(*, server: Server) -> None:
    Server.objects.filter(pk=server.pk).update(stopped_at=None, generation=F("generation") + 1)


def authenticate_token(token: str) -> Identity:
    """Return whose bearer token this is."""
    match = TOKEN.fullmatch(token)
    found = match and ServerToken.objects.select_related("server").filter(pk=match[1]).first()
    if not found or not hmac.compare_digest(bytes(found.secret_hash), _hash(match[2])):
        raise Unauthenticated("unknown_token", "This token is not known here.")
    if found.revoked_at:
        raise Unauthenticated("revoked_token", "This token was revoked. Ask an admin for the new one.")
    return _identity(found.server)


def authenticate_request(jwt: bytes, *, audience: str, method: str, target: str, body: bytes, at: datetime) -> Identity:
    """Return who signed this very request (RFC 7519, with the `htm` and `htu` of RFC 9449 and a digest of the body)."""
    keys = _keys([jwt], typ=REQUEST)
    identity, claims = _open(jwt, keys=keys, typ=REQUEST, audience=audience, life=REQUEST_LIFE, at=at)
    bound = {"htm": method, "htu": target, "bdg": canonical.digest_bytes(body)}
    for claim, value in bound.items():
        if claims.get(claim) != value:
            raise Unauthenticated("request_mismatch", f"The signed request does not match this one: {claim} differs.")
    _spend(claims, server=identity)
    return identity


def identify_envelopes(
    sealed: Sequence[bytes], *, audience: str, at: datetime
) -> list[tuple[Identity, dict[str, Any]] | Unauthenticated]:
    """Return who signed each queue envelope, and its claims; the keys of all of them are read in one query.

    Replays are harmless: the idempotency key inside settles them.
    """
    keys = _keys(sealed, typ=ENVELOPE)
    return [_opened(jws, keys=keys, audience=audience, at=at) for jws in sealed]


def current(identities: Iterable[Identity]) -> set[Identity]:
    """Return those identities that still hold; to be asked inside the verb's own transaction."""
    identities = set(identities)
    rows = Server.objects.filter(pk__in={i.id for i in identities}, stopped_at=None).values_list("pk", "generation")
    living = dict(rows)
    return {i for i in identities if living.get(i.id) == i.generation}


def outdated() -> Unauthenticated:
    """What an identity is told that holds no more."""
    return Unauthenticated("stopped_server", "This server was stopped or its credentials were replaced.")


def require_current(identity: Identity) -> None:
    if not current([identity]):
        raise outdated()


def sweep(*, at: datetime) -> int:
    """Forget used request ids that have expired; return how many."""
    return SeenToken.objects.filter(expires_at__lt=at - SKEW).delete()[0]


def _keys(sealed: Iterable[bytes], *, typ: str) -> dict[str, ServerKey]:
    """The keys these objects name, those we know; what names none is left for `_open` to refuse."""
    kids = set()
    for jws in sealed:
        with suppress(ValueError):
            kids.add(envelopes.peek_kid(jws, typ=typ))
    return ServerKey.objects.select_related("server").in_bulk([kid for kid in kids if KID.fullmatch(kid)])


def _opened(
    jws: bytes, *, keys: Mapping[str, ServerKey], audience: str, at: datetime
) -> tuple[Identity, dict[str, Any]] | Unauthenticated:
    try:
        return _open(jws, keys=keys, typ=ENVELOPE, audience=audience, life=ENVELOPE_LIFE, at=at)
    except Unauthenticated as refusal:
        return refusal


def _open(
    jws: bytes, *, keys: Mapping[str, ServerKey], typ: str, audience: str, life: timedelta, at: datetime
) -> tuple[Identity, dict[str, Any]]:
    try:
        key = keys.get(envelopes.peek_kid(jws, typ=typ))
    except ValueError as error:
        raise Unauthenticated("bad_signature", str(error)) from error
    if key is None:
        raise Unauthenticated("unknown_key", "This key is not registered here.")
    if key.revoked_at:
        raise Unauthenticated("revoked_key", "This key was replaced.")
    try:
        claims = envelopes.open_signed(jws, public_key=bytes(key.public_key), typ=typ)
    except ValueError as error:
        raise Unauthenticated("bad_signature", str(error)) from error
    _check_claims(claims, server=key.server, audience=audience, life=life, at=at)
    return _identity(key.server), claims


def _check_claims(claims: dict[str, Any], *, server: Server, audience: str, life: timedelta, at: datetime) -> None:
    if claims.get("iss") != server.urn or claims.get("aud") != audience:
        raise Unauthenticated("wrong_audience", f"Expected iss {server.urn} and aud {audience}.")
    issued, expires, jti = claims.get("iat"), claims.get("exp"), claims.get("jti")
    if type(issued) is not int or type(expires) is not int or not isinstance(jti, str) or not JTI.fullmatch(jti):
        raise Unauthenticated("bad_claims", "iat and exp must be whole seconds, jti 16 to 128 printable characters.")
    now = int(at.timestamp())
    if expires <= now:
        raise Unauthenticated("expired_token", "The signed token has expired.")
    if issued > now + SKEW.seconds or not 0 < expires - issued <= life.total_seconds():
        raise Unauthenticated(
            "bad_claims", f"A signed token lives at most {int(life.total_seconds())} s, and starts now."
        )


def _spend(claims: dict[str, Any], *, server: Identity) -> None:
    expires = datetime.fromtimestamp(claims["exp"], tz=UTC)
    try:
        with transaction.atomic():
            SeenToken.objects.create(jti=f"{server.id}:{claims['jti']}", expires_at=expires)
    except IntegrityError:
        raise Unauthenticated("replayed_token", "This signed request was used before.") from None


def _identity(server: Server) -> Identity:
    if server.stopped_at:
        raise Unauthenticated("stopped_server", "This server was stopped by an admin.")
    return Identity(id=server.pk, name=server.name, generation=server.generation)


def _next_generation(server: Server) -> None:
    Server.objects.filter(pk=server.pk).update(generation=F("generation") + 1)
    server.refresh_from_db(fields=["generation"])


def _hash(secret: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"placet server token\0" + secret.encode(), hashlib.sha256)

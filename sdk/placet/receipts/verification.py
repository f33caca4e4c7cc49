"""Verification in numbered steps. Any failure raises; nothing but the last line returns.

Every check is one `require` statement, so that a test can delete each of them in turn and see a published vector turn
red: a check that no vector misses is a check that nobody would miss.

Sources: RFC 7515 (JWS), RFC 7519 (claims), RFC 8037/9864 (Ed25519), RFC 7638 (thumbprint), RFC 8725 (best practice),
RFC 8693 (`act`), RFC 9396 (`authorization_details`).
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from placet import jws
from placet.canonical import NotCanonical, canonical, digest, parse
from placet.errors import NotVerified, denial, require
from placet.receipts import reviews
from placet.receipts.directory import Directory
from placet.receipts.pins import Pin
from placet.receipts.signing import APPROVAL, DENIAL
from placet.receipts.spent import Spent
from placet.receipts.terms import Expected, Floor, Verified, approvers, is_text, voices

MAX_BYTES = 16 * 1024
SKEW_SECONDS = 30
DETAIL_TYPE = "urn:placet:mcp-action:v1"


def verify(
    receipt: bytes, *, pin: Pin, expect: Expected, now: float, spent: Spent, floor: Floor | None = None,
    directory: Directory | None = None,
) -> Verified:  # fmt: skip
    """All steps, the last of which uses the receipt up. `now` is in seconds since 1970; level 2 takes a directory.

    Returns the object that may run. Raises `NotVerified` with the number of the step, or one of its kinds:
    `Denied`, `Expired`, `Withdrawn`.
    """
    verified = check(receipt, pin=pin, expect=expect, now=now, floor=floor, directory=directory)
    spend(verified, spent=spent)
    return verified


def check(
    receipt: bytes, *, pin: Pin, expect: Expected, now: float, floor: Floor | None = None,
    directory: Directory | None = None,
) -> Verified:  # fmt: skip
    """Steps 1 to 11, for a caller who still has to consume online before `spend`. Not a permission yet."""
    if not pin.issuer:
        raise ValueError("Name the issuer whose receipts count.")
    given = {"pin": pin, "expect": expect, "now": now, "directory": directory}
    course = walk(receipt, audience=expect.audience, floor=floor or Floor(), **given)
    while True:
        try:
            next(course)
        except StopIteration as end:
            return end.value


def spend(verified: Verified, *, spent: Spent) -> None:
    """Step 12: use the receipt up, durably, before anything runs."""
    first = spent.spend(jti=verified.claims["jti"], action=verified.action)
    require(first, 12, "already_spent", "this approval was used before")


def walk(
    receipt: bytes, *, pin: Pin, expect: Expected | None, audience: str | None, now: float, floor: Floor,
    directory: Directory | None = None,
) -> Generator[int, None, Verified | None]:  # fmt: skip
    """Steps 1 to 11, yielding the number of each that held.

    An auditor has no ask of its own: without `expect`, steps 7 and 10 compare nothing, and nothing is returned.
    """
    segments = _segments(receipt)
    yield 1
    header = _header(segments)
    yield 2
    key = _key(header["kid"], pin=pin)
    yield 3
    require(jws.signature_holds(segments, public_key=key), 4, "bad_signature", "the signature does not hold")
    yield 4
    claims = _claims(segments, issuer=pin.issuer, audience=audience)
    yield 5
    _times(claims, denied=header["typ"] == DENIAL, now=now, floor=floor)
    yield 6
    _request(claims)
    if expect:
        _mine(claims["req"], expect=expect)
        yield 7
    if header["typ"] == DENIAL:
        _denial(claims)
    yield 8
    detail = _permission(claims, floor=floor)
    yield 9
    verified = None
    if expect:
        verified = Verified(_effective(claims, detail, expect=expect), claims, receipt)
        yield 10
    require(floor.level in (1, 2), 11, "level_unsupported", "there are two levels: 1 and 2")
    if floor.level == 2:
        reviews.prove(claims, detail["dig"], directory=directory, roles=floor.roles)
    yield 11
    return verified


def _segments(receipt: bytes) -> jws.Segments:
    """1: small, and three canonical base64url segments."""
    require(len(receipt) <= MAX_BYTES, 1, "too_large", f"a receipt has at most {MAX_BYTES} bytes")
    try:
        return jws.split(receipt)
    except ValueError as error:
        raise NotVerified(1, "not_compact", str(error)) from None


def _header(segments: jws.Segments) -> dict[str, Any]:
    """2: exactly three members. Keys are never taken from the receipt: `jku`, `jwk` and `x5u` have no place here."""
    header = _object(segments.header, step=2, code="bad_header")
    require(header.keys() == {"alg", "typ", "kid"}, 2, "bad_header", "the header has exactly alg, typ and kid")
    require(header["alg"] == "Ed25519", 2, "wrong_alg", "the algorithm is Ed25519")
    require(header["typ"] in (APPROVAL, DENIAL), 2, "unknown_type", "this is no type of receipt")
    return header


def _key(kid: Any, *, pin: Pin) -> bytes:
    """3: a key of the pinned set, named by its thumbprint, not revoked."""
    found = pin.find(kid)
    require(bool(found), 3, "unknown_key", "the key is not in the pinned set")
    require(not any(key.get("revoked") for key in found), 3, "revoked_key", "the key was revoked")
    require(_is_ed25519(found[0]), 3, "wrong_key_type", "the pinned key is no Ed25519 key")
    try:
        public_key = jws.decode(found[0]["x"].encode("ascii"))
    except (AttributeError, KeyError, ValueError):
        raise NotVerified(3, "wrong_key_type", "the pinned key cannot be read") from None
    require(jws.thumbprint(public_key) == kid, 3, "wrong_thumbprint", "the key's name is not its thumbprint")
    return public_key


def _is_ed25519(key: dict[str, Any]) -> bool:
    return key.get("kty") == "OKP" and key.get("crv") == "Ed25519"


def _claims(segments: jws.Segments, *, issuer: str | None, audience: str | None) -> dict[str, Any]:
    """5: strict JSON, this version, from this issuer, for me. `True` is not 1, so types are compared too."""
    claims = _object(segments.payload, step=5, code="bad_claims")
    require(type(claims.get("ver")) is int and claims["ver"] == 1, 5, "wrong_version", "the version is 1")
    require(is_text(claims.get("iss"), 1), 5, "wrong_issuer", "a receipt names its console")
    require(is_text(claims.get("aud"), 1), 5, "wrong_audience", "a receipt names its server")
    require(issuer in (None, claims["iss"]), 5, "wrong_issuer", "another console signed this")
    require(audience in (None, claims["aud"]), 5, "wrong_audience", "this receipt is for another server")
    require(is_text(claims.get("jti"), 16), 5, "bad_jti", "a receipt has a name of its own")
    return claims


def _times(claims: dict[str, Any], *, denied: bool, now: float, floor: Floor) -> None:
    """6: begun, not over, not too long. A no does not go stale, so only an approval has to be fresh."""
    times: list[Any] = [claims.get(name) for name in ("iat", "nbf", "exp")]
    require(all(type(time) is int for time in times), 6, "bad_times", "iat, nbf and exp are whole seconds")
    issued, begins, ends = times
    require(max(issued, begins) <= now + SKEW_SECONDS, 6, "not_yet_valid", "the receipt begins in the future")
    require(denied or now < ends, 6, "expired", "the approval is over")
    require(
        denied or ends - issued <= floor.max_life_seconds, 6, "lives_too_long", "the receipt lives longer than I accept"
    )


def _request(claims: dict[str, Any]) -> None:
    """7: about one ask."""
    req = claims.get("req")
    shaped = isinstance(req, dict) and req.keys() == {"id", "nonce", "dig"}
    require(shaped, 7, "bad_request", "req has id, nonce and dig")


def _mine(req: dict[str, Any], *, expect: Expected) -> None:
    """7: about my ask: its id, my own nonce, and the digest I compute myself."""
    require(req["id"] == expect.action, 7, "wrong_action", "the receipt is about another action")
    require(req["nonce"] == expect.nonce, 7, "wrong_nonce", "the receipt does not answer my ask")
    require(req["dig"] == expect.dig, 7, "wrong_digest", "the receipt is about other bytes")


def _denial(claims: dict[str, Any]) -> None:
    """8: a genuine no is raised, and has none of the members that could be mistaken for a yes."""
    granting = claims.keys() & {"act", "authorization_details"}
    require(not granting, 8, "bad_denial", "a denial grants nothing")
    decision: Any = claims.get("decision")
    reason: Any = claims.get("reason")
    note: Any = claims.get("note", "")
    require(decision in ("denied", "expired", "withdrawn"), 8, "bad_denial", "a denial says how the action ended")
    require(is_text(reason, 1) and isinstance(note, str), 8, "bad_denial", "a denial says why")
    raise denial(decision=decision, reason=reason, note=note)


def _permission(claims: dict[str, Any], *, floor: Floor) -> dict[str, Any]:
    """9: approved, on a basis I accept, by enough people, for me, for one thing, once."""
    act: Any = claims.get("act")
    details: Any = claims.get("authorization_details")
    pol: Any = claims.get("pol")
    require(claims.get("decision") == "approved", 9, "wrong_decision", "the decision is not approved")
    require(claims.get("basis") in list(floor.bases), 9, "wrong_basis", "I do not accept approvals on this basis")
    require(isinstance(act, dict) and act.get("sub") == claims["aud"], 9, "wrong_actor", "another server may act")
    require(isinstance(details, list) and len(details) == 1, 9, "not_one_detail", "an approval is for one thing")
    detail = details[0]
    require(_is_detail(detail), 9, "bad_detail", "the approved thing has another form")
    require(type(detail["uses"]) is int and detail["uses"] == 1, 9, "wrong_uses", "an approval is used once")
    need: Any = pol.get("need") if isinstance(pol, dict) else None
    least = 0 if claims["basis"] == "policy" else floor.need
    require(type(need) is int and need >= least, 9, "need_below_floor", "the rule asks for fewer people than I do")
    grants = ("grant" in claims) == (claims["basis"] == "grant")
    require(grants, 9, "bad_basis", "a receipt names a grant when it rests on one")
    _rests(claims, detail["dig"], need=need)
    return detail


def _rests(claims: dict[str, Any], dig: str, *, need: int) -> None:
    """9: what the yes rests on is there."""
    match claims["basis"]:
        case "reviewed":
            enough = len(approvers(claims, dig)) >= need and voices(claims, dig) >= need
            require(enough, 9, "quorum_missing", "fewer people approved these bytes than the rule asks for")
        case "break_glass":
            require(bool(approvers(claims, dig)), 9, "quorum_missing", "nobody says that they broke the glass")
        case "policy":
            require(need == 0, 9, "bad_basis", "a standing rule asks for nobody")
        case "grant":
            require(_is_grant(claims["grant"]), 9, "bad_basis", "a grant has a name and its uses left")
        case _:
            raise NotVerified(9, "wrong_basis", "this verifier does not know the basis")


def _is_grant(grant: Any) -> bool:
    if not isinstance(grant, dict) or grant.keys() != {"id", "uses_left"}:
        return False
    return is_text(grant["id"], 1) and type(grant["uses_left"]) is int and grant["uses_left"] >= 0


def _is_detail(detail: Any) -> bool:
    if not isinstance(detail, dict) or detail.get("type") != DETAIL_TYPE:
        return False
    texts = all(is_text(detail.get(member), 1) for member in ("method", "dig"))
    known = detail.get("result", "review") == "review"  # a condition that I do not know is one that I cannot keep
    return texts and known and type(detail.get("edited")) is bool and "uses" in detail


def _effective(claims: dict[str, Any], detail: dict[str, Any], *, expect: Expected) -> dict[str, Any]:
    """10: mine, or the edit delivered in its place; a fresh copy, so that nobody changes it after the check."""
    require(not detail["edited"] or expect.edit is not None, 10, "edit_missing", "the edited object was not delivered")
    chosen = expect.edit if detail["edited"] else expect.effective
    try:
        effective = parse(canonical(chosen))
        dig = digest(expect.kind, effective)
    except NotCanonical as error:
        raise NotVerified(10, "wrong_object", error.message) from None
    require(dig == detail["dig"], 10, "wrong_object", "the approved bytes are not these")
    require(_names(effective) == _names(expect.effective), 10, "wrong_method", "an edit never changes what is called")
    require(detail["method"] == effective["method"], 10, "wrong_method", "the receipt names another method")
    return effective


def _names(effective: dict[str, Any]) -> tuple[Any, Any]:
    """The method, and the tool where there is one."""
    params = effective.get("params")
    return effective.get("method"), params.get("name") if isinstance(params, dict) else None


def _object(raw: bytes, *, step: int, code: str) -> dict[str, Any]:
    try:
        found = parse(raw, max_bytes=MAX_BYTES)
    except NotCanonical as error:
        raise NotVerified(step, code, error.message) from None
    require(isinstance(found, dict), step, code, "this is not an object")
    return found

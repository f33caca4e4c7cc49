"""What a browser hands over of a ceremony, checked: that a credential was made here, that it signed just this.

`fido2` checks attestation and signature; it is loaded when the first ceremony comes, for most processes never see one.
What it leaves open is checked before: one spelling of everything, the exact origin, and no page inside another's frame.
Sources: W3C Web Authentication Level 3, sections 7.1 and 7.2; RFC 9052, 9053 (COSE).
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from placet import canonical, jws

from .. import words
from ..errors import BadCeremony, ForeignOrigin, UnknownPasskey, UnverifiedPerson
from .relying import relying_party

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..models import Passkey, User

ALGORITHMS = (-7, -8, -257)  # ES256, EdDSA, RS256: what verifiers know
# A receipt repeats assertions and has at most 16 KiB, so each of their parts is bounded.
MOST_ID, MOST_CLIENT_DATA, MOST_DATA, MOST_SIGNATURE = 128, 400, 64, 256
TRANSPORTS = {"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}
PATIENCE_MS = 120_000


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as its ceremony showed it. `attestation` is the digest of the attestation object."""

    id: bytes
    public_key: bytes
    aaguid: uuid.UUID
    transports: tuple[str, ...]
    attestation: str


def asked(person: User, *, challenge: str, known: Iterable[Passkey]) -> dict[str, Any]:
    """What a browser is asked to make: options for `navigator.credentials.create`, bytes as base64url."""
    from allauth.account.utils import user_pk_to_url_str

    return {
        "rp": {"id": relying_party().id, "name": "Placet"},
        "user": {
            "id": _text(user_pk_to_url_str(person).encode()), "name": person.username,
            "displayName": person.get_full_name() or person.username,
        },
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
        "timeout": PATIENCE_MS,
        "excludeCredentials": [_descriptor(each) for each in known],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required"
        },
        "attestation": "none",
    }  # fmt: skip


def assertion_options(known: Iterable[Passkey]) -> dict[str, Any]:
    """What a browser is asked to sign with; the page computes the challenge from what it signs."""
    return {
        "rpId": relying_party().id, "timeout": PATIENCE_MS, "userVerification": "required",
        "allowCredentials": [_descriptor(each) for each in known],
    }  # fmt: skip


def challenge_of(stated: bytes) -> str:
    """The challenge of what is signed: the digest of its canonical bytes, never a random number."""
    return canonical.digest_bytes(stated)


def entering(challenge: str) -> str:
    """What is signed to sign in, or to confirm who one is: never the console's own random bytes, which could as well be
    the digest of a yes. The page computes it too, and signs nothing else.
    """
    return canonical.digest_bytes(canonical.canonical({"@type": "placet.entering.v1", "challenge": challenge}))


def introduction(*, issuer: str, sub: str, challenge: str, attestation: str) -> bytes:
    """What an old passkey signs when it introduces a new one: whose, in which ceremony, and which."""
    return canonical.canonical(
        {
            "@type": "placet.introduction.v1", "iss": issuer, "sub": sub, "challenge": challenge,
            "attestation": attestation,
        }
    )  # fmt: skip


def registered(said: Any, *, challenge: str) -> Credential:
    """Read what `navigator.credentials.create` answered to this challenge; a refusal when it does not hold."""
    from fido2 import cbor
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    response = _response(said, "clientDataJSON", "attestationObject")
    _client_data(response, kind="webauthn.create", challenge=challenge)
    party = relying_party()
    server = Fido2Server(
        PublicKeyCredentialRpEntity(name="Placet", id=party.id), verify_origin=lambda origin: origin == party.origin
    )
    try:
        whole = {"id": said["id"], "rawId": said["id"], "type": "public-key", "response": response}
        data = server.register_complete({"challenge": challenge, "user_verification": None}, whole)
        if not data.is_user_verified():
            raise UnverifiedPerson()
        made = data.credential_data
        key = _usable(_plain(made.public_key))
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, IndexError, RecursionError) as error:
        raise BadCeremony() from error
    if made.credential_id != jws.decode(said["id"].encode("ascii")) or not 16 <= len(made.credential_id) <= MOST_ID:
        raise BadCeremony(
            words.said("This authenticator names its passkeys in a way that Placet does not take. Use another one.")
        )
    attestation = canonical.digest_bytes(jws.decode(response["attestationObject"].encode("ascii")))
    return Credential(
        id=made.credential_id, public_key=cbor.encode(key), aaguid=uuid.UUID(bytes=bytes(made.aaguid)),
        transports=_transports(said), attestation=attestation,
    )  # fmt: skip


def signed(said: Any, *, challenge: str, passkey: Passkey) -> bytes:
    """Check that this passkey signed this challenge, in person, on a page of this console.

    Returns the assertion as it is kept and as receipts repeat it: canonical JSON of its four parts in base64url.
    """
    from fido2 import cbor
    from fido2.cose import CoseKey

    response = _response(said, "clientDataJSON", "authenticatorData", "signature")
    client = _client_data(response, kind="webauthn.get", challenge=challenge)
    data, signature = (jws.decode(response[part].encode("ascii")) for part in ("authenticatorData", "signature"))
    if said["id"] != _text(bytes(passkey.credential_id)):
        raise UnknownPasskey()
    if not 37 <= len(data) <= MOST_DATA or len(signature) > MOST_SIGNATURE:
        raise BadCeremony()
    _authenticator_data(data)
    try:
        key = CoseKey.parse(cbor.decode(bytes(passkey.public_key)))
        key.verify(data + hashlib.sha256(client).digest(), signature)
    except Exception as error:  # whatever the key's own library calls it: this signature does not hold
        raise BadCeremony(words.said("The passkey did not sign this.")) from error
    kept = {"id": said["id"]} | {part: response[part] for part in ("authenticatorData", "clientDataJSON", "signature")}
    return canonical.canonical(kept)


def used_here(said: Any) -> None:
    """Refuse an assertion of another page, or of nobody in particular; whether it is signed is asked elsewhere."""
    response = _response(said, "clientDataJSON", "authenticatorData", "signature")
    _client_data(response, kind="webauthn.get", challenge=None)
    data = jws.decode(response["authenticatorData"].encode("ascii"))
    if len(data) < 37:
        raise BadCeremony()
    _authenticator_data(data)


def jwk(public_key: bytes) -> tuple[int, dict[str, str]]:
    """The algorithm (COSE) and the public key (RFC 7517) of a stored key."""
    from fido2 import cbor

    key = cbor.decode(bytes(public_key))
    match key[3]:
        case -7:
            return -7, {"kty": "EC", "crv": "P-256", "x": _text(key[-2]), "y": _text(key[-3])}
        case -8:
            return -8, {"kty": "OKP", "crv": "Ed25519", "x": _text(key[-2])}
        case _:
            return -257, {"kty": "RSA", "n": _text(key[-1]), "e": _text(key[-2])}


def hashed(party: str) -> bytes:
    """A relying party's id as authenticators say it."""
    return hashlib.sha256(party.encode()).digest()


def _plain(key: Any) -> dict[int, Any]:
    """The members that make the key, and no others; ValueError for what verifiers do not know."""
    match key[3], key[1]:
        case -7, 2 if key[-1] == 1 and len(key[-2]) == len(key[-3]) == 32:
            return {1: 2, 3: -7, -1: 1, -2: bytes(key[-2]), -3: bytes(key[-3])}
        case -8, 1 if key[-1] == 6 and len(key[-2]) == 32:
            return {1: 1, 3: -8, -1: 6, -2: bytes(key[-2])}
        case -257, 3 if len(key[-1]) == 256 and key[-1][0] >= 0x80:
            return {1: 3, 3: -257, -1: bytes(key[-1]), -2: bytes(key[-2])}
    raise ValueError("an algorithm or a size that is not taken")


def _usable(key: dict[int, Any]) -> dict[int, Any]:
    """A key by which one person signs and nobody else: a point of the curve, of no small order, no odd exponent."""
    from fido2 import cbor
    from placet.receipts import assertions

    alg, told = jwk(cbor.encode(key))
    if not assertions.usable(told, alg=alg):
        raise ValueError("no key")
    return key


def _response(said: Any, *parts: str) -> dict[str, str]:
    """The parts of a response, each in base64url as it is spelled once and only once."""
    response = said.get("response") if isinstance(said, dict) else None
    if not isinstance(response, dict) or not isinstance(said.get("id"), str):
        raise BadCeremony()
    found = {part: response.get(part) for part in parts}
    try:
        for text in (said["id"], *found.values()):
            jws.decode(text.encode("ascii"))
    except (AttributeError, ValueError) as error:
        raise BadCeremony() from error
    return found


def _client_data(response: dict[str, str], *, kind: str, challenge: str | None) -> bytes:
    """What the browser says of the moment: this ceremony, this challenge (None: any), this console's own page."""
    raw = jws.decode(response["clientDataJSON"].encode("ascii"))
    try:
        said = canonical.parse(raw, max_bytes=MOST_CLIENT_DATA)
    except canonical.NotCanonical as error:
        raise BadCeremony() from error
    if not isinstance(said, dict) or said.get("type") != kind:
        raise BadCeremony()
    if said.get("origin") != relying_party().origin or said.get("crossOrigin", False) is not False:
        raise ForeignOrigin()
    if "topOrigin" in said:
        raise ForeignOrigin()
    if challenge is not None and said.get("challenge") != challenge:
        raise BadCeremony(words.said("The passkey answered to something else. Begin again."))
    return raw


def _authenticator_data(data: bytes) -> None:
    """For this console, with somebody there, and the authenticator knew who."""
    if data[:32] != hashed(relying_party().id) or not data[32] & 0x01:
        raise BadCeremony()
    if not data[32] & 0x04:
        raise UnverifiedPerson()


def _transports(said: dict[str, Any]) -> tuple[str, ...]:
    told = said["response"].get("transports")
    named = {each for each in told if isinstance(each, str)} if isinstance(told, list) else set()
    return tuple(sorted(TRANSPORTS & named))


def _text(raw: bytes) -> str:
    return jws.encode(raw).decode("ascii")


def _descriptor(passkey: Passkey) -> dict[str, Any]:
    return {
        "type": "public-key",
        "id": _text(bytes(passkey.credential_id)),
        "transports": list(passkey.transports),
    }

"""The vectors of step 11 about signatures: what somebody changed after a passkey signed it."""

from __future__ import annotations

from typing import Any

from placet import jws

from .authenticator import text
from .proven import ALICE, BOB, IDENTITY, directory, no, person, proven, said
from .receipts import Vector, changed


def signatures() -> list[Vector]:
    flags = said("alice", how={"flags": 0x04})["webauthn"]
    stretched = changed(said("alice"), webauthn__authenticatorData=flags["authenticatorData"])
    anybody = changed(said("bob"), webauthn__signature=text(IDENTITY + bytes(32)))

    def given(**members: Any) -> str:
        return proven(changed(said("alice"), **{f"webauthn__{name}": value for name, value in members.items()}))

    return [
        no("one byte of the signature changed", given(signature=_flipped(said("alice")["webauthn"]["signature"])),
           "bad_assertion_signature"),
        no("one byte of an EdDSA signature changed", proven(_resigned(said("bob"))), "bad_assertion_signature"),
        no("one byte of an RS256 signature changed", proven(_resigned(said("carol"))), "bad_assertion_signature"),
        no("a key of small order, in whose name anybody signs", proven(anybody), "bad_assertion_signature",
           people=directory(person("bob", BOB.passkey() | {"jwk": BOB.jwk() | {"x": text(IDENTITY)}}))),
        no("authenticator data of another moment", proven(_counted(said("alice"))), "bad_assertion_signature"),
        no("authenticator data of another gesture", proven(stretched), "user_absent"),
        no("client data with a member added", proven(_grown(said("alice"))), "bad_assertion_signature"),
        no("a signature of another algorithm", proven(said("alice", by=BOB) | {}), "bad_assertion_signature",
           people=directory(person("alice", ALICE.passkey() | {"id": BOB.id}))),
    ]  # fmt: skip


def _resigned(review: Any) -> Any:
    return changed(review, webauthn__signature=_flipped(review["webauthn"]["signature"]))


def _flipped(text: str) -> str:
    """The same length, another byte: the last but one of the signature's."""
    raw = bytearray(jws.decode(text.encode()))
    raw[-2] ^= 1
    return jws.encode(bytes(raw)).decode()


def _counted(review: Any) -> Any:
    """The authenticator's counter is one further than when it signed."""
    data = bytearray(jws.decode(review["webauthn"]["authenticatorData"].encode()))
    data[-1] += 1
    return changed(review, webauthn__authenticatorData=jws.encode(bytes(data)).decode())


def _grown(review: Any) -> Any:
    """The client data have a member that was not there when they were signed."""
    said = jws.decode(review["webauthn"]["clientDataJSON"].encode())[:-1] + b',"more":1}'
    return changed(review, webauthn__clientDataJSON=jws.encode(said).decode())

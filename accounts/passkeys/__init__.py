"""Passkeys of people: where they work, how a ceremony is checked, and which of them count."""

from .ceremonies import (
    Credential,
    asked,
    assertion_options,
    challenge_of,
    entering,
    introduction,
    jwk,
    registered,
    signed,
    used_here,
)
from .keeping import add, confirm, digest, drop, introduce, live_of, named, of, people_with, rename, revoke
from .relying import RelyingParty, relying_party

__all__ = [
    "Credential", "RelyingParty", "add", "asked", "assertion_options", "challenge_of", "confirm", "digest", "drop",
    "entering", "introduce", "introduction", "jwk", "live_of", "named", "of", "people_with", "registered",
    "relying_party", "rename", "revoke", "signed", "used_here",
]  # fmt: skip

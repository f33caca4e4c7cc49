"""Dead letters become findings: one a server and reason, however many letters."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from .. import findings, secrecy
from ..models import Finding
from . import DeadLetter, Message


def note(letters: Sequence[DeadLetter], *, at: datetime) -> None:
    """Note them before they are buried: counted twice is better than not at all."""
    apart = {"asks_for_secret", "holds_secret"}  # intake has noted these, by their rule
    found = [
        findings.Noted(code=Finding.Code.DEAD_LETTER, server_id=letter.server, about=letter.code, detail=letter.reason)
        for letter in letters
        if letter.code not in apart
    ]
    findings.record(found, at=at)


def without_secrets(letters: Sequence[DeadLetter]) -> list[DeadLetter]:
    """The letters as they may be kept: one whose envelope holds a secret is kept with its reason alone.

    Dead letters are a store too, and most were buried before anybody looked into them.
    """
    return [
        replace(each, message=Message(each.message.handle, b"")) if _holds_one(each.message.envelope) else each
        for each in letters
    ]


def _holds_one(envelope: bytes) -> bool:
    """Whether the envelope, or any part of it as a JWS has them, holds a secret. All of it is read as text."""
    parts = [envelope, *(_decoded(part) for part in envelope.split(b".", 4)[:4])]
    return any(secrecy.in_value(part.decode("utf-8", "replace")) for part in parts if part)


def _decoded(part: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (ValueError, binascii.Error):
        return b""

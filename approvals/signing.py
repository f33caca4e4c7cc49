"""What a person's passkey signs: the statement of their verdict itself, made before the ceremony and compared after it.

The challenge is the digest of the statement. What is recorded are exactly the bytes that were signed, and only if the
same bytes would be made at that moment: same person, voice, ask, view and rule.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from placet import canonical

from accounts import passkeys
from accounts.errors import CeremonyOver, UnknownPasskey
from accounts.models import Passkey, User

from . import rows, settlement
from .errors import PasskeyMissing, PasskeyNotTaken, StaleView
from .models import Action
from .rules import policies, statements

PATIENCE = 120  # seconds from statement to verdict

# Locked as far as a revocation would change them: one that came first is seen, one that comes now waits for us.
_COUNTING = """
SELECT id, person_id, credential_id, public_key, live_from FROM accounts_passkey
 WHERE person_id {{any}} AND live_from IS NOT NULL AND revoked_at IS NULL {lock}
"""
_TEXTS = {"postgresql": _COUNTING.format(lock="FOR SHARE"), "sqlite": _COUNTING.format(lock="")}


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement, as canonical bytes, and what `navigator.credentials.get` answered to its digest."""

    stmt: bytes
    assertion: Mapping[str, Any]


def required(rule: policies.Rule) -> bool:
    """Whether each yes has to be signed."""
    return rule.passkey == "required"


def takes(rule: policies.Rule) -> bool:
    """Whether a yes may be signed: a receipt repeats each assertion, and has no room for more of them."""
    return rule.need <= policies.MOST_SIGNED


def ask(people: Iterable[User]) -> Sequence[rows.Question]:
    """Ask which passkeys of these people count; no question when there is nobody. `read` reads the answer."""
    ids = sorted({person.pk for person in people})
    return [(_TEXTS[connection.vendor], [ids])] if ids else []


def read(found: Sequence[rows.Answer]) -> list[Passkey]:
    return [
        Passkey(id=pk, person_id=person, credential_id=bytes(name), public_key=bytes(key), live_from=since)
        for answer in found
        for pk, person, name, key, since in answer
    ]


def statement(
    action: Action, *, person: User, role: str, on_behalf_of: str = "", verdict: str, shown: str, edited: str,
    at: datetime, signed: Signed | None = None, more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What this person says now; or, when they signed it, what they would have said at that moment.

    `more` are members of the statement that only some verdicts have.
    """
    begun, rnd = _begun(signed, at=at) if signed else (at, secrets.token_urlsafe(16))
    return statements.review(
        settlement.ask_of(action, server_urn=action.server.urn, edited=edited), settlement.policy_ref(action.policy),
        issuer=settings.PUBLIC_URL, shown=shown, verdict=verdict, reviewer=person.urn, role=role,
        on_behalf_of=f"user:{on_behalf_of}" if on_behalf_of else None, at=begun, expires=action.deadline_at, rnd=rnd,
        **(more or {}),
    )  # fmt: skip


def require(rule: policies.Rule, *, verdict: str, signed: bool) -> None:
    """A yes comes signed where the rule wants it; a no never has to be."""
    if verdict == "approve" and not signed and required(rule):
        raise PasskeyMissing()
    if signed and not takes(rule):
        raise PasskeyNotTaken()


def checked(stmt: bytes, signed: Signed, *, person: User, counting: Iterable[Passkey]) -> bytes:
    """The assertion as it is kept, when a passkey of theirs that counts signed just these bytes."""
    if stmt != signed.stmt:
        raise StaleView()
    theirs = [each for each in counting if each.person_id == person.pk]
    passkey = passkeys.named(str(signed.assertion.get("id", "")), among=theirs)
    if int(passkey.live_from.timestamp()) > canonical.parse(stmt)["iat"]:
        raise UnknownPasskey()  # a verifier asks what counted when the statement was made
    return passkeys.signed(signed.assertion, challenge=passkeys.challenge_of(stmt), passkey=passkey)


def _begun(signed: Signed, *, at: datetime) -> tuple[datetime, str]:
    """When its statement was made, and the noise in it; CeremonyOver when that is too long ago."""
    try:
        said = canonical.parse(signed.stmt)
        begun, rnd = said["iat"], said["rnd"]
    except (canonical.NotCanonical, KeyError, TypeError) as error:
        raise StaleView() from error
    if type(begun) is not int or not isinstance(rnd, str):
        raise StaleView()
    if not 0 <= at.timestamp() - begun <= PATIENCE + 1:
        raise CeremonyOver()
    return datetime.fromtimestamp(begun, tz=at.tzinfo), rnd

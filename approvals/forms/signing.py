"""A verdict on its way to a passkey and back: the statement goes out sealed, and comes back signed."""

import json
from collections.abc import Mapping

from django.core import signing as sealing
from placet import canonical, jws

from accounts.errors import BadCeremony, CeremonyOver
from accounts.models import User

from ..signing import PATIENCE, Signed

SALT = "placet.statement"
MOST = 8 * 1024


def sealed(stmt: bytes, *, person: User, session: str) -> str:
    """The statement as only this person's session can hand it back, and not for long."""
    said = {"stmt": jws.encode(stmt).decode(), "person": person.pk, "session": _of(session)}
    return sealing.dumps(said, salt=SALT)


def read(sent: Mapping[str, str], *, person: User, session: str) -> Signed | None:
    """What a form brings of a passkey; None when it brings nothing."""
    token, assertion = sent.get("statement", ""), sent.get("assertion", "")
    if not token and not assertion:
        return None
    try:
        said = sealing.loads(token, salt=SALT, max_age=PATIENCE)
    except sealing.BadSignature as error:
        raise CeremonyOver() from error
    if (said["person"], said["session"]) != (person.pk, _of(session)):
        raise CeremonyOver()
    return Signed(jws.decode(said["stmt"].encode()), read_json(assertion))


def read_json(text: str) -> dict:
    """What a browser says of a ceremony, as an object and nothing else."""
    try:
        said = json.loads(text[:MOST])
    except (ValueError, RecursionError) as error:
        raise BadCeremony() from error
    if not isinstance(said, dict):
        raise BadCeremony()
    return said


def _of(session: str) -> str:
    return canonical.digest("session", session)

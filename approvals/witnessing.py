"""The console brings its heads to witnesses, and keeps what they sign (C2SP tlog-witness).

A witness that is away is asked again with the next head, or a little later. Nothing waits for witnesses: a head counts
without them for whoever wants none, and readers say how many they want.
"""

import logging
import ssl
import threading
from datetime import UTC, datetime
from functools import cache

from django.conf import settings
from django.db import transaction
from placet.tlog import cosigning, heads, witness

from .models import Cosignature
from .queries import tree

PATIENCE = 5.0  # seconds for one answer of a witness, however slowly it comes
LONGEST = 16 * 1024
AHEAD = 60  # seconds that a witness's clock may be before ours

log = logging.getLogger(__name__)


class Unwilling(Exception):
    """A witness did not co-sign: one sentence says why."""


class SeenMore(Unwilling):
    """It has seen more of the ledger than there is: the database was brought back, or the ledger cut."""


def wanted() -> list[tuple[str, cosigning.Witness]]:
    """Addresses and witnesses, as the settings name them."""
    return cosigning.listed(settings.WITNESSES)


def collect(*, at: datetime) -> int:
    """Bring the newest head to those who have not co-signed it; return how many did now. No transaction is open
    meanwhile."""
    head = tree.shown()
    if head is None:
        return 0
    note, done = heads.read(head.whole), 0
    have = {had.witness for had in cosigning.given(note, [each for _, each in wanted()])}
    for url, each in wanted():
        if each.name in have:
            continue
        try:
            line, given = _asked(url, each, head, at=at)
        except Unwilling as no:
            told = {"witness": each.name, "count": head.size, "error": type(no).__name__}
            log.warning("a witness has not co-signed the head", extra=told)
            continue
        _keep(head, given, line)
        done += 1
    return done


def _asked(url: str, each: cosigning.Witness, head: tree.Head, *, at: datetime) -> tuple[str, cosigning.Cosignature]:
    """The cosignature's line. A witness that has seen another size than we thought says so, and is asked again."""
    old = _last(each)
    for _ in range(2):
        status, text = _post(url, _body(head, old))
        if status != 409:
            break
        if not heads.SIZE.fullmatch(text.strip()) or int(text) > head.size:
            raise SeenMore(f"it has seen a ledger of {text.strip()[:40]} leaves, more than there are")
        old = int(text)
    if status != 200:
        raise Unwilling(f"it answered {status}: {' '.join(text.split())[:200]}")
    line, given = _line(text, each, head)
    if given.at > at.timestamp() + AHEAD:
        raise Unwilling("it signed for a time that is still to come")
    return line, given


def _body(head: tree.Head, old: int) -> bytes:
    proof = tree.consistency(old=old, new=head.size) if 0 < old < head.size else []
    return witness.request(heads.read(head.note), old=old, proof=proof)


def _last(each: cosigning.Witness) -> int:
    """The size of the last head of ours that it has co-signed."""
    last = Cosignature.objects.filter(witness=each.name).order_by("-head_id").first()
    return last.head_id if last else 0


def _post(url: str, body: bytes) -> tuple[int, str]:
    """Status and text of its answer. It is somebody else's machine: neither its length nor its pace is up to it, and a
    connection is closed under an answer that drips, headers too."""
    import httpx2

    said = b""
    client = httpx2.Client(verify=_trust(), timeout=PATIENCE, follow_redirects=False)
    end = threading.Timer(PATIENCE, client.close)
    end.start()
    try:
        headers = {"Accept-Encoding": "identity"}
        with client, client.stream("POST", f"{url}/add-checkpoint", content=body, headers=headers) as answer:
            for part in answer.iter_raw():
                said += part
                if len(said) > LONGEST:
                    raise Unwilling("its answer is too long")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, RuntimeError) as error:
        raise Unwilling(f"it cannot be reached ({type(error).__name__})") from error
    finally:
        end.cancel()
    return answer.status_code, said.decode("utf-8", "replace")


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates count. Read once: it takes longer than a witness's answer."""
    return ssl.create_default_context()


def _line(text: str, each: cosigning.Witness, head: tree.Head) -> tuple[str, cosigning.Cosignature]:
    """The one line among those answered that is this witness's cosignature of this head, and what it says."""
    for line in text.splitlines():
        try:
            note = heads.read(head.note + line.encode() + b"\n")
        except heads.BadHead:
            continue
        if found := cosigning.given(note, [each]):
            return line, found[0]
    raise Unwilling("what it answered is no cosignature of this head by its key")


def _keep(head: tree.Head, given: cosigning.Cosignature, line: str) -> None:
    said = {"line": line, "at": datetime.fromtimestamp(given.at, UTC)}
    with transaction.atomic():
        Cosignature.objects.get_or_create(head_id=head.size, witness=given.witness, defaults=said)

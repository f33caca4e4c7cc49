"""A proof pack: all that is known of one decided action, in one file, for whoever may see it (docs/receipts.md).

Nothing in it is made for it: bytes are those that are stored, and `placet pack verify` compares each with what was
signed.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from placet import canonical, jws
from placet.tlog import heads

from accounts import directory

from . import keys, sequencing, settlement
from .errors import NotFound
from .models import Action, Receipt
from .queries import edited, tree
from .rules import statements

TYPE = "placet.pack.v1"


def pack(*, action_id: UUID, to_server: bool = False, at: datetime) -> bytes:
    """Return the pack as canonical JSON; NotFound while the action is pending.

    The caller has seen to who may have it. A server is not told its rule's text. The ledger's part is left out while no
    head has come to the entry: a second later it has.
    """
    parts = ("receipt", "policy", "checkpoint")
    action = Action.objects.select_related(*parts).filter(pk=action_id, receipt__isnull=False).first()
    if action is None:
        raise NotFound()
    proof = sequencing.prove(action_id=action_id, at=at)
    receipt: Receipt = action.receipt
    claims = canonical.parse(jws.split(bytes(receipt.jws)).payload)
    policy = action.policy if claims["pol"] else None
    said = {
        "@type": TYPE, "iss": claims["iss"], "at": int(at.timestamp()), "action": str(action.pk),
        "receipt": bytes(receipt.jws).decode("ascii"), "keys": _keys(receipt, proof),
        "policy": bytes(policy.body).decode() if policy and not to_server else None,
        "directory": _people(claims, at=at), "view": _view(action, claims), "ledger": _ledger(proof),
        "asked": _asked(action, claims),
    }  # fmt: skip
    return canonical.canonical(said)


def _keys(receipt: Receipt, proof: tree.Inclusion | None) -> dict[str, Any]:
    """The public keys that signed the receipt and the head: as anybody who pinned them has them."""
    known = {kid: key.public() for kid, key in keys.state().history.keys.items()}
    names = {receipt.kid}
    if proof:
        names.add(heads.signed_by(heads.read(proof.head.note), known.values()))
    return {"issuer": settings.PUBLIC_URL, "keys": [known[kid] for kid in sorted(names) if kid in known]}


def _people(claims: dict[str, Any], *, at: datetime) -> dict[str, Any]:
    """The directory, as far as it is about those whom the receipt names."""
    stated = [review["stmt"] for review in claims["reviews"]]
    named = {sub for stmt in stated for sub in (stmt["sub"], stmt["on_behalf_of"]) if sub}
    whole = directory.export(at=at)
    return whole | {"people": [person for person in whole["people"] if person["sub"] in named]}


def _view(action: Action, claims: dict[str, Any]) -> dict[str, Any]:
    """What the renderer drew from, for the bytes that the reviews are about."""
    stated = [review["stmt"]["eff"] for review in claims["reviews"]]
    details = claims.get("authorization_details", [])
    eff = details[0]["dig"] if details else stated[0] if stated else action.dig
    ask = settlement.ask_of(action, server_urn="", edited=eff if eff != action.dig else "")
    return statements.view(ask, settlement.policy_ref(action.policy) if claims["pol"] else None)


def _ledger(proof: tree.Inclusion | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    hashes = [jws.encode(each).decode() for each in proof.hashes]
    return {"inclusion": {"entry": proof.said, "hashes": hashes}, "head": {"note": proof.head.whole.decode()}}


def _asked(action: Action, claims: dict[str, Any]) -> dict[str, Any] | None:
    """The bytes themselves, as they were digested; None once they are erased."""
    if action.is_erased:
        return None
    asked = {"body": bytes(action.body).decode(), "context": bytes(action.context).decode()}
    made = next((edit for edit in edited.read(action).edits(action) if edit.dig == _view(action, claims)["body"]), None)
    return asked | ({"edit": bytes(made.body).decode()} if made else {})

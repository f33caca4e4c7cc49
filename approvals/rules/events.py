"""An entry of the ledger in the words of others: CloudEvents 1.0, and OCSF 1.8 for security teams' stores.

Sources: CloudEvents 1.0.2 (JSON format), OCSF 1.8.0: API Activity (6003) for what happens to an ask, Entity
Management (3004) for rules, grants, keys and passkeys. Sign-ins are not in the ledger, so there is no Authentication.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

OCSF = "1.8.0"
INFORMATIONAL, MEDIUM = 1, 3
SUCCESS, FAILURE = 1, 2
CREATE, UPDATE, DELETE, DISABLE, OTHER = 1, 3, 4, 9, 99
_MADE = frozenset(("published", "given", "proposed", "declared", "introduced", "registered", "submitted"))
_ENDED = frozenset(("revoked", "ended", "withdrawn", "erased"))
_CHANGED = frozenset(("used", "confirmed", "applied", "resolved"))
_GRAVE = frozenset(("action.glass_broken", "key.revoked", "server.stopped", "passkey.revoked"))

type Said = dict[str, Any]


def cloudevent(said: Said, *, hash: str, issuer: str) -> dict[str, Any]:
    """The entry as a CloudEvent; its leaf is the id, so an event that is read twice is known again."""
    return {
        "specversion": "1.0", "id": str(said["leaf"]), "source": f"{issuer}/ledger", "type": f"placet.{said['event']}",
        "time": said["at"], "datacontenttype": "application/json", "data": {**said, "hash": hash},
        **({"subject": said["action"]} if said["action"] else {}),
    }  # fmt: skip


def ocsf(said: Said, *, hash: str, issuer: str) -> dict[str, Any]:
    """The entry as an event of OCSF. What has no place there stands in `unmapped`: the digest and the leaf's hash."""
    about, _, what = said["event"].partition(".")
    asked = about == "action"
    activity = _activity(what, asked=asked)
    category, kind = (6, 6003) if asked else (3, 3004)
    made = {
        "category_uid": category, "class_uid": kind, "activity_id": activity, "activity_name": what or about,
        "type_uid": kind * 100 + activity, "time": _milliseconds(said["at"]),
        "severity_id": MEDIUM if said["event"] in _GRAVE else INFORMATIONAL,
        "message": f"{said['event']} by {said['actor']}", "actor": _actor(said["actor"]),
        "metadata": _metadata(said, issuer), "unmapped": {"dig": said["dig"], "hash": hash},
        **_status(said["event"]),
    }  # fmt: skip
    return made | (_call(said) if asked else _entity(said, about))


FORMS: dict[str, Callable[..., dict[str, Any]]] = {"cloudevents": cloudevent, "ocsf": ocsf}


def _activity(what: str, *, asked: bool) -> int:
    if what in _MADE:
        return CREATE
    if asked:
        return DELETE if what == "erased" else UPDATE
    if what in _ENDED:
        return DELETE
    if what == "stopped":
        return DISABLE
    return UPDATE if what in _CHANGED else OTHER


def _metadata(said: Said, issuer: str) -> dict[str, Any]:
    return {
        "version": OCSF, "product": {"name": "Placet", "vendor_name": "Placet", "url_string": issuer},
        "uid": str(said["leaf"]), "sequence": said["leaf"], "event_code": said["event"], "log_name": "ledger",
        "original_time": said["at"],
    }  # fmt: skip


def _actor(actor: str) -> dict[str, Any]:
    """People are `user:NAME`, servers `urn:placet:server:NAME`; the rest is the console itself, or its operator."""
    kind, _, name = actor.partition(":")
    if kind in ("user", "operator") and name:
        return {"user": {"uid": actor, "name": name}}
    return {"app_uid": actor, "app_name": actor.rpartition(":")[2] or actor}


def _call(said: Said) -> dict[str, Any]:
    """No address is known to the ledger: who called is named instead."""
    return {
        "api": {"operation": said["event"], "service": {"name": "placet"}},
        "src_endpoint": {"svc_name": said["actor"]},
        **({"resources": [{"uid": said["action"], "type": "action"}]} if said["action"] else {}),
    }  # fmt: skip


def _entity(said: Said, about: str) -> dict[str, Any]:
    return {"entity": {"uid": said["dig"] or said["event"], "type": about}}


def _status(event: str) -> dict[str, Any]:
    found = {"action.succeeded": SUCCESS, "action.failed": FAILURE}.get(event)
    return {} if found is None else {"status_id": found}


def _milliseconds(at: str) -> int:
    moment = datetime.fromisoformat(at)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000

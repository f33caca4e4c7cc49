"""Answers: what the subject of a released elicitation says on the console, once, and how its server gets it.

An owner releases a question and never answers it; only the person it names does (MCP elicitation, user identity).
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from placet import canonical

from accounts import servers
from accounts.models import User
from accounts.servers import Identity
from accounts.words import said

from . import access, ledger, nudge, secrecy, spoken
from .errors import AlreadyAnswered, AnswerOver, InvalidAnswer, NotFound, NotReleased, UnknownAnswer
from .models import Action, Answer, Kind, Outcome, Question, State
from .rules import blanks

SAID = ("accept", "decline", "cancel")
KEPT = timedelta(hours=24)
MAX_CONTENT = 64 * 1024
ERASED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer as its server gets it. `content` is there for an accepted form only."""

    said: str
    content: dict[str, Any] | None
    at: datetime


@transaction.atomic
def give(*, action_id: UUID, person: User, said: str, content: Mapping[str, Any] | None = None, at: datetime) -> Answer:
    """Record what the subject says. The locked action makes callers queue, so exactly one answer wins."""
    Action.objects.select_for_update(of=("self",)).only("pk").filter(pk=action_id).first()
    question = Question.objects.filter(pk=action_id).first()
    action = _released(question, person)
    if said not in SAID:
        raise UnknownAnswer()
    if Answer.objects.filter(pk=action.pk).exists():
        raise AlreadyAnswered()
    if at >= question.until or Outcome.objects.filter(pk=action.pk).exists():
        raise AnswerOver()
    kept = _checked(action, content or {}) if said == "accept" and action.kind == Kind.ELICITATION_FORM else None
    dig = canonical.digest_bytes(kept or canonical.preimage("answer", {"action": said}))
    answer = Answer.objects.create(action=action, person=person, said=said, content=kept, dig=dig, at=at)
    ledger.record(event="action.answered", actor=person.urn, action_id=action.pk, dig=dig, at=at)
    nudge.after_commit(event="answered", actions=[(action.pk, action.checkpoint_id)])
    return answer


@transaction.atomic
def fetch(*, action_id: UUID, server: Identity, at: datetime) -> Fetched:
    """Return the answer to its server, which may ask again until it has told the outcome. AnswerOver once erased."""
    servers.require_current(server)
    answer = Answer.objects.filter(pk=action_id, action__server_id=server.id).first()
    if answer is None:
        raise NotFound() if not Action.objects.filter(pk=action_id, server_id=server.id).exists() else NotReleased()
    form = answer.said == "accept" and Action.objects.filter(pk=action_id, kind=Kind.ELICITATION_FORM).exists()
    if form and answer.content is None:
        raise AnswerOver()
    Answer.objects.filter(pk=action_id, fetched_at=None).update(fetched_at=at)
    content = json.loads(bytes(answer.content))["value"]["content"] if form else None
    return Fetched(answer.said, content, answer.at)


def sweep(*, at: datetime) -> int:
    """Erase what was said a day ago, or was fetched and used; return how many. That it was said, and when, stays."""
    used = Q(fetched_at__isnull=False, action__outcome__isnull=False)
    done = Answer.objects.filter(content__isnull=False).filter(used | Q(at__lte=at - KEPT))
    ids = list(done.order_by("at").values_list("pk", flat=True)[:ERASED_AT_ONCE])
    return Answer.objects.filter(pk__in=ids).update(content=None) if ids else 0


def _released(question: Question | None, person: User) -> Action:
    """The approved action whose subject this person is. Until then, and for everybody else, there is none."""
    found = Action.objects.filter(pk=question.pk, state=State.APPROVED).first() if question else None
    if found is None or not access.is_own(username=person.username, email=person.email, names=[found.subject]):
        raise NotFound()
    return found


def _checked(action: Action, content: Mapping[str, Any]) -> bytes:
    """The content as canonical bytes, when it keeps the form's rules; salted, so that its digest tells nothing."""
    newest = spoken.newest_edit(action.pk)
    form = blanks.read(json.loads(bytes(newest.body if newest else action.body))["value"])
    wrong = (
        blanks.problems(form.blanks, content) if form.fits else {"": said("This form is too long to be answered here.")}
    )
    wrong = wrong or _secret(form, content)
    if wrong:
        raise InvalidAnswer(wrong)
    try:
        kept = canonical.preimage("answer", {"content": dict(content), "salt": secrets.token_urlsafe(16)})
    except canonical.NotCanonical as error:
        raise InvalidAnswer({"": error.message}) from error
    if len(kept) > MAX_CONTENT:
        raise InvalidAnswer({"": said("All answers together have at most {most} KiB.", most=MAX_CONTENT // 1024)})
    return kept


def _secret(form: blanks.Questionnaire, content: Mapping[str, Any]) -> dict[str, str]:
    """The blank that holds a secret, and what to do about it. It is not kept."""
    for blank in form.blanks:
        found = secrecy.in_value({blank.name: content[blank.name]}) if blank.name in content else None
        if found is not None:
            secrecy.told(found, who="answer")
            return {blank.key: said("{message} Nothing was kept.", message=found.message)}
    return {}

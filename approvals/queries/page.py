"""One action as its page shows it: the ask laid out, what this console knows, what the server claims, who said what."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import ServerKey, User

from .. import access, spoken
from ..errors import AlreadySpokenFor, EnoughOfYourRole, NotFound
from ..models import Action, Consumption, Duty, Edit, Entry, GrantUse, Kind, Outcome, Receipt, Review, State
from ..rules import drilling
from ..rules.rendering.layouts import Layout, lay_out
from ..rules.rendering.values import Sheet
from ..rules.secrets import asking
from ..rules.sentences import Part, sentence
from . import answers, bundles, claims, comments, deciding, drift, edited, history, inbox, watching
from .drift import Drift
from .facets import Desk

QUEUED = 50  # waiting actions that "1 of 4" counts
TIMELINE = 60
PARTS = (
    "server", "policy", "checkpoint", "sampling_action", "receipt", "consumption", "outcome", "definition", "question",
    "answer__person", "grant_use__grant__created_by", "drill",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """All a template needs. `own`, `voted` and `deciding` say what this reader may still do."""

    action: Action
    sentence: tuple[Part, ...]
    layout: Layout
    claims: claims.Claims
    claimed: Sheet
    key: ServerKey | None
    history: history.History
    alike: str
    watching: watching.Watching
    reviews: list[Review]
    voided: list[Review]
    edits: list[Edit]
    edited: edited.Edited | None
    body: bytes
    deciding: deciding.Deciding
    comments: comments.Comments
    entries: list[Entry]
    bundle: bundles.Bundle | None
    drift: Drift | None
    asked_here: answers.AskedHere | None
    secretive: list[str]
    queue: list[UUID]
    own: bool
    voted: Review | None
    logs: bool = False

    @property
    def edits_it(self) -> bool:
        """Whether this reader may change it before their yes."""
        return self.decides and self.deciding.edits

    @property
    def dig(self) -> str:
        """The digest of what is decided, and may run."""
        return self.edits[-1].dig if self.edits else self.action.dig

    @property
    def changed(self) -> str:
        """The digest of what an owner made of it, "" when it is as it was asked."""
        return self.edits[-1].dig if self.edits else ""

    @property
    def receipt(self) -> Receipt | None:
        return getattr(self.action, "receipt", None)

    @property
    def drill(self) -> str:
        """What was wrong with it, when it was a drill and is over; "" before, and for what was asked in earnest."""
        found = getattr(self.action, "drill", None)
        return drilling.words(found.planted) if found and not self.pending else ""

    @property
    def grant_use(self) -> GrantUse | None:
        return getattr(self.action, "grant_use", None)

    @property
    def consumption(self) -> Consumption | None:
        return getattr(self.action, "consumption", None)

    @property
    def outcome(self) -> Outcome | None:
        return getattr(self.action, "outcome", None)

    @property
    def pending(self) -> bool:
        return self.action.state == State.PENDING

    @property
    def yes(self) -> int:
        return self.deciding.yes

    @property
    def need(self) -> int:
        return self.action.policy.need if self.action.policy else 0

    @property
    def votes(self) -> list[bool]:
        return [index < self.yes for index in range(self.need)]

    @property
    def mark(self) -> str:
        """Changes with what may change on the page, but not with the clock."""
        said = [review.pk for review in [*self.reviews, *self.voided]]
        shown = (
            self.action.state,
            said,
            self.comments.last,
            self.entries[-1].pk if self.entries else 0,
            len(self.deciding.handovers),
            bool(self.consumption),
            bool(self.outcome),
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def decides(self) -> bool:
        """Whether this reader's verdict would count now."""
        return self.pending and self.deciding.voice is not None

    @property
    def breaks(self) -> bool:
        """Whether this reader may break the glass."""
        return self.pending and self.deciding.breaks and not self.own and self.voted is None

    @property
    def objects(self) -> bool:
        """Whether this reader may still say no though their yes would not count."""
        return self.pending and isinstance(self.deciding.refusal, AlreadySpokenFor | EnoughOfYourRole)

    @property
    def line(self) -> list[tuple[Entry, str]]:
        """The entries, each with for whom it was said."""
        said = [*self.reviews, *self.voided]
        absent = {r.reviewer.urn: r.on_behalf_of.username for r in said if r.on_behalf_of}
        return [(e, absent.get(e.actor, "") if e.event.startswith("action.reviewed") else "") for e in self.entries]

    @property
    def waiting(self) -> list[str]:
        return self.layout.waiting + self.claimed.waiting

    @property
    def unfolded(self) -> int:
        """How many large values are open."""
        shown = [*self.layout.sheet.values, *self.layout.sheet.tables, *self.claimed.values, *self.claimed.tables]
        return sum(each.large and each.opened for each in shown)

    @property
    def hidden(self) -> int:
        return self.layout.alarms + self.claimed.alarms

    @property
    def position(self) -> int:
        return self.queue.index(self.action.pk) + 1 if self.action.pk in self.queue else 0

    @property
    def following(self) -> UUID | None:
        """The waiting action after this one, or the first when this one waits no more."""
        others = self.queue[self.position :] + self.queue[: max(self.position - 1, 0)]
        return others[0] if others else None

    @property
    def preceding(self) -> UUID | None:
        return self.queue[self.position - 2] if self.position > 1 else None

    @property
    def last_review(self) -> Review | None:
        return max(self.reviews, key=lambda review: review.at, default=None)


def read(
    *, user: User, action_id: UUID, opened: frozenset[str] = frozenset(), before_comment: int | None = None,
    at: datetime,
) -> Page:  # fmt: skip
    """Read the page, with the comments before one of them; NotFound when this person may see no such action."""
    desk = Desk.of(user, at=at)
    action, reviews, known = _opened(user, action_id, at=at)
    made = edited.read(action, (past := history.read(action, at=at)).last)
    stored = made.of(action)
    body, context = inbox.value_of(stored), inbox.value_of(action.context)
    claimed = Sheet(context, opened)
    before = inbox.value_of(earlier) if (earlier := made.before(past.last)) else None
    names = (action.subject, context.get("origin", {}).get("principal", ""))
    return Page(
        action=action,
        sentence=_sentence(action, body),
        layout=lay_out(action.kind, body, opened=opened, before=before),
        claims=claims.read(claimed),
        claimed=claimed,
        key=ServerKey.objects.filter(server=action.server, revoked_at=None).first(),
        history=past,
        alike=history.alike(action) if action.kind == "elicitation_url" else "",
        watching=watching.read(action, body, context),
        reviews=spoken.current(reviews),
        voided=spoken.voided(reviews),
        edits=made.edits(action),
        edited=made.compared(action),
        body=stored,
        deciding=known,
        comments=comments.read(action, before_comment),
        entries=list(Entry.objects.filter(action=action).order_by("-pk")[:TIMELINE])[::-1],
        bundle=bundles.read(desk, action, context),
        drift=drift.read(action),
        asked_here=answers.asked_here(action),
        secretive=_secretive(action.kind, body),
        queue=_queue(desk),
        own=access.is_own(username=user.username, email=user.email, names=names),
        logs=Duty.LOGGING in desk.held.get(action.checkpoint_id, {}),
        voted=next((review for review in spoken.current(reviews) if review.reviewer_id == user.pk), None),
    )


def stored(*, user: User, action_id: UUID, at: datetime) -> Action:
    """Return the action with its bytes; NotFound when this person may not see it."""
    action = _find(action_id)
    if not access.rights(users=[user], action_ids=[action_id], at=at).sees(user, action):
        raise NotFound()
    return action


def bytes_of(*, user: User, action_id: UUID, asked: bool, at: datetime) -> bytes:
    """Return the bytes that are decided, or those that were asked; NotFound when this person may not see them."""
    action = stored(user=user, action_id=action_id, at=at)
    return bytes(action.body) if asked else edited.read(action).of(action)


def receipt(*, user: User, action_id: UUID, at: datetime) -> bytes:
    """Return the receipt's bytes as they were signed; NotFound while there is none."""
    found = getattr(stored(user=user, action_id=action_id, at=at), "receipt", None)
    if found is None:
        raise NotFound()
    return bytes(found.jws)


def looked_at(*, user: User, action_id: UUID, opened: frozenset[str], at: datetime) -> tuple[list[str], int]:
    """What a yes still has to see: keys of large values that are not among those `opened`; and how many are.

    Whoever has no yes to give misses nothing; NotFound as of `read`.
    """
    page = read(user=user, action_id=action_id, opened=opened, at=at)
    return page.waiting if page.decides or page.breaks else [], page.unfolded


def _opened(user: User, action_id: UUID, *, at: datetime) -> tuple[Action, list[Review], deciding.Deciding]:
    action = _find(action_id)
    reviews = list(Review.objects.filter(action=action).select_related("reviewer", "on_behalf_of").defer("stmt"))
    known = deciding.read(user, action, spoken.current(reviews), at=at)
    if not known.sees:
        raise NotFound()
    return action, reviews, known


def _find(action_id: UUID) -> Action:
    found = Action.objects.select_related(*PARTS).defer("answer__content").filter(pk=action_id).first()
    if found is None:
        raise NotFound()
    return found


def _sentence(action: Action, body: Any) -> tuple[Part, ...]:
    return sentence(
        kind=action.kind, server=action.server.name, name=action.name, body=body, subject=action.subject,
        state=action.state,
    )  # fmt: skip


def _secretive(kind: str, body: Any) -> list[str]:
    """Names of a form's fields that read like a credential."""
    fields = body["params"]["requestedSchema"].get("properties", {}) if kind == Kind.ELICITATION_FORM else {}
    titles = {name: rule.get("title") for name, rule in fields.items()}
    texts = {name: title if isinstance(title, str) else "" for name, title in titles.items()}
    return [name for name, title in texts.items() if asking.is_asked_for(name, title)]


def _queue(desk: Desk) -> list[UUID]:
    waiting = inbox.waiting(desk=desk, size=QUEUED)
    return list(waiting.order_by("deadline_at", "id").values_list("pk", flat=True)[:QUEUED])

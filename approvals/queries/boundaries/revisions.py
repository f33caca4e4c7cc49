"""Which revisions are in force at a moment, and what each says in a few words."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from accounts.words import joined, said

from ... import policy
from ...models import Effect, Policy
from ...rules.policies import Rule

EFFECTS = {Effect.ALLOW: said("allowed without a review"), Effect.DENY: said("denied")}


@dataclass(frozen=True, slots=True)
class Stop:
    """A checkpoint, by the revision that is in force there."""

    policy: Policy
    rule: Rule

    @property
    def name(self) -> str:
        return self.policy.checkpoint.name

    @property
    def words(self) -> str:
        """How many of whom, or the effect."""
        needs = [said("{count} of {role}", count=need.count, role=need.role) for need in self.rule.needs]
        return EFFECTS.get(self.policy.effect) or joined(needs, said(" and "))

    @property
    def reviewed(self) -> bool:
        return self.policy.effect == Effect.REVIEW

    @property
    def passes(self) -> bool:
        """Whether anything can get through here, so that somebody has to look after it."""
        return self.policy.effect != Effect.DENY


def stops(*, moment: datetime | None, only: Collection[int] | None = None) -> list[Stop]:
    """Return what is in force at the moment (None: now), of these checkpoints only; by name. One query."""
    found = _then(moment) if moment else policy.book().policies.values()
    kept = [each for each in found if only is None or each.checkpoint_id in only]
    return [Stop(each, each.rule) for each in sorted(kept, key=lambda each: each.checkpoint.name)]


def _then(moment: datetime) -> list[Policy]:
    """Revisions follow one another, so of each checkpoint the newest of then was in force."""
    newest = Policy.objects.filter(created_at__lte=moment).order_by().values("checkpoint").annotate(last=Max("pk"))
    found = Policy.objects.filter(pk__in=newest.values("last"), retired=False)
    return list(found.select_related("checkpoint"))

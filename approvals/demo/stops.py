"""Where the steps of the guided tour lead: pages of the asks that were seeded, as they stand now."""

from uuid import UUID

from django.urls import reverse

from accounts.models import User
from approvals.models import Action, State

PLAIN, HIDDEN = 0, 1  # places of the samples that the tour shows


def address(step: int, *, person: User) -> str:
    """Return the page of this step. What is not there any more leads to the inbox."""
    if step == 1:
        found = _sample(PLAIN)
        return reverse("inbox") + (f"?action={found.pk}" if found and found.state == State.PENDING else "")
    if step in (2, 3, 4):
        found = _sample(PLAIN if step == 2 else HIDDEN)
        return reverse("action", args=[found.pk]) + ("?deny=1" if step == 4 else "") if found else reverse("inbox")
    if step == 5:
        decided = _decided(person)
        return reverse("action", args=[decided]) if decided else reverse("inbox") + "?view=decided"
    return reverse("insights") + "?weeks=4" if step == 8 else reverse({6: "verify", 7: "boundaries"}[step])


def _sample(place: int) -> Action | None:
    return Action.objects.filter(idempotency_key__regex=rf"^demo-.*-{place}$").only("pk", "state").first()


def _decided(person: User) -> UUID | None:
    """What this person decided last."""
    said = person.reviews.exclude(action__state=State.PENDING).order_by("-at").values_list("action_id", flat=True)
    return said.first()

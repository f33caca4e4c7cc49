"""What is proposed and not in force yet, for the page of what it is about."""

from ..models import Change

MOST = 10


def about(subject: str, *kinds: str) -> list[Change]:
    """Return the open changes of this subject, the newest first."""
    waiting = (Change.State.PROPOSED, Change.State.CONFIRMED)
    found = Change.objects.filter(about__in=kinds, subject=subject, state__in=waiting)
    return list(found.select_related("author", "decided_by").defer("current", "proposed")[:MOST])

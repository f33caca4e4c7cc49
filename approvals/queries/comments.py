"""What owners wrote among themselves about an ask: the latest of it, and the way back."""

from dataclasses import dataclass

from ..models import Action, Comment

SHOWN = 60  # comments on one page


@dataclass(frozen=True, slots=True)
class Comments:
    """Some comments, the oldest first. `earlier` is where those before them end, 0 at the beginning."""

    said: list[Comment]
    earlier: int = 0
    later: bool = False

    @property
    def last(self) -> int:
        return self.said[-1].pk if self.said else 0


def read(action: Action, before: int | None = None) -> Comments:
    """The latest comments, or those before one of them; one query."""
    found = Comment.objects.filter(action=action).select_related("author")
    if before is not None:
        found = found.filter(pk__lt=before)
    latest = list(found.order_by("-pk")[: SHOWN + 1])
    said = latest[:SHOWN][::-1]
    return Comments(said, said[0].pk if len(latest) > SHOWN else 0, before is not None)

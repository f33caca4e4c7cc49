"""The guided tour of a demo: a strip on every page that says what to do next, until it is dismissed."""

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.http import HttpRequest

from accounts import preferences

register = template.Library()

STEPS = 8
KEPT = "tour"  # in the session: where this reader is


@dataclass(frozen=True, slots=True)
class Strip:
    """Where the reader is; `deciding` is whether they hold a role."""

    step: int
    deciding: bool
    steps: int = STEPS

    @property
    def before(self) -> int:
        return self.step - 1

    @property
    def following(self) -> int:
        """The next step, 0 after the last."""
        return self.step + 1 if self.step < STEPS else 0


@register.simple_tag(takes_context=True)
def tour(context: template.Context, *, deciding: bool) -> Strip | None:
    """Return what the strip shows; None outside a demo, and once it was dismissed. `deciding`: they hold a role."""
    request: HttpRequest | None = context.get("request")
    if not settings.DEMO or request is None or not request.user.is_authenticated:
        return None
    if preferences.of(request.user).tour_dismissed_at is not None:
        return None
    step = request.session.get(KEPT, 1)
    return Strip(step=step if step in range(1, STEPS + 1) else 1, deciding=bool(deciding))


@register.simple_tag
def toured() -> bool:
    """Whether this console is a demo, so that there is a tour of it."""
    return settings.DEMO

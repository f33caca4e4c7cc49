"""What pages about the map do with a change: show what it would come to, then propose it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from placet import canonical

from accounts import proofs

from .. import changes
from ..forms.people import ProposalForm
from ..rules.differences import Difference

CARRIED_NOT = ("csrfmiddlewaretoken", "do", "note", "effective_at", "base")


@dataclass(frozen=True, slots=True)
class Draft:
    """A change on its way: `sentence` says it in words, `differences` line by line, `back` leads to where it began."""

    about: str
    subject: str
    proposed: dict[str, Any] | None
    sentence: str
    back: str
    differences: list[Difference] = field(default_factory=list)


def answer(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Propose it when its page says so; else show what it would come to. Refused as the verb refuses.

    Its page names what stood when it was made: when something else stands by now, it is shown again.
    """
    base = _base(draft, at=timezone.now())
    moved = request.POST.get("base", base) != base
    form = ProposalForm(request.POST if request.POST.get("do") == "propose" else None)
    if form.is_bound and form.is_valid() and not moved:
        proofs.require(request)
        change = changes.propose(
            author=request.user, about=draft.about, subject=draft.subject, proposed=draft.proposed,
            note=form.cleaned_data["note"], effective_at=form.cleaned_data["effective_at"], once=True,
            at=timezone.now(),
        )  # fmt: skip
        return redirect("change", change_id=change.pk)
    at = timezone.now()
    told = changes.consequences(about=draft.about, subject=draft.subject, proposed=draft.proposed, at=at)
    carried = [(name, value) for name, values in request.POST.lists() if name not in CARRIED_NOT for value in values]
    shown = {
        "draft": draft, "form": form, "consequences": told, "carried": carried, "alone": changes.alone(at=at), "at": at,
        "base": base, "moved": moved,
    }  # fmt: skip
    return render(request, "approvals/proposal.html", shown)


def _base(draft: Draft, *, at: datetime) -> str:
    """What stands, as a digest."""
    return canonical.digest("base", changes.current(about=draft.about, subject=draft.subject, at=at))

"""Questions for their subject alone, and what they say to them."""

from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from .. import answers
from ..errors import InvalidAnswer, NotFound, Refusal
from ..queries import answers as questions
from ..rules import blanks


@never_cache
@require_safe
def answers_waiting(request: HttpRequest) -> HttpResponse:
    """What waits for this person's own answer."""
    at = timezone.now()
    return render(request, "approvals/answers.html", {"waiting": questions.waiting(user=request.user, at=at), "at": at})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, action_id: UUID) -> HttpResponse:
    """A released question, for its subject alone; and what they say to it."""
    page = _question(request, action_id)
    if request.method != "POST":
        return _ask(request, page)
    given = dict(request.POST.lists())
    said, content = request.POST.get("said", ""), {}
    if said == "accept" and page.form:
        content, unread = blanks.typed(page.form.blanks, given)
        if unread:
            wrong = blanks.problems(page.form.blanks, content) | unread
            return _ask(request, page, given=given, wrong=wrong)
    try:
        answers.give(action_id=action_id, person=request.user, said=said, content=content, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal
    except InvalidAnswer as refusal:
        return _ask(request, page, given=given, wrong=refusal.wrong)
    except Refusal as refusal:
        return redirect(f"{request.path}?{urlencode({'told': refusal.code})}")
    return redirect(request.path)


def _question(request: HttpRequest, action_id: UUID) -> questions.AnswerPage:
    try:
        return questions.read(user=request.user, action_id=action_id, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal


def _ask(
    request: HttpRequest,
    page: questions.AnswerPage,
    *,
    given: dict[str, list[str]] | None = None,
    wrong: dict[str, str] | None = None,
) -> HttpResponse:
    """The question with its defaults, or with what was sent and why it was not taken."""
    asked = page.form.blanks if page.form else ()
    filled = blanks.start(asked) if given is None else blanks.again(asked, given, wrong or {})
    shown = {
        "page": page, "at": page.at, "blanks": filled, "wrong": wrong, "wrong_whole": (wrong or {}).get(""),
        "told": request.GET.get("told", ""),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "approvals/answer.html", shown, status=status)

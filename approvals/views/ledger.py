"""The ledger: its head, its lines, and one line with the proof that it stands there."""

import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from ..errors import NotFound
from ..queries import ledger as book
from ..queries import tree
from ..wire import rest
from . import streaming


@gzip_page
@never_cache
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The newest lines. Whoever logs nothing and is no admin finds nothing here; heads are for anybody elsewhere."""
    at = timezone.now()
    found = book.read(user=request.user, wanted=book.Wanted.read(request.GET.dict()), at=at)
    if found is None:
        raise Http404
    return render(request, "approvals/ledger.html", {"book": found, "at": at, "issuer": settings.PUBLIC_URL})


@gzip_page
@never_cache
@require_safe
def entry(request: HttpRequest, number: int) -> HttpResponse:
    """One line and its proof."""
    return render(request, "approvals/entry.html", {"line": _line(request, number), "at": timezone.now()})


@never_cache
@require_safe
def proof(request: HttpRequest, number: int) -> HttpResponse:
    """The proof as a file, as `placet audit proof` reads it."""
    line = _line(request, number)
    found = book.proof(line)
    if found is None:
        raise Http404
    found["head"] |= {"origin": settings.PUBLIC_URL, "signed_at": rest.time(line.head.at)}
    return _file(
        json.dumps(found, indent=1).encode(), name=f"entry-{number}.proof.json", content_type="application/json"
    )


@never_cache
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All lines up to the newest head, as audits or other programs read them; of lines that are not theirs the hash."""
    form = request.GET.get("format", "jsonl")
    if form not in tree.FORMS:
        raise Http404
    found = book.export(user=request.user, form=form, issuer=settings.PUBLIC_URL, at=timezone.now())
    if found is None:
        raise Http404
    size, lines = found
    name = f"ledger-{size}.jsonl" if form == "jsonl" else f"ledger-{size}.{form}.jsonl"
    said = (line.decode() for line in lines)
    return streaming.as_file(request, said, name=name, content_type="application/jsonl")


@never_cache
@require_safe
def head(request: HttpRequest) -> HttpResponse:
    """The newest head as a file: the note that was signed."""
    found = tree.newest()
    if found is None:
        raise Http404
    return _file(found.note, name=f"head-{found.size}.note", content_type="text/plain; charset=utf-8")


def _line(request: HttpRequest, number: int) -> book.Line:
    try:
        return book.entry(user=request.user, number=number, at=timezone.now())
    except NotFound as refusal:
        raise Http404(refusal.message) from refusal


def _file(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )

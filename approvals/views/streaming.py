"""Files that are written as they are read: however long, the process holds a few lines of them."""

from collections.abc import AsyncIterator, Iterator
from itertools import islice

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

AT_ONCE = 200  # lines


def as_file(request: HttpRequest, lines: Iterator[str], *, name: str, content_type: str) -> StreamingHttpResponse:
    """Answer with the lines as a file of this name.

    Under ASGI, Django would read an ordinary iterator to its end before it sends anything. The lines are taken in the
    one thread that this request has for the database.
    """
    content = _awaited(lines) if isinstance(request, ASGIRequest) else lines
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=f"{content_type}; charset=utf-8", headers=headers)


async def _awaited(lines: Iterator[str]) -> AsyncIterator[str]:
    while some := await sync_to_async(_some)(lines):
        yield some


def _some(lines: Iterator[str]) -> str:
    return "".join(islice(lines, AT_ONCE))

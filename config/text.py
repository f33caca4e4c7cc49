"""Text as it comes in: UTF-8 only, and nothing that no database can hold. What Django lets through ends here."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

_SESSION = re.compile(r"[a-z0-9]{8,40}")

type Next = Callable[[HttpRequest], HttpResponse]


def only_utf8(get_response: Next) -> Next:
    """Refuse other charsets: some of Python's codecs make lone surrogates, which nothing behind can write.

    No address with a NUL in it is a page's: names in addresses are looked for in the database as they are. A session's
    name is letters and figures; a quoted cookie may spell a NUL. PostgreSQL takes each for an error.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if (request.encoding or "utf-8").lower() not in ("utf-8", "utf8"):
            return HttpResponseBadRequest("Send text as UTF-8.\n", content_type="text/plain")
        if "\0" in request.path:
            return HttpResponseBadRequest("No address has a NUL in it.\n", content_type="text/plain")
        name = settings.SESSION_COOKIE_NAME
        if name in request.COOKIES and not _SESSION.fullmatch(request.COOKIES[name]):
            del request.COOKIES[name]
        return get_response(request)

    return middleware

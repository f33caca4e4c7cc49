"""The least a server could do, on the same server program and the same store: what this machine allows.

`/bare` answers at once. `/grouped` inserts the body as one row, in groups like ours, and answers after the commit: no
identity, no policy, no owners, no ledger, no signature.
"""

import os
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.db import connection, transaction  # noqa: E402 - needs Django to be set up

from approvals.api.batcher import Batcher  # noqa: E402

OK = b'{"state":"pending"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(OK)).encode())]


def _insert(bodies):
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("INSERT INTO bench_bare (body) SELECT * FROM unnest(%s::bytea[])", [list(bodies)])
        else:
            cursor.executemany("INSERT INTO bench_bare (body) VALUES (%s)", [(body,) for body in bodies])
    return [None] * len(bodies)


_batcher = Batcher(_insert, executor=ThreadPoolExecutor(1), limit=128, backlog=4096)


async def application(scope, receive, send):
    body = (await receive()).get("body", b"")
    if scope["path"] == "/grouped":
        await _batcher.ask(body)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": OK})

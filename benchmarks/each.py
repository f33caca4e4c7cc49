"""The usual way, to compare with: a Celery task for each ask. `celery -A benchmarks.each worker` runs it."""

import os
from functools import lru_cache

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
import redis
from celery import Celery
from django.conf import settings

django.setup()

app = Celery("each", broker=f"{settings.REDIS_URL.rpartition('/')[0]}/1")
app.conf.update(task_ignore_result=True, worker_hijack_root_logger=False, worker_prefetch_multiplier=4)


@app.task(name="benchmarks.admit")
def admit(sealed: str) -> None:
    """One ask: the same envelope, the same checks, the same verb."""
    from datetime import UTC, datetime

    from approvals.queue import Message, reader

    reader.admit([Message(None, sealed.encode())], at=datetime.now(UTC))
    _counter().incr("benchmarks.done")


@lru_cache(maxsize=1)
def _counter() -> redis.Redis:
    """How many are done, for whoever measures; a tenth of a millisecond."""
    return redis.Redis.from_url(settings.REDIS_URL)

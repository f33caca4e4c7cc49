"""The worker's wiring: which broker, and which sweeps the beat asks for. Every sweep is a query; nothing has an ETA."""

import os
import ssl
from typing import Any
from urllib.parse import parse_qs, urlsplit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from django.conf import settings


def broker(url: str | None) -> dict[str, Any]:
    """Celery's settings for a broker URL as the rest of the console reads it (redis-py's forms of Redis URLs)."""
    if not url:
        return {"broker_url": "memory://"}
    parts = urlsplit(url)
    if parts.scheme == "unix":
        number = parse_qs(parts.query).get("db", ["0"])[0]
        return {"broker_url": f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"}
    if parts.scheme == "rediss":
        # Without this, kombu would encrypt to anybody who answers.
        return {"broker_url": url, "broker_use_ssl": {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}}
    return {"broker_url": url}


app = Celery("placet")
app.conf.update(
    **broker(settings.BROKER_URL or settings.REDIS_URL),
    task_ignore_result=True,
    task_acks_late=True,
    task_default_queue="placet.tasks",
    task_create_missing_queues=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"socket_timeout": 10, "socket_connect_timeout": 2},
    timezone="UTC",
    imports=["approvals.tasks"],
    beat_schedule={
        "sweep": {"task": "approvals.tasks.sweep", "schedule": 1.0},
        "recheck": {"task": "approvals.tasks.recheck", "schedule": 60.0},
        "retain": {"task": "approvals.tasks.retain", "schedule": 3600.0},
    },
)

"""The worker's wiring: which broker, and which sweeps the beat asks for. Every sweep is a query; nothing has an ETA."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from django.conf import settings

app = Celery("placet")
app.conf.update(
    broker_url=settings.BROKER_URL or settings.REDIS_URL or "memory://",
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
    },
)

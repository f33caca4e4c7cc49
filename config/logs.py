"""One JSON object a line on standard error, for what we log and for what libraries log."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, override


class Lines(logging.Formatter):
    """Time (RFC 3339), level, logger, event; an exception adds its traceback."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configuration() -> dict[str, Any]:
    """Django's `LOGGING`. Payloads are never logged: ids, digests and counts only."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "placet": {"level": "INFO"},
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            # A refused or missing page is an answer, not an event for the operator.
            "django.request": {"level": "ERROR"},
        },
    }

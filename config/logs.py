"""One JSON object a line on standard error, for what we log and for what libraries log: only what is listed here.

An event is a sentence that stands in somebody's code, never one that was made while running: what was put into it is
dropped. Beside it stand only the fields named below, each of its own form; of an exception its type and where it was
raised, never its words. So no payload, secret or SQL parameter gets in, whoever logs.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, override

FRAMES = 16  # of an exception's way, the innermost
CHAIN = 4  # exceptions that led to one another

#: What may stand beside an event (`extra={…}`), and how it has to look. Anything else is dropped.
FIELDS = {
    "action": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "server": re.compile(r"[0-9]{1,18}"),
    "checkpoint": re.compile(r"[0-9]{1,18}"),
    "count": re.compile(r"-?[0-9]{1,18}"),
    "seconds": re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?"),
    "status": re.compile(r"[1-5][0-9]{2}"),
    "offset": re.compile(r"[0-9]{1,9}"),
    "rule": re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,59}"),
    "by": re.compile(r"(user:|urn:placet:server:)[A-Za-z0-9@._+-]{1,150}"),
    "code": re.compile(r"[a-z][a-z0-9_]{1,39}(, [a-z][a-z0-9_]{1,39}){0,9}"),
    "witness": re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,119}"),
    "error": re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,79}"),
    "digest": re.compile(r"[A-Za-z0-9_-]{43}"),
}
_SQLSTATE = re.compile(r"[0-9A-Z]{5}")


class Lines(logging.Formatter):
    """Time (RFC 3339), level, logger, event or place, the listed fields, and the way of an exception."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        place = f"{_short(record.pathname)}:{record.lineno}"
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **({"event": record.msg} if _is_in_code(record) else {"event": "(not repeated)", "place": place}),
            **_fields(record),
        }
        if record.exc_info and record.exc_info[1]:
            said["exception"] = _exceptions(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False)


def configuration() -> dict[str, Any]:
    """Django's `LOGGING`. Loggers that libraries set up for themselves lose their handlers: all lines are made here."""
    quiet: dict[str, Any] = {"handlers": [], "level": "WARNING", "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "placet": {"level": "INFO"},
            "django": quiet,
            "django.server": quiet,
            "uvicorn": quiet,
            "uvicorn.error": quiet,
            # Addresses hold what people search for.
            "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
            "celery": quiet,
            "py.warnings": quiet,
            # A refused or missing page is an answer, not an event for the operator.
            "django.request": {"level": "ERROR"},
        },
    }


def guard() -> None:
    """Make what Python would print by itself a line too: errors that nobody caught, in any thread, and warnings."""
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    log = logging.getLogger("placet.process")

    def uncaught(_type: type[BaseException], error: BaseException, _trace: Any) -> None:
        if not isinstance(error, KeyboardInterrupt | SystemExit):
            log.error("nobody caught this", exc_info=error)

    sys.excepthook = uncaught
    threading.excepthook = lambda told: told.exc_value and uncaught(told.exc_type, told.exc_value, None)
    sys.unraisablehook = lambda told: told.exc_value and uncaught(told.exc_type, told.exc_value, None)


def _is_in_code(record: logging.LogRecord) -> bool:
    """Whether the event stands, as it is, in the file that logs it. What was put together while running does not."""
    if not isinstance(record.msg, str) or len(record.msg) < 4 or "\n" in record.msg:
        return False
    try:
        return f'"{record.msg}"' in (code := Path(record.pathname).read_text("utf-8")) or f"'{record.msg}'" in code
    except (OSError, ValueError):
        return False


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    return {name: _plain(value) for name, value in found.items() if FIELDS[name].fullmatch(str(value))}


def _plain(value: Any) -> Any:
    return value if type(value) in (int, float) else str(value)


def _exceptions(error: BaseException) -> list[dict[str, Any]]:
    """The exception and those that led to it: type, code where it has one, and the innermost steps of its way."""
    chain: list[dict[str, Any]] = []
    each: BaseException | None = error
    while each is not None and len(chain) < CHAIN:
        steps = traceback.extract_tb(each.__traceback__)[-FRAMES:]
        at = [f"{_short(step.filename)}:{step.lineno} {step.name}" for step in steps]
        chain.append({"type": f"{type(each).__module__}.{type(each).__qualname__}", **_code(each), "at": at})
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return chain


def _code(error: BaseException) -> dict[str, str]:
    code, state = getattr(error, "code", None), getattr(error, "sqlstate", None)
    said = {"code": code} if isinstance(code, str) and FIELDS["code"].fullmatch(code) else {}
    return said | ({"sqlstate": state} if isinstance(state, str) and _SQLSTATE.fullmatch(state) else {})


def _short(path: str) -> str:
    """A file's place below this project or the packages: where the project lies is nobody's business."""
    parts = Path(path).parts
    if "site-packages" in parts:
        return "/".join(parts[parts.index("site-packages") + 1 :])
    return "/".join(parts[-3:])

"""What a line of the log may hold: sentences of the code and listed fields; never a value, whoever logs."""

import asyncio
import io
import json
import logging
import logging.config
import sys
import threading
import uuid

import pytest

from config import logs

SECRET = "kq9-Zx7w-planted-and-unlabelled"


@pytest.fixture
def written():
    """Log through the real formatter; returns the lines, parsed."""
    out, log = io.StringIO(), logging.getLogger("placet.test")
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Lines())
    log.addHandler(handler)
    log.propagate = False
    yield log, lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    log.removeHandler(handler)
    log.propagate = True


def test_a_sentence_of_the_code_is_repeated(written):
    log, lines = written
    log.warning("the queue waits")
    (line,) = lines()
    assert line["event"] == "the queue waits"
    assert set(line) == {"at", "level", "logger", "event"}


@pytest.mark.parametrize("how", ["formatted", "argument", "exception as message", "not text", "many lines"])
def test_what_was_put_into_a_sentence_is_not(written, how):
    log, lines = written
    if how == "formatted":
        log.error(f"value {SECRET} is wrong")
    elif how == "argument":
        log.error("value %s is wrong", SECRET)
    elif how == "exception as message":
        log.error(ValueError(SECRET))
    elif how == "not text":
        log.error({"payload": SECRET})
    else:
        log.error("a\n" + SECRET)
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    if how == "argument":
        assert line["event"] == "value %s is wrong"
    else:
        assert line["place"].startswith("tests/config/test_logs.py:")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("action", str(uuid.UUID(int=7))),
        ("count", 12),
        ("code", "bad_url, too_large"),
        ("error", "OperationalError"),
        ("digest", "d" * 43),
        ("status", 500),
        ("by", "user:alice"),
    ],
)
def test_listed_fields_stand_beside_it(written, name, value):
    log, lines = written
    log.warning("the queue waits", extra={name: value})
    assert lines()[0][name] == value


@pytest.mark.parametrize("name", [*logs.FIELDS, "payload", "body", "args_", "user"])
def test_a_field_that_is_not_listed_or_of_another_form_is_dropped(written, name):
    log, lines = written
    log.warning("the queue waits", extra={name: f"{SECRET} {SECRET}"})
    assert SECRET not in json.dumps(lines())


def test_an_exception_says_its_type_and_its_way_never_its_words(written):
    log, lines = written
    try:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            secret_local = SECRET  # noqa: F841
            raise ValueError(f"wrong: {SECRET}") from error
    except ValueError:
        log.exception("a subscriber failed")
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    first, second = line["exception"]
    assert first["type"] == "builtins.ValueError"
    assert second["type"] == "builtins.KeyError"
    assert first["at"][-1].startswith("tests/config/test_logs.py:")
    assert first["at"][-1].endswith(" test_an_exception_says_its_type_and_its_way_never_its_words")


@pytest.mark.django_db
def test_a_database_error_says_its_state_and_no_parameter(written):
    from django.db import DatabaseError, connection, transaction

    log, lines = written
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT '{SECRET}' FROM nowhere WHERE a = %s", [SECRET])
    except DatabaseError:
        log.exception("the queue stumbled")
    assert SECRET not in json.dumps(lines())


def test_a_place_is_named_below_the_project():
    assert logs._short("/somewhere/site-packages/kombu/x.py") == "kombu/x.py"
    assert logs._short("/home/me/placet/approvals/api/lean.py") == "approvals/api/lean.py"


def test_no_library_keeps_a_handler_of_its_own():
    """Applied to loggers that have one already, as in a process that uvicorn or Celery started."""
    told = logs.configuration()
    names = [name for name in told["loggers"] if name != "placet"]
    for name in names:
        logging.getLogger(name).addHandler(logging.NullHandler())
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        logging.config.dictConfig(told)
        for name in names:
            assert logging.getLogger(name).handlers == [], name
        assert not logging.getLogger("uvicorn.access").isEnabledFor(logging.ERROR)
    finally:
        root.handlers[:], root.level = kept, level


def test_errors_that_nobody_caught_are_lines_too(monkeypatch):
    for name in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, name, getattr(sys, name))
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    target = logging.getLogger("placet.process")
    handler = logging.StreamHandler(said)
    handler.setFormatter(logs.Lines())
    target.addHandler(handler)
    try:
        logs.guard()

        def fail():
            raise RuntimeError(SECRET)

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        sys.excepthook(RuntimeError, RuntimeError(SECRET), None)
    finally:
        logging.captureWarnings(False)
        target.removeHandler(handler)
    assert SECRET not in said.getvalue()
    assert said.getvalue().count("nobody caught this") == 2


def test_what_a_loop_says_of_a_lost_task_is_not_repeated(written):
    log, lines = written
    asyncio_log = logging.getLogger("asyncio")
    asyncio_log.addHandler(log.handlers[0])
    try:
        loop = asyncio.new_event_loop()
        loop.call_exception_handler({"message": f"lost {SECRET}", "exception": ValueError(SECRET)})
        loop.close()
    finally:
        asyncio_log.removeHandler(log.handlers[0])
    assert lines()
    assert SECRET not in json.dumps(lines())


def test_celery_says_nothing_of_what_a_task_was_given(written):
    from celery.app import trace

    log, lines = written
    trace_log = trace.logger
    trace_log.addHandler(log.handlers[0])
    try:
        trace_log.error("Task %(name)s[%(id)s] raised: %(exc)s", {"name": "x", "id": "y", "exc": SECRET})
    finally:
        trace_log.removeHandler(log.handlers[0])
    assert lines()
    assert SECRET not in json.dumps(lines())

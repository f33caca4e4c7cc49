"""The directory of people, as a server reads it to pin it."""

from datetime import datetime
from typing import Any

from accounts import directory, servers
from accounts.servers import Identity


def read(*, server: Identity, at: datetime) -> dict[str, Any]:
    """Who holds which role, and signs with which passkeys. Any server may read it while its credentials are good."""
    servers.require_current(server)
    return directory.export(at=at)

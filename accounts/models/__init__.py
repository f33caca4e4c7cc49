"""Who: people, the roles they hold, and the servers that may ask."""

from .notices import Notice
from .people import Absence, Delegation, Membership, Role, User, Window
from .servers import SERVER_NAME, SeenToken, Server, ServerKey, ServerToken

__all__ = [
    "SERVER_NAME",
    "Absence",
    "Delegation",
    "Membership",
    "Notice",
    "Role",
    "SeenToken",
    "Server",
    "ServerKey",
    "ServerToken",
    "User",
    "Window",
]

"""Who: people, the roles they hold, and the servers that may ask."""

from .channels import Channel
from .invitations import Invitation
from .notices import Notice
from .passkeys import Passkey
from .people import Absence, Delegation, Membership, Role, User, Window
from .preferences import Preference
from .servers import SERVER_NAME, SeenToken, Server, ServerKey, ServerToken
from .signins import Session, SignIn

__all__ = [
    "SERVER_NAME",
    "Absence",
    "Channel",
    "Delegation",
    "Invitation",
    "Membership",
    "Notice",
    "Passkey",
    "Preference",
    "Role",
    "SeenToken",
    "Server",
    "ServerKey",
    "ServerToken",
    "Session",
    "SignIn",
    "User",
    "Window",
]

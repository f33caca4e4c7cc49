"""The choices by which a list is narrowed, as its form offers them."""

from django.utils.translation import gettext_lazy as _

from ..models import Kind
from ..queries.facets import ENDED
from ..queries.inbox import Inbox
from ..templatetags.faithful import kind_name
from ..templatetags.wording import in_words

DUE = (("quarter", _("within 15 minutes")), ("hour", _("within the hour")), ("today", _("today")))
FLAGS = (
    ("hidden", _("hidden text")), ("changed", _("definition changed")), ("first", _("first seen")),
    ("edited", _("edited")), ("soon", _("due soon")),
)  # fmt: skip

type Select = tuple[str, str, str, list[tuple[str, str]]]


def selects(inbox: Inbox) -> list[Select]:
    """Name, label, what is chosen, and what there is to choose."""
    facets = inbox.facets
    servers = [*inbox.servers, *([facets.server] if facets.server and facets.server not in inbox.servers else [])]
    made: list[Select] = [
        ("role", _("Role"), facets.role, [(role, role) for role in inbox.roles]),
        ("kind", _("Kind"), facets.kind, [(kind, kind_name(kind)) for kind in Kind.values]),
        ("server", _("Server"), facets.server, [(server, server) for server in servers]),
    ]
    if facets.view == "decided":
        return [*made, ("state", _("Ended"), facets.state, [(state, in_words(state)) for state in ENDED])]
    return [*made, ("due", _("Due"), facets.due, list(DUE)), ("flag", _("Flag"), facets.flag, list(FLAGS))]

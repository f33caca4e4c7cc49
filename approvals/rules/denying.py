"""The rule that denies one name of one server: what "deny it" proposes."""

import re
from typing import Any

from placet import canonical

from accounts.words import said

from ..errors import BadPolicy

_READABLE = re.compile(r"[^A-Za-z0-9._/-]+")
LONGEST_NAME = 200  # of a pattern


def denial(*, server: str, kind: str, name: str) -> dict[str, Any]:
    """Return the document of the rule; BadPolicy when a pattern could not mean this name alone.

    The checkpoint's name is made of what is safe to read in the server's; the digest tells apart what looks alike.
    """
    if "*" in name:
        raise BadPolicy(said("A star in a name fits other names too. Write this rule by hand."), pointer="/pattern")
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadPolicy(
            said("A pattern has 1 to {longest_name} characters. Write this rule by hand.", longest_name=LONGEST_NAME),
            pointer="/pattern",
        )
    readable = _READABLE.sub("-", name)[:48]
    told = readable if readable == name else f"{readable} {canonical.digest_bytes(name.encode())[:8]}"
    what = "" if kind == "tool_call" else f" {kind}"
    return {
        "checkpoint": f"deny {server}{what} {told}", "kind": kind, "pattern": name, "server": server, "effect": "deny",
    }  # fmt: skip

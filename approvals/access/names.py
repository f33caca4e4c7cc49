"""Names of people, as servers spell them and as they are compared."""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_PREFIXES = ("user:", "mailto:", "acct:")


def is_own(*, username: str, email: str, names: Iterable[str]) -> bool:
    """Whether one of these names (subject, principal; as `dana`, `user:dana` or a mail address) is this person."""
    mine = {spoken(name) for name in (username, email) if name}
    return any(spoken(name) in mine for name in names if name)


@lru_cache(maxsize=8192)
def spoken(name: str) -> str:
    """A name as one says it. Servers spell people as they like: `user:Dana`, full-width letters, spaces, hidden signs.

    Two people who differ in nothing else count as one here: then another owner decides.
    """
    shown = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) not in ("Cc", "Cf"))
    said = unicodedata.normalize("NFKC", shown.casefold()).strip()
    while said.startswith(_PREFIXES):
        said = said.partition(":")[2].strip()
    return said

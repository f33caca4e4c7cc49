"""Which checkpoint stops an ask: publishing revisions, and the book of all that are in force."""

from .asking import ASKERS, Asker, read_askers
from .books import VERSION, Book, Found, Version, book
from .considering import Considered
from .publishing import check, publish

__all__ = [
    "ASKERS", "VERSION", "Asker", "Book", "Considered", "Found", "Version", "book", "check", "publish", "read_askers",
]  # fmt: skip

"""A link as an address to be read, never followed: which part of it says who is at the other end."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_plus

from publicsuffixlist import PublicSuffixList

from .. import links
from .lookalikes import ASCII_OF
from .text import Piece, render

# Addresses of this shape, whose host the WHATWG standard reads as it is written. About others programs disagree.
_AGREED = re.compile(r"(https?://)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)((?::\d{1,5})?)((?:[/?#].*)?)", re.DOTALL)
_DRAWN = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("-", ""))


@dataclass(frozen=True, slots=True)
class Address:
    """`before` + `domain` + `after` is the whole address. `domain` is the part that somebody had to register, "" when
    that cannot be said for certain. `international` is what a browser may draw in place of a `xn--` host.
    """

    before: str
    domain: str
    after: str
    host: str
    query: tuple[tuple[tuple[Piece, ...], tuple[Piece, ...]], ...] = ()
    international: tuple[Piece, ...] = ()

    @property
    def shown_before(self) -> tuple[Piece, ...]:
        return render(self.before)

    @property
    def shown_after(self) -> tuple[Piece, ...]:
        return render(self.after)


def read_address(url: str) -> Address:
    match = _AGREED.fullmatch(url)
    if match is None or not links.agreed(url):
        return Address(url, "", "", "")
    scheme, host, port, rest = match.groups()
    domain = registrable(host)
    start = len(host) - len(domain)
    return Address(scheme + host[:start], host[start:], port + rest, host.lower(), _query(rest), _international(host))


def registrable(host: str) -> str:
    """The registrable domain of a host (one label below a public suffix); the whole host when it is none."""
    return _suffixes().privatesuffix(host.lower()) or host.lower()


def drawn(host: str) -> str:
    """A host as a hurried eye reads it: two hosts of one drawing look alike."""
    text = "".join(ASCII_OF.get(c, c) for c in host.lower()).lower()
    for some, other in _DRAWN:
        text = text.replace(some, other)
    return text


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=True)


def _query(rest: str) -> tuple[tuple[tuple[Piece, ...], tuple[Piece, ...]], ...]:
    text = rest.partition("#")[0].partition("?")[2]
    pairs = (part.partition("=") for part in text.split("&") if part)
    return tuple((render(unquote_plus(name)), render(unquote_plus(value))) for name, _, value in pairs)[:60]


def _international(host: str) -> tuple[Piece, ...]:
    labels = host.lower().split(".")
    if not any(label.startswith("xn--") for label in labels):
        return ()
    return render(".".join(_decoded(label) for label in labels))


def _decoded(label: str) -> str:
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label

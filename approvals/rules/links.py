"""The link gate: an address that a person may be sent to, and the one host that every program finds in it.

Browsers read addresses as the WHATWG URL standard says, most libraries do not; where the two disagree about the host, a
rule would match one and a person visit the other. So the host is what `ada-url` finds (a WHATWG parser), and it has to
stand there written exactly so: no escapes, no figures, no other alphabet. https alone, no user, no odd port.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

MAX_BYTES = 2048
#: A host as every parser reads it (RFC 1123): no escapes, no address in figures, no dot at its end. What policies match
#: must be what a browser opens.
HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9-]{1,63}\.)*[a-z][a-z0-9-]{0,62}")
_PARTS = re.compile(r"https://([^/?#]*)(?:[/?#]|\Z)", re.IGNORECASE)
_EAST = frozenset({"HIRAGANA", "KATAKANA", "CJK", "HANGUL", "BOPOMOFO"})
#: Names of query members that carry a credential: whoever has the link would have what it opens (MCP, URL mode).
_CARRIED = """
password passwd pwd pass passphrase token accesstoken idtoken refreshtoken authtoken bearertoken sessiontoken jwt
apikey apitoken secret clientsecret secretkey privatekey sessionid jsessionid phpsessid authorization bearer accesskey
xapikey xamzsignature xamzcredential xamzsecuritytoken xgoogsignature xgoogcredential logintoken sessionkey secrettoken
"""
_CARRIES = frozenset(_CARRIED.split())


def host(url: str) -> str:
    """The host of a link that may be followed; ValueError says in a sentence what is wrong with it."""
    if len(url.encode("utf-8", "replace")) > MAX_BYTES:
        raise ValueError(f"A link has at most {MAX_BYTES} bytes.")
    if any(ord(sign) <= 32 or sign in "\\\x7f" for sign in url):
        raise ValueError("A link has no spaces, backslashes or control characters: write them as %20 and so on.")
    written = _PARTS.match(url)
    if written is None:
        raise ValueError("A link begins with https:// and a host.")
    said = written[1].lower()
    if "@" in said:
        raise ValueError("A link names no user.")
    name, colon, port = said.partition(":")
    if colon and port != "443":
        raise ValueError("A link has no port but 443.")
    parsed = _parsed(url)
    if not written[1].isascii() or not HOST.fullmatch(name) or parsed is None or parsed.hostname != name or parsed.port:
        raise ValueError(
            "Programs disagree about this host: write it in small letters, as xn-- if need be, no figures."
        )
    _require_one_alphabet(name)
    return name


def agreed(url: str) -> str:
    """The host of an http or https address, in small letters, where the standard reads it as written; else ""."""
    parsed = _parsed(url)
    if parsed is None or parsed.protocol not in ("http:", "https:"):
        return ""
    written = re.match(r"https?://([A-Za-z0-9.-]+)(?::\d{1,5})?(?:[/?#]|\Z)", url)
    return parsed.hostname if written and written[1].lower() == parsed.hostname else ""


def carries(url: str) -> bool:
    """Whether its query, or its fragment, hands over a credential by name."""
    for _ in range(3):  # as it is, and as whoever gets it reads it: names may be escaped, links may be in links
        parts = re.split(r"[&;#?]", url)
        pairs = (part.partition("=") for part in parts[1:])
        if any(value and _names(name) & _CARRIES for name, _, value in pairs):
            return True
        plain = unquote(url)
        if plain == url:
            break
        url = plain
    return False


def _names(name: str) -> set[str]:
    """What a member of a query is called: `user[password]` is a password too."""
    return {re.sub(r"[^a-z]", "", each) for each in (name.lower(), re.split(r"[\[.]", name.lower())[-1])}


@lru_cache(maxsize=64)
def _parsed(url: str) -> Any:
    """The address as the standard reads it, None where it is none. Loaded late: few processes ever see a link."""
    from ada_url import URL

    try:
        return URL(url)
    except ValueError:
        return None


def _require_one_alphabet(name: str) -> None:
    """An xn-- label has to be one, and of one alphabet: no honest domain mixes Latin and Cyrillic letters."""
    for label in name.split("."):
        if not label.startswith("xn--"):
            continue
        try:
            drawn = label[4:].encode().decode("punycode")
        except UnicodeError:
            raise ValueError("A label of this host is no valid punycode.") from None
        scripts = {unicodedata.name(sign, "?").split()[0] for sign in drawn if sign.isalpha()}
        apart = scripts - _EAST - {"LATIN"}
        if drawn.isascii() or len(apart) > 1 or (apart and "LATIN" in scripts):
            raise ValueError("A label of this host mixes alphabets.")

"""What one character is to a reader: plain, in need of a name, or hidden."""

import unicodedata
from enum import Enum
from functools import lru_cache

from .lookalikes import ASCII_OF


class Sort(Enum):
    LETTER = "letter"
    MARK = "mark"  # belongs to the letter before it
    DIGIT = "digit"  # a decimal digit outside ASCII
    WIDE = "wide"  # a full-width or half-width form
    PLAIN = "plain"
    SPACE = "space"
    BREAK = "break"
    QUIET = "quiet"  # named, because it reads like something else, but common in honest text
    ALARM = "alarm"  # named in red: hidden, or drawn like something else

    __hash__ = object.__hash__  # there is one of each; by name it takes ten times as long, once a word


# Scripts in everyday use (UAX #31, table 5). Letters of all others are named one by one.
_EVERYDAY = (
    "ARABIC ARMENIAN BENGALI BOPOMOFO CJK CYRILLIC DEVANAGARI ETHIOPIC GEORGIAN GREEK GUJARATI GURMUKHI HANGUL "
    "HEBREW HIRAGANA KANNADA KATAKANA KHMER LAO LATIN MALAYALAM MYANMAR ORIYA SINHALA TAMIL TELUGU THAANA THAI "
    "TIBETAN"
)
EVERYDAY = frozenset(_EVERYDAY.split())
RIGHT_TO_LEFT = frozenset({"ARABIC", "HEBREW", "THAANA"})
EAST_ASIAN = frozenset({"BOPOMOFO", "CJK", "HANGUL", "HIRAGANA", "KATAKANA"})

_CONTROLS = (  # noqa: SIM905
    "NUL SOH STX ETX EOT ENQ ACK BEL BACKSPACE TAB LINE-FEED VERTICAL-TAB FORM-FEED CARRIAGE-RETURN SO SI DLE DC1 DC2 "
    "DC3 DC4 NAK SYN ETB CAN EM SUB ESCAPE FS GS RS US"
).split()
# Letters and signs that Unicode lets programs leave out of the picture, beyond the category Cf.
_BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\U0001d159"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
# NFKC folds these, yet nobody takes them for what it folds them to.
_OWN_SHAPE = frozenset("ªº¹²³¼½¾™ำຳ€№℃")
_SAME_SCRIPT = {"KATAKANA-HIRAGANA": "KATAKANA", "IDEOGRAPHIC": "CJK"}
_COMMON = frozenset("\u00a0\u00ad\u200c\u200d\u202f\u3000\ufe0e\ufe0f…µ×\t")


@lru_cache(maxsize=65536)
def sort_of(character: str) -> Sort:
    if " " < character <= "~":
        return Sort.LETTER if character.isalpha() else Sort.PLAIN
    if character in " \n":
        return Sort.SPACE if character == " " else Sort.BREAK
    category = unicodedata.category(character)
    if character in _BLANK or category[0] in "CZ":
        return Sort.QUIET if character in _COMMON else Sort.ALARM
    if "\uff01" <= character <= "\uffee":
        return Sort.WIDE
    if category[0] == "M":
        return Sort.MARK
    if category == "Nd":
        return Sort.DIGIT
    if _is_folded(character):
        return Sort.QUIET if character in _COMMON else Sort.ALARM
    if category[0] == "L" and category != "Lm":
        return Sort.LETTER
    if character in ASCII_OF:
        return Sort.QUIET if character in _COMMON else Sort.ALARM
    return Sort.LETTER if category == "Lm" and script_of(character) in EVERYDAY else Sort.PLAIN


@lru_cache(maxsize=65536)
def script_of(character: str) -> str:
    """The script's name as the character's own name begins with it: LATIN, CYRILLIC, CJK, COMBINING …"""
    first = unicodedata.name(character, "UNNAMED").partition(" ")[0]
    return _SAME_SCRIPT.get(first, first)


def name_of(character: str) -> str:
    code = ord(character)
    if code < 32:
        return _CONTROLS[code]
    if code == 127 or 128 <= code < 160:
        return "DELETE" if code == 127 else "C1 CONTROL"
    category = unicodedata.category(character)
    return unicodedata.name(character, {"Co": "PRIVATE USE", "Cn": "UNASSIGNED"}.get(category, "UNNAMED"))


def is_seen(character: str) -> bool:
    """Whether a font draws anything for it, so that showing it beside its name helps."""
    return character not in _BLANK and unicodedata.category(character)[0] not in "CZM"


def _is_folded(character: str) -> bool:
    """Whether Unicode holds it for another way of writing something else: it looks like that, or may."""
    if character in _OWN_SHAPE or "\u3131" <= character <= "\u318e" or "\u2460" <= character <= "\u2473":
        return False
    return unicodedata.normalize("NFKC", character) != character

"""Text as a reader takes it in: one spelling for all that looks the same, in words.

What is hidden (zero-width, bidi, TAG) goes, accents go, look-alikes become what they look like, camelCase is cut. The
vocabulary is folded the same way, so words of any script meet themselves.
"""

import re
import unicodedata

from ..rendering.lookalikes import ASCII_OF

_STROKES = {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
#: Small capitals, and the like.
_STROKES |= dict(zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢꭲꮲƿ", "abcdefghijklmnoprstuvwyztpp", strict=True))
#: Letters in boxes, in circles and of flags, which NFKD leaves alone.
_BOXED = {chr(first + place): chr(65 + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)}
_STROKES |= _BOXED
#: Letters that are drawn as nothing (Hangul fillers).
BLANK = frozenset("\u115f\u1160\u3164\uffa0")
_CUT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
_LEET = str.maketrans("013457@$!", "oieastasi")
_LEET_WORD = re.compile(r"(?:[^\W_]|[@$!])+")
_FIGURE = re.compile(r"[0-9@$!]")
_LONELY = re.compile(r"(?<![^\W_])(?:[^\W\d_][\W_]{1,3}){4,40}[^\W\d_](?![^\W_])")


def folded(text: str) -> str:
    """The text in one spelling, in small letters, camelCase cut."""
    if text.isascii():
        return _CUT.sub(" ", text).casefold()
    return _drawn(_CUT.sub(" ", unicodedata.normalize("NFKD", text)).casefold())


def readings(text: str) -> list[list[str]]:
    """The words of a text, in one reading or two: a capital may look like another letter than its small one does."""
    found = [words(text)]
    if not text.isascii() and (other := _words(_drawn(unicodedata.normalize("NFKD", text)))) != found[0]:
        found.append(other)
    return found


def words(text: str) -> list[str]:
    """The words of a text, numbers at a word's end dropped."""
    return _words(folded(text))


def disguised(text: str) -> list[str]:
    """Words in disguise: written with figures for letters, or letter by letter."""
    plain = _drawn(text).casefold()
    found = []
    if any(sign in plain for sign in "013457@$!"):
        written = (each for each in _LEET_WORD.findall(plain) if _FIGURE.search(each) and not each.isdigit())
        found += [each.translate(_LEET) for each in written]
    found += ["".join(_WORD.findall(each)) for each in _LONELY.findall(plain)]
    return found


def whole(text: str) -> set[str]:
    """A short text as one word, cut by nothing: `pa-ss wo rd`, `P.I.N.`; with figures as letters too, and without
    figures at its end."""
    plain = "".join(_WORD.findall(_drawn(text).casefold()))
    signs = "".join(each for each in _drawn(text).casefold() if each.isalnum() or each in "@$!")
    return {plain, plain.rstrip("0123456789"), signs.translate(_LEET)} - {""}


def _words(plain: str) -> list[str]:
    found = _WORD.findall(_CUT.sub(" ", plain).casefold())
    return [word if len(word) < 3 or word.isdigit() else word.rstrip("0123456789") or word for word in found]


def _drawn(text: str) -> str:
    """Hidden signs gone, look-alikes as what they look like."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text)
    signs = {ord(sign): _one(sign) for sign in set(plain) if not sign.isascii()}
    return unicodedata.normalize("NFKC", plain.translate(signs))


def _one(sign: str) -> str:
    """One character: hidden ones and marks are nothing, look-alikes what they look like."""
    if unicodedata.category(sign) in ("Mn", "Me", "Cf") or sign in BLANK:
        return ""
    return ASCII_OF.get(sign) or _STROKES.get(sign, sign)

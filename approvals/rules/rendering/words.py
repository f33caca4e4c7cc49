"""Words that could be taken for other words: of two scripts, or drawn like a word of another script.

Every reader takes a doubtful word for one of the script that the words around it have. So does this room: the *ambient*
script is Latin at first and then that of the last word that could be no other. What departs from it gets its script's
name.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from .characters import EAST_ASIAN, EVERYDAY, RIGHT_TO_LEFT, Sort, script_of, sort_of
from .lookalikes import ASCII_OF

# Drawn alike, sign by sign. A run of them is taken for katakana beside katakana, and for the other anywhere else.
_KATAKANA = "ニロカエトハターヘベペ"
_NOT_KATAKANA = "二口力工卜八夕一へべぺ"
_MOST_MARKS = 4


class Verdict(NamedTuple):
    """A stretch of a word: plain, or each character of it to be named, or the whole to be marked with its script."""

    text: str
    manner: str  # plain | rtl | named | script
    script: str = ""


def judge(word: str, ambient: str) -> tuple[list[Verdict], str]:
    """Return the stretches of a word (letters and marks) and the ambient script after it."""
    verdicts: list[Verdict] = []
    for east, letters in groupby(_clusters(word), key=lambda cluster: script_of(cluster[0]) in EAST_ASIAN):
        part = list(letters)
        if east:
            verdicts += _east_asian(part)
        else:
            found, ambient = _alphabetic(part, ambient)
            verdicts += found
    return verdicts, ambient


def _clusters(word: str) -> Iterator[str]:
    """Cut a word into letters with the marks that belong to them."""
    start = 0
    for index in range(1, len(word) + 1):
        if index == len(word) or sort_of(word[index]) is Sort.LETTER:
            yield word[start:index]
            start = index


def _alphabetic(clusters: list[str], ambient: str) -> tuple[list[Verdict], str]:
    scripts = Counter(script_of(cluster[0]) for cluster in clusters if sort_of(cluster[0]) is Sort.LETTER)
    main = "LATIN" if "LATIN" in scripts else max(scripts, key=scripts.__getitem__, default="")
    if len(scripts) > 1 or main not in EVERYDAY:
        stay = main if main in EVERYDAY else ""
        return [v for c in clusters for v in _cluster(c, named=script_of(c[0]) != stay)], ambient
    verdicts = [v for c in clusters for v in _cluster(c, named=False)]
    word = "".join(clusters)
    if not _doubtful(word, main, ambient):
        return verdicts, main
    if main == ambient:
        return verdicts, ambient
    if all(v.manner != "named" for v in verdicts):
        return [Verdict(word, "script", main)], ambient
    return [v for c in clusters for v in _cluster(c, named=True)], ambient


def _doubtful(word: str, script: str, ambient: str) -> bool:
    """Whether the word could be read as one of another script."""
    if script == "LATIN":
        return ambient != "LATIN" and set(word) <= _drawn_by(ambient)
    return all(letter in ASCII_OF for letter in word)


@lru_cache(maxsize=64)
def _drawn_by(script: str) -> frozenset[str]:
    """The ASCII letters for which the script has a look-alike."""
    return frozenset(drawn for letter, drawn in ASCII_OF.items() if script_of(letter) == script)


def _cluster(cluster: str, *, named: bool) -> Iterator[Verdict]:
    """One letter with its marks: named when asked, when a Latin letter imitates ASCII, or when not normal."""
    letter, marks = cluster[0], cluster[1:]
    script = script_of(letter)
    bare = sort_of(letter) is not Sort.LETTER
    if named or bare or (script == "LATIN" and len(ASCII_OF.get(letter, "")) == 1):
        yield Verdict(letter, "named", script)
    else:
        yield Verdict(letter, "rtl" if script in RIGHT_TO_LEFT else "plain", script)
    honest = not bare and len(marks) <= _MOST_MARKS and unicodedata.is_normalized("NFC", cluster)
    for mark in marks:
        if honest and script_of(mark) == script and unicodedata.category(mark) != "Me":
            yield Verdict(mark, "rtl" if script in RIGHT_TO_LEFT else "plain", script)
        else:
            yield Verdict(mark, "named", script_of(mark))


def _east_asian(clusters: list[str]) -> Iterator[Verdict]:
    """Kana, Han and Hangul. Look-alikes among them are named when the signs beside them mislead."""
    before = False
    for doubtful, letters in groupby(enumerate(clusters), key=lambda pair: pair[1] in _KATAKANA + _NOT_KATAKANA):
        run = list(letters)
        if not doubtful:
            before = _is_katakana(run[-1][1])
            yield from (v for _, cluster in run for v in _cluster(cluster, named="\u1100" <= cluster[0] <= "\u11ff"))
            continue
        following = clusters[run[-1][0] + 1 : run[-1][0] + 2]
        expected = before or any(map(_is_katakana, following))
        yield from (v for _, cluster in run for v in _cluster(cluster, named=(cluster in _KATAKANA) != expected))


def _is_katakana(cluster: str) -> bool:
    return script_of(cluster[0]) == "KATAKANA"

"""Text made faithful: every character is either plain to see or named, and two different texts never look alike.

`unrender(render(text)) == text` for every text, and `unrender` reads only what a person sees: plain text, and labels.
What is promised is as wide as Unicode's own table of confusables for ASCII, no wider: fonts that draw `l` and `I` alike
are beyond it, which is why the exact bytes are one tab away.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from string import ascii_letters

from .characters import EAST_ASIAN, Sort, is_seen, name_of, script_of, sort_of
from .words import judge

PLAIN_ASCII = re.compile(r"(?:[!-~]+(?: [!-~]+)*)?")
_PICTURE = "[\U0001f000-\U0001faff\u2190-\u2bff\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299]"
_UNIT = f"{_PICTURE}[\U0001f3fb-\U0001f3ff]?\ufe0f?"
EMOJI = re.compile(f"([\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f\u20e3|{_UNIT}(?:\u200d{_UNIT}){{0,8}})")
_BETWEEN = re.compile(r" \d{1,20} |[،؛؟.,:!]? ")
_JOINERS = frozenset("\u200c\u200d")  # between letters that never join they only hide
_ASCII = re.compile(r"[!-~]+(?: [!-~]+)*")
_SHORT, _REMEMBERED = 4, 32
_MERGED = frozenset({"text", "rtl", "space"})  # what may become part of its neighbour
_LONGEST_LABEL = 24  # different hidden characters named in one chip


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of shown text.

    `form` is one of: text; rtl (reads right to left, set apart so that nothing around it is reordered); chip (a label
    that says what is there, with `glyph` when a font draws something); mark (white space made visible); break (line
    ends made visible); script (a word in `glyph` with its script as label).
    `alarm`: nobody would have seen it, or would have taken it for something else.
    """

    form: str
    shown: str
    glyph: str = ""
    alarm: bool = False


def render(text: str) -> tuple[Piece, ...]:
    """Return what to show for a text."""
    if PLAIN_ASCII.fullmatch(text):
        return (Piece("text", text),) if text else ()
    return tuple(_joined(_pieces(text)))


def render_some(text: str, most: int) -> tuple[tuple[Piece, ...] | None, int]:
    """What to show, None when that is more than `most` pieces; and how many alarms there are.

    Where it is too much, they are counted until that is clear, and none is said only when there is none.
    """
    if PLAIN_ASCII.fullmatch(text):
        return ((Piece("text", text),) if text else ()), 0
    found: list[Piece] = []
    named = 0
    drawn = _pieces(text)
    for piece in drawn:
        found.append(piece)
        if piece.form not in _MERGED:
            named += 1
            if named > most:
                return None, alarms(found) or int(any(later.alarm for later in drawn))
    pieces = tuple(_joined(found))
    return (pieces if len(pieces) <= most else None), alarms(pieces)


def alarms(pieces: Iterable[Piece]) -> int:
    """How many stretches nobody would have seen for what they are."""
    return sum(piece.alarm for piece in pieces)


def plain(pieces: Iterable[Piece]) -> str:
    """One line of text for places that know no chips, such as a page's title."""
    return "".join(p.shown if p.form in ("text", "rtl") else f"⟦{p.glyph}{p.shown}⟧" for p in pieces)


def _pieces(text: str) -> Iterator[Piece]:
    ambient = "LATIN"
    for index, part in enumerate(EMOJI.split(text)):
        if index % 2:
            yield _emoji(part)
            continue
        before, runs = "", _looking_ahead(_runs(part))
        for kind, run, after in runs:
            if kind == "ascii" and ambient == "LATIN":
                yield Piece("text", run)
            elif kind == "ascii":
                for inner, letters in _groups(run):
                    found, ambient = _of_run(inner, letters, ambient)
                    yield from found
            elif kind is Sort.WIDE:
                yield _wide(run, natural=any(script_of(c) in EAST_ASIAN for c in before + after))
            elif kind is Sort.QUIET and _JOINERS.issuperset(run) and "LATIN" in map(script_of, before[-2:] + after[:1]):
                yield from _OTHER[Sort.ALARM](run)
            else:
                found, ambient = _of_run(kind, run, ambient)
                yield from found
            before = run


def _looking_ahead(runs: Iterator[tuple[Sort | str, str]]) -> Iterator[tuple[Sort | str, str, str]]:
    """Each run, and what the one after it is."""
    held: tuple[Sort | str, str] | None = None
    for run in runs:
        if held:
            yield *held, run[1]
        held = run
    if held:
        yield *held, ""


def _runs(part: str) -> Iterator[tuple[Sort | str, str]]:
    """Cut a text into runs of one sort. Words of plain ASCII with single spaces between them stay together: among
    Latin words nobody takes them for anything else, and most text is nothing but that.
    """
    at = 0
    for match in _ASCII.finditer(part):
        start, end = match.span()
        if start and part[start - 1] > "\x7f":  # the rest of a word that began before
            start += len(match[0]) - len(match[0].lstrip(ascii_letters))
        if end < len(part) and part[end] > "\x7f":  # the beginning of a word that goes on
            end -= len(match[0]) - len(match[0].rstrip(ascii_letters))
        run = part[start:end].strip(" ") if end - start > _SHORT else ""
        if run:
            start = part.index(run, start)
            yield from _groups(part[at:start])
            yield "ascii", run
            at = start + len(run)
    yield from _groups(part[at:])


def _groups(text: str) -> Iterator[tuple[Sort | str, str]]:
    return ((kind, "".join(run)) for kind, run in groupby(text, key=_kind))


def _of_run(kind: Sort | str, run: str, ambient: str) -> tuple[tuple[Piece, ...], str]:
    """The pieces of a run, and the ambient script after it. Texts repeat their words: short ones are remembered."""
    return (_remembered if len(run) <= _REMEMBERED else _remembered.__wrapped__)(kind, run, ambient)


@lru_cache(maxsize=16_384)
def _remembered(kind: Sort | str, run: str, ambient: str) -> tuple[tuple[Piece, ...], str]:
    if kind != "word":
        return tuple(_OTHER[kind](run)), ambient
    verdicts, after = judge(run, ambient)
    return tuple(_verdict(*verdict) for verdict in verdicts), after


@lru_cache(maxsize=65_536)
def _kind(character: str) -> Sort | str:
    sort = sort_of(character)
    return "word" if sort in (Sort.LETTER, Sort.MARK) else sort


def _verdict(text: str, manner: str, script: str) -> Piece:
    if manner == "named":
        return _named(text, alarm=script not in EAST_ASIAN)
    if manner == "script":
        return Piece("script", script.capitalize(), glyph=text, alarm=script != "LATIN")
    return Piece("rtl" if manner == "rtl" else "text", text)


def _named(character: str, *, alarm: bool) -> Piece:
    """A character that is drawn, beside its code point; letters with their script, others with their name."""
    seen = is_seen(character)
    words = script_of(character).capitalize() if seen and sort_of(character) is Sort.LETTER else name_of(character)
    return Piece("chip", f"U+{ord(character):04X} {words}", glyph=character if seen else "", alarm=alarm)


@lru_cache(maxsize=1024)
def _emoji(cluster: str) -> Piece:
    if len(cluster) == 1:
        sort = sort_of(cluster)
        return Piece("text", cluster) if sort is Sort.PLAIN else _named(cluster, alarm=sort is Sort.ALARM)
    return Piece("chip", " ".join(f"U+{ord(c):04X}" for c in cluster), glyph=cluster)


def _digits(run: str) -> Iterator[Piece]:
    for _, digits in groupby(run, key=lambda c: name_of(c).rpartition(" DIGIT")[0]):
        same = "".join(digits)
        yield Piece("script", f"{name_of(same[0]).rpartition(' DIGIT')[0].capitalize()} digits", glyph=same)


def _wide(run: str, *, natural: bool) -> Piece:
    return Piece("text", run) if natural else Piece("script", "full or half width", glyph=run, alarm=True)


def _spaces(run: str) -> Iterator[Piece]:
    yield Piece("space", run) if len(run) == 1 else Piece("mark", "␣" * len(run) if len(run) < 4 else f"␣ ×{len(run)}")


def _breaks(run: str) -> Iterator[Piece]:
    yield Piece("break", "↵" if len(run) == 1 else f"↵ ×{len(run)}")


def _signs(alarm: bool):
    def name(run: str) -> Iterator[Piece]:
        for seen, signs in groupby(run, key=is_seen):
            if seen:
                yield from (_named(sign, alarm=alarm) for sign in signs)
            else:
                yield from _hidden("".join(signs), alarm=alarm)

    return name


def _hidden(run: str, *, alarm: bool) -> Iterator[Piece]:
    """Characters that nobody sees, many in one chip. The TAG block is read out: it is how text is smuggled."""
    for tags, characters in groupby(run, key=lambda c: "\U000e0020" <= c <= "\U000e007e"):
        if tags:
            said = "".join(chr(ord(c) - 0xE0000) for c in characters)
            yield Piece("chip", f"TAG ×{len(said)} “{said.replace(' ', '␣')}”", alarm=True)
            continue
        counted = [(c, len(list(same))) for c, same in groupby(characters)]
        if counted == [("\t", 1)]:
            yield Piece("mark", "⇥")
            continue
        for start in range(0, len(counted), _LONGEST_LABEL):
            some = counted[start : start + _LONGEST_LABEL]
            words = len(some) == 1
            labels = (f"U+{ord(c):04X}{f' {name_of(c)}' if words else ''}{f' ×{n}' if n > 1 else ''}" for c, n in some)
            yield Piece("chip", " ".join(labels), alarm=alarm)


_OTHER = {
    Sort.PLAIN: lambda run: iter((Piece("text", run),)),
    Sort.SPACE: _spaces,
    Sort.BREAK: _breaks,
    Sort.DIGIT: _digits,
    Sort.QUIET: _signs(alarm=False),
    Sort.ALARM: _signs(alarm=True),
}


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Merge what is plain, show spaces that end a line, and keep right-to-left text in one run."""
    found = list(pieces)
    runs: list[list[Piece]] = []
    last = ""
    for index, piece in enumerate(found):
        if piece.form == "space":
            inner = 0 < index < len(found) - 1 and found[index - 1].form != "break" and found[index + 1].form != "break"
            piece = Piece("text", " ") if inner else Piece("mark", "␣")
        form = piece.form
        if form == last and (form == "text" or (form == "rtl" and _one_script(runs[-1][-1], piece))):
            runs[-1].append(piece)
        else:
            runs.append([piece])
        last = form
    return map(_whole, _bridged(runs))


def _bridged(runs: list[list[Piece]]) -> list[list[Piece]]:
    """Join right-to-left words of one script over the plain spaces and numbers between them."""
    joined: list[list[Piece]] = []
    for run in runs:
        if len(joined) > 1 and _continues(joined[-2][-1], joined[-1], run[0]):
            between = joined.pop()
            joined[-1] += [*between, *run]
        else:
            joined.append(run)
    return joined


def _continues(before: Piece, between: list[Piece], piece: Piece) -> bool:
    if (before.form, between[0].form, piece.form) != ("rtl", "text", "rtl") or not _one_script(before, piece):
        return False
    said = between[0].shown if len(between) == 1 else "".join(each.shown for each in between)
    return bool(_BETWEEN.fullmatch(said))


def _whole(run: list[Piece]) -> Piece:
    """A run as one piece. Joined once, at the end: a quarter of a megabyte may come letter by letter."""
    return run[0] if len(run) == 1 else Piece(run[0].form, "".join(piece.shown for piece in run))


def _one_script(one: Piece, other: Piece) -> bool:
    return script_of(one.shown[-1]) == script_of(other.shown[0])

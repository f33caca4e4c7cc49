"""An audit: whether an export of the ledger is what heads held outside of it have signed, and where it first is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from placet.tlog import entries, tree
from placet.tlog.heads import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """The first bad leaf. Where only a root tells, it is one of those from `leaf` to `last`."""

    leaf: int
    last: int
    why: str

    def __str__(self) -> str:
        where = f"leaf {self.leaf}" if self.leaf == self.last else f"one of the leaves {self.leaf} to {self.last}"
        return f"First bad: {where}: {self.why}."


@dataclass(slots=True, kw_only=True)
class Report:
    """What was found. `covered` is how many leaves a head vouches for, `read` how many lines were read, `withheld` how
    many of these have a hash alone.
    """

    read: int = 0
    covered: int = 0
    withheld: int = 0
    flaw: Flaw | None = None
    met: list[Head] = field(default_factory=list)


def audit(lines: Iterable[bytes], heads: Sequence[Head], *, earlier: Iterable[bytes] = ()) -> Report:
    """Read an export to its first flaw. `earlier` is an export held outside: the same, and shorter.

    Raises ValueError without a head, or with heads of several ledgers.
    """
    if not heads or len({head.origin for head in heads}) != 1:
        raise ValueError("An audit takes the heads of one ledger, at least one.")
    report = Report()
    report.flaw = _contradiction(heads) or _first_flaw(lines, sorted(heads, key=_size), report, earlier)
    return report


def _size(head: Head) -> int:
    return head.size


def _contradiction(heads: Sequence[Head]) -> Flaw | None:
    """Two heads of one size with two roots: the ledger showed two histories."""
    known: dict[int, bytes] = {}
    for head in heads:
        if known.setdefault(head.size, head.root) != head.root:
            return Flaw(leaf=0, last=head.size - 1, why=f"two heads of size {head.size} have two roots")
    return None


def _first_flaw(lines: Iterable[bytes], heads: list[Head], report: Report, earlier: Iterable[bytes]) -> Flaw | None:
    peaks, waiting, held = tree.Peaks(), heads[::-1], iter(earlier)
    if flaw := _meet(waiting, peaks, report):
        return flaw
    for number, raw in enumerate(lines):
        known = next(held, None)
        try:
            line = entries.read(raw)
            if known is not None and known != raw and not _is_same(line, entries.read(known)):
                return Flaw(leaf=number, last=number, why="the earlier export has another line")
        except entries.BadLine as error:
            return Flaw(leaf=number, last=number, why=str(error))
        report.withheld += line.said is None
        if line.leaf != number:
            return Flaw(leaf=number, last=number, why=f"in its place stands leaf {line.leaf}")
        peaks.append(line.hash)
        report.read = peaks.size
        if flaw := _meet(waiting, peaks, report):
            return flaw
    if waiting or next(held, None) is not None:
        wanted = waiting[0].size if waiting else "more"
        why = f"the export ends before it; {f'a head has {wanted} leaves' if waiting else 'the earlier one does not'}"
        return Flaw(leaf=peaks.size, last=peaks.size, why=why)
    return None


def _is_same(line: entries.Line, earlier: entries.Line) -> bool:
    """One of the two may be withheld, then its hash tells."""
    return None in (line.said, earlier.said) and (line.leaf, line.hash) == (earlier.leaf, earlier.hash)


def _meet(waiting: list[Head], peaks: tree.Peaks, report: Report) -> Flaw | None:
    """Compare the root with every head of this size."""
    while waiting and waiting[-1].size == peaks.size:
        head = waiting.pop()
        if head.root != peaks.root:
            why = "each line has its own hash, but together they have another root than the head"
            return Flaw(leaf=report.covered, last=max(peaks.size - 1, 0), why=why)
        report.met.append(head)
        report.covered = peaks.size
    return None

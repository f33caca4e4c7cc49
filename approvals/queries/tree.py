"""Reading the ledger's tree: its size, heads and hashes, and the proofs made of them. A proof is one turn.

Kept are the hashes of leaves and of every 256 below one (see `models.Node`); what lies between is hashed here.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from placet import jws
from placet.tlog import entries
from placet.tlog import tree as merkle
from placet.tlog.tree import Node

from .. import rows
from ..rules import events

STRIDE = 8  # levels of the tree from one that is kept to the next
CHUNK = 2_000
FORMS = ("jsonl", *events.FORMS)
ENDINGS = ["action.approved", "action.denied", "action.expired", "action.withdrawn"]

_SIZE = "SELECT MAX(number) FROM approvals_leaf"
_HEAD = "SELECT size, root, note, through, at FROM approvals_treehead"
_NEWEST, _OF_SIZE = f"{_HEAD} ORDER BY size DESC LIMIT 1", f"{_HEAD} WHERE size = %s"
_COSIGNED = "SELECT line FROM approvals_cosignature WHERE head_id = {} ORDER BY witness"
_LINES_NEWEST = _COSIGNED.format("(SELECT MAX(size) FROM approvals_treehead)")
_LINES_OF_SIZE = _COSIGNED.format("%s")
_WITNESSED = f"""{_HEAD} WHERE size = (
    SELECT MAX(head_id) FROM (
        SELECT head_id FROM approvals_cosignature GROUP BY head_id HAVING COUNT(*) >= %s) AS seen)"""  # noqa: S608
_LEAVES = "SELECT number, hash FROM approvals_leaf WHERE number BETWEEN %s AND %s"
_NODES = "SELECT place, hash FROM approvals_node WHERE level = %s AND place BETWEEN %s AND %s"
_SAID = "entry.at, entry.event, entry.actor, entry.action_id, entry.dig"
_ENDING = f"""
SELECT leaf.number, {_SAID} FROM approvals_entry AS entry JOIN approvals_leaf AS leaf ON leaf.entry_id = entry.id
 WHERE entry.action_id = %s AND entry.event {{any}}
"""  # noqa: S608 (our own columns)
_LINES = f"""
SELECT leaf.number, {_SAID}, leaf.hash, action.checkpoint_id
  FROM approvals_leaf AS leaf JOIN approvals_entry AS entry ON entry.id = leaf.entry_id
       LEFT JOIN approvals_action AS action ON action.id = entry.action_id
 WHERE leaf.number BETWEEN %s AND %s ORDER BY leaf.number
"""  # noqa: S608


class BrokenLedger(Exception):
    """The tree on record contradicts itself: a hash is missing, or a signed head has another root. Nobody mends it."""


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head, as stored."""

    size: int
    root: bytes
    note: bytes
    through: int
    at: datetime
    cosignatures: tuple[str, ...] = ()

    @property
    def whole(self) -> bytes:
        """The note with what witnesses have added."""
        return self.note + "".join(f"{line}\n" for line in self.cosignatures).encode()


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What an entry says as a leaf, and the hashes that lead from it to the head's root."""

    said: dict[str, Any]
    hashes: list[bytes]
    head: Head


def size() -> int:
    """How many leaves there are."""
    ((last,),) = rows.fetch((_SIZE, []))[0]
    return 0 if last is None else last + 1


def newest() -> Head | None:
    return _head(rows.fetch((_NEWEST, []))[0])


def of_size(size: int) -> Head | None:
    """The head that was signed at this size, if one was."""
    return _head(rows.fetch((_OF_SIZE, [size]))[0])


def shown(*, size: int | None = None, witnesses: int = 0) -> Head | None:
    """The newest head, the one of a size, or the newest that so many witnesses have co-signed, with what they added."""
    if size is not None:
        head, lines = rows.fetch((_OF_SIZE, [size]), (_LINES_OF_SIZE, [size]))
    elif not witnesses:
        head, lines = rows.fetch((_NEWEST, []), (_LINES_NEWEST, []))
    else:
        (head,) = rows.fetch((_WITNESSED, [witnesses]))
        (lines,) = rows.fetch((_LINES_OF_SIZE, [head[0][0]])) if head else ([],)
    return _head(head, lines)


def peaks(size: int) -> merkle.Peaks:
    """The tree of the first `size` leaves, as far as it takes to go on from there."""
    nodes = merkle.subtrees((0, size))
    found = _hashes(nodes)
    return merkle.Peaks(size, [found[node] for node in nodes])


def consistency(*, old: int, new: int) -> list[bytes]:
    """The hashes that prove that the tree of `old` leaves grew into that of `new`. ValueError when it did not."""
    return _proof(merkle.consistency(old, new))


def grown(*, old: int, new: int) -> list[bytes] | None:
    """The same for anybody, up to the newest head; None beyond it."""
    head = newest()
    return consistency(old=old, new=new) if head and new <= head.size else None


def inclusion(*, leaf: int, size: int) -> list[bytes]:
    return _proof(merkle.inclusion(leaf, size))


def ending(action_id: UUID, *, witnesses: int = 0) -> Inclusion | None:
    """The proof that how an action ended is in the newest head (with so many cosignatures); None while it is not."""
    newest, lines, found = rows.fetch((_NEWEST, []), (_LINES_NEWEST, []), (_ENDING, [action_id, ENDINGS]))
    head = shown(witnesses=witnesses) if witnesses else _head(newest, lines)
    if head is None or not found or found[0][0] >= head.size:
        return None
    value = said(found[0])
    return Inclusion(value, inclusion(leaf=value["leaf"], size=head.size), head)


def lines(
    *, until: int, form: str = "jsonl", issuer: str = "", shown: Callable[[bool, int | None], bool] | None = None
) -> Iterator[bytes]:
    """The export of the first `until` leaves, a line each, in order; read as it is written out.

    A leaf whose entry is gone has no line. Whoever audits the export finds that. `form` is one of `FORMS`: audits read
    "jsonl", others are for other people's programs. `shown` tells of a line, by whether it is of an action and at which
    checkpoint, whether it is this reader's: of others an audit gets the hash, and other programs nothing.
    """
    for start in range(0, until, CHUNK):
        for *row, stored, checkpoint in rows.fetch((_LINES, [start, min(start + CHUNK, until) - 1]))[0]:
            value, hashed = said(row), bytes(stored)
            if shown is not None and not shown(value["action"] is not None, checkpoint):
                if form == "jsonl":
                    yield entries.withheld(value["leaf"], hash=hashed)
            elif form == "jsonl":
                yield entries.line(value, hash=hashed)
            else:
                told = events.FORMS[form](value, hash=jws.encode(hashed).decode(), issuer=issuer)
                yield json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def said(row: Sequence[Any]) -> dict[str, Any]:
    """What an entry says as a leaf, from its columns: leaf, at, event, actor, action, digest."""
    leaf, at, event, actor, action, dig = row[:6]
    action = UUID(action) if isinstance(action, str) else action
    return entries.value(leaf=leaf, at=at, event=event, actor=actor, action=action, dig=dig)


def _head(found: Sequence[tuple], lines: Sequence[tuple] = ()) -> Head | None:
    if not found:
        return None
    size, root, note, through, at = found[0]
    return Head(size, bytes(root), bytes(note), through, at, tuple(line for (line,) in lines))


def _proof(spans: Sequence[merkle.Span]) -> list[bytes]:
    found = _hashes([node for span in spans for node in merkle.subtrees(span)])
    return merkle.proof_of(spans, found.__getitem__)


def _hashes(nodes: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of perfect subtrees, from those kept below them, in one turn."""
    below = {node: _kept_below(node) for node in nodes}
    questions = [_question(level, span) for level, span in _merged(below.values())]
    answers = rows.fetch(*(text for _, text in questions)) if questions else []
    kept = {
        (level, place): bytes(found)
        for (level, _), answer in zip(questions, answers, strict=True)
        for place, found in answer
    }
    try:
        return {
            node: _folded([kept[level, place] for place in range(first, last)])
            for node, (level, (first, last)) in below.items()
        }
    except KeyError as error:
        raise BrokenLedger(f"The hash {error.args[0]} is missing from the tree.") from None


def _kept_below(node: Node) -> tuple[int, merkle.Span]:
    """The nearest level that is kept, and which of its hashes lie below the node."""
    rise = node.level % STRIDE
    return node.level // STRIDE, (node.index << rise, (node.index + 1) << rise)


def _merged(spans: Iterable[tuple[int, merkle.Span]]) -> Iterator[tuple[int, merkle.Span]]:
    """Neighbours put together, so that each level is asked for in two or three stretches."""
    by_level: dict[int, list[merkle.Span]] = defaultdict(list)
    for level, span in sorted(spans):
        stretches = by_level[level]
        if stretches and stretches[-1][1] >= span[0]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], span[1]))
        else:
            stretches.append(span)
    return ((level, stretch) for level, stretches in by_level.items() for stretch in stretches)


def _question(level: int, span: merkle.Span) -> tuple[int, rows.Question]:
    first, last = span[0], span[1] - 1
    return level, (_NODES, [level, first, last]) if level else (_LEAVES, [first, last])


def _folded(hashes: list[bytes]) -> bytes:
    """The hash over 1, 2, 4 … 128 neighbours."""
    while len(hashes) > 1:
        hashes = [merkle.node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]

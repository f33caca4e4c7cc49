"""Reads a payload back from the HTML of a page, by what a person sees of it. Knows nothing of how it was drawn."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "img", "input", "hr", "use"}
LABEL = re.compile(r'\[(\d+)\]|/?("(?:[^"\\]|\\.)*"|[^/\[\]"~]+)', re.DOTALL)
CODE = re.compile(r"U\+([0-9A-F]{4,6})(?: (?!U\+|×)[^ ]+)*(?: ×(\d+))?")
LITERAL = {"integer", "number", "boolean", "null", "object", "list"}


@dataclass
class Node:
    tag: str
    attrs: dict
    children: list = field(default_factory=list)

    @property
    def text(self):
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def walk(self):
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def first(self, attr):
        return next((n for n in self.walk() if attr in n.attrs), None)

    def has(self, word):
        return word in (self.attrs.get("class") or "").split()


class _Tree(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Node("", {})
        self.stack = [self.root]

    def handle_starttag(self, tag, attrs):
        node = Node(tag, dict(attrs))
        self.stack[-1].children.append(node)
        if tag not in VOID:
            self.stack.append(node)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.stack[-1].tag == tag, f"</{tag}> inside <{self.stack[-1].tag}>"
        self.stack.pop()

    def handle_data(self, data):
        self.stack[-1].children.append(data)


def tree(html):
    parser = _Tree()
    parser.feed(html)
    parser.close()
    return parser.root


def unrender(html, of="body"):
    """The value drawn in the parts of a page that show this. Raises when some of it is not open."""
    root = tree(html)
    leaves = {}
    for part in [n for n in root.walk() if n.attrs.get("data-of") == of]:
        for path, value in _read(part, (), of):
            for where, leaf in _flat(value, path):
                key = tuple((type(step), step) for step in where)
                assert leaves.setdefault(key, (where, leaf))[1] == leaf, f"{where} is shown as two values"
                assert type(leaves[key][1]) is type(leaf)
    return _built(list(leaves.values()))


def _read(node, path, of):
    for child in node.children:
        if not isinstance(child, Node) or child.attrs.get("data-of", of) != of:
            continue
        assert "data-shut" not in child.attrs, "not open"
        here = path
        if "data-in" in child.attrs:
            here += tuple(int(s) if s.isdigit() else s for s in child.attrs["data-in"].split("/")[1:])
        if "data-named" in child.attrs:
            here += (_text(child.first("data-name")),)
        if "data-row" in child.attrs:
            here += steps(_text(child.first("data-label")))
            kind = child.first("data-kind")
            child.attrs["kind"] = kind.text if kind else "string"
            for inner in child.walk():
                inner.attrs.setdefault("kind", child.attrs["kind"])
        if "data-all" in child.attrs:
            value = json.loads(re.sub(r"(\\.)\n?", r"\1", child.text))
            if child.attrs["data-all"] == "whole":
                yield here, value
            else:
                yield from ((here + steps(label), each) for label, each in value.items())
        elif "data-leaf" in child.attrs:
            yield here, _leaf(child)
        else:
            yield from _read(child, here, of)


def _leaf(node):
    kind = node.first("data-kind")
    kind = kind.text if kind else node.attrs.get("kind", "string")
    written = node.first("data-json")
    if written:
        return json.loads(re.sub(r"(\\.)\n?", r"\1", written.text))
    seen = _text(node)
    return json.loads(seen) if kind in LITERAL else seen


def _text(node):
    found = []
    for inner in node.walk():
        if "data-empty" in inner.attrs or (inner.has("mark") and inner.text == "itself"):
            return ""
        if inner.tag == "bdi" and inner.attrs.get("dir") == "ltr":
            found.append("".join(map(_piece, inner.children)))
    if not found and node.tag == "span" and node.text == "":
        return ""
    return "".join(found)


def _piece(piece):
    if isinstance(piece, str):
        return piece
    if piece.tag == "br":
        return ""
    if piece.tag == "bdi":
        return piece.text
    if piece.has("mark"):
        shown = piece.text
        count = int(shown.partition("×")[2]) if "×" in shown else len(shown)
        return {"␣": " ", "↵": "\n", "⇥": "\t", "i": ""}[shown[0]] * (1 if shown[0] == "⇥" else count)
    assert piece.has("chip"), piece
    label = next(n for n in reversed(piece.children) if isinstance(n, Node)).text
    if label.startswith("TAG "):
        return "".join(chr(ord(c) + 0xE0000) for c in label.partition("“")[2][:-1].replace("␣", " "))
    if label.startswith("U+"):
        return "".join(chr(int(code, 16)) * int(times or 1) for code, times in CODE.findall(label))
    return piece.children[0].text


def steps(label):
    """A label's steps; "" has none."""
    found, at = [], 0
    while at < len(label):
        match = LABEL.match(label, at)
        assert match, label[at : at + 40]
        index, name = match.groups()
        found.append(int(index) if index is not None else json.loads(name, strict=False) if name[0] == '"' else name)
        at = match.end()
    return tuple(found)


def _flat(value, path):
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, (*path, name))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _flat(inner, (*path, index))
    else:
        yield path, value


def _built(leaves):
    if len(leaves) == 1 and leaves[0][0] == ():
        return leaves[0][1]
    groups = {}
    for path, value in leaves:
        groups.setdefault((type(path[0]), path[0]), []).append((path[1:], value))
    if all(kind is int for kind, _ in groups):
        assert sorted(at for _, at in groups) == list(range(len(groups))), "a list with holes"
        return [_built(groups[int, at]) for at in range(len(groups))]
    assert all(kind is str for kind, _ in groups), "a list that is an object"
    return {name: _built(inside) for (_, name), inside in groups.items()}

"""Rooms stay small enough to be read in one sitting, and are named after what happens inside."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("accounts", "approvals", "config", "sdk", "benchmarks", "tests")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts and "__pycache__" not in path.parts
)
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
NAMELESS = {"utils", "util", "helpers", "common", "services", "core", "misc"}
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "X" * 3)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_room_is_small_and_finished(path):
    text = path.read_text()
    lines = text.count("\n")
    assert lines <= LONGEST_FILE, f"{lines} lines: make it a package of the same name"
    assert not [word for word in UNFINISHED if word in text.split()], "finish it or file an issue"
    assert path.stem not in NAMELESS, "name it after what happens inside"
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert not long, f"{long}: a function is a sentence"


@pytest.mark.parametrize("folder", sorted((ROOT / "static").rglob("*.css")), ids=name)
def test_stylesheet_asks_nobody_outside(folder):
    assert "http:" not in folder.read_text() and "https:" not in folder.read_text()

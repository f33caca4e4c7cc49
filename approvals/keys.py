"""Which key signs now, and which keys anybody may check with.

Ed25519 in files (`var/keys`, 0600), made at the first start.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from placet.receipts import FileSigner

CURRENT = "current.pem"


def signer() -> FileSigner:
    """Return the signer of this console."""
    return _signer(Path(settings.KEYS_DIR))


def jwks() -> dict[str, Any]:
    """Return the public keys (RFC 7517): the current one first, then those beside it, next or retired."""
    folder = Path(settings.KEYS_DIR)
    current = signer().public_jwk()
    others = (FileSigner.load(path).public_jwk() for path in sorted(folder.glob("*.pem")) if path.name != CURRENT)
    return {"keys": [current, *(key for key in others if key["kid"] != current["kid"])]}


@lru_cache(maxsize=4)
def _signer(folder: Path) -> FileSigner:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / CURRENT
    if not path.exists():
        _generate(path)
    return FileSigner.load(path)


def _generate(path: Path) -> None:
    """Two first starts agree on one key: it is written whole under a name of its own, then linked into place."""
    fresh = path.with_name(f".fresh-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    FileSigner.generate(fresh)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()

"""`placet keys`: from keys that you pinned, the console's keys of today, by the history that it publishes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from placet.receipts import history
from placet.receipts.pins import Pin

FOLLOWED, REFUSED = 0, 1


def keys(given: argparse.Namespace) -> int:
    """Follow a console's history of keys from those you pinned; prints the JWK Set to pin from now on."""
    pinned = Pin.file(given.pin)
    try:
        said = history.document(given.file.read_bytes())
    except history.BadHistory as no:
        return _refused(str(no))
    found = history.follow(said, pinned.keys)
    usable = {each["kid"] for each in found if not each.get("revoked")}
    if said.current not in usable:
        return _refused("no key you pinned, and that is not revoked, vouches for the one in use: pin that one anew")
    print(json.dumps({**({"issuer": pinned.issuer} if pinned.issuer else {}), "keys": found}, indent=1))
    return FOLLOWED


def words(commands: Any) -> None:
    """Add `keys` to the command line."""
    part = commands.add_parser("keys", help=keys.__doc__, description=keys.__doc__)
    part.set_defaults(command=keys)
    part.add_argument("file", type=Path, metavar="HISTORY", help="/.well-known/placet-keys.json, saved")
    part.add_argument("--pin", type=Path, required=True, metavar="JWKS", help="the keys you pinned")
    part.add_argument("--json", action="store_true", help="the same: it is JSON")


def _refused(why: str) -> int:
    print(f"Not followed: {why}", file=sys.stderr)
    return REFUSED

"""`manage.py seal`: with which keys payloads are sealed, and changing them."""

import time
from argparse import ArgumentParser
from typing import Any, override

from approvals import resealing
from approvals.management.telling import TellingCommand
from approvals.sealing import ring


class Command(TellingCommand):
    help = "Shows with which keys payloads are sealed; seals what is not; rotates the keys."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parts = parser.add_subparsers(dest="what", required=True)
        parts.add_parser("status", help="how many values each key wraps")
        parts.add_parser("all", help="seal what came before there were seals; goes on where it was stopped")
        rotate = parts.add_parser("rotate", help="make a new key, and wrap every data key with it")
        rotate.add_argument("--resume", action="store_true", help="make no new key: finish what was stopped")
        retire = parts.add_parser("retire", help="take away a key that wraps nothing any more")
        retire.add_argument("key", help="its name, as `seal status` says it")

    @override
    def act(self, *, what: str, **options: Any) -> tuple[dict[str, Any], str]:
        return getattr(self, f"_{what}")(**options)

    def _status(self, **_: Any) -> tuple[dict[str, Any], str]:
        found = resealing.status()
        lines = [
            f"{name}  {count} values{', current' if name == found.current else ''}"
            f"{'. THIS KEY IS NOT HERE' if name in found.missing else ''}"
            for name, count in sorted(found.keys.items())
        ]
        said = {
            "current": found.current, "keys": found.keys, "missing": found.missing, "unsealed": found.unsealed,
            "erased": found.erased,
        }  # fmt: skip
        return said, "\n".join([*lines, f"Not sealed: {found.unsealed}. Erased: {found.erased}."])

    def _all(self, **_: Any) -> tuple[dict[str, Any], str]:
        done = sum(resealing.reseal())
        return {"sealed": done}, f"Sealed: {done}."

    def _rotate(self, *, resume: bool, **_: Any) -> tuple[dict[str, Any], str]:
        if not resume:
            resealing.rotate()
            time.sleep(2 * ring.LOOK_EVERY)  # running processes look for new keys; from then on none uses the old one
        done, found = sum(resealing.reseal()), resealing.status()
        free = [name for name, count in found.keys.items() if not count and name != found.current]
        told = f"Key {found.current} is current. Wrapped anew: {done}. "
        told += f"Not needed by this database any more: {', '.join(free)}." if free else "No other key is free yet."
        return {"current": found.current, "wrapped": done, "free": free}, told

    def _retire(self, *, key: str, **_: Any) -> tuple[dict[str, Any], str]:
        file = resealing.retire(name=key)
        return {"retired": key}, f"{file.name} is gone. Backups from before the rotation cannot be read without it."

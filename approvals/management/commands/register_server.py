"""`manage.py register_server NAME`: let a machine ask, by a bearer token, an Ed25519 key, or both."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts import servers
from accounts.errors import BadPublicKey, NameTaken
from accounts.models import Server
from approvals.management.telling import TellingCommand


class Command(TellingCommand):
    help = "Registers a server and prints its bearer token, once. A server that exists needs --new-token or a new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="lower-case letters, digits, dots, dashes")
        parser.add_argument("--public-key", type=Path, metavar="FILE", help="Ed25519 public key: PEM, or a JWK")
        parser.add_argument("--new-token", action="store_true", help="make a token; those it had end at once")

    def act(self, *, name: str, public_key: Path | None, new_token: bool, **options: Any) -> tuple[dict[str, Any], str]:
        at, key = datetime.now(UTC), _read(public_key)
        with transaction.atomic():
            known = Server.objects.filter(name=name).first()
            if known and not new_token and key is None:
                raise NameTaken("A server of this name is registered already. Ask for a new token with --new-token.")
            server = known or servers.register(name=name, at=at)
            if key is not None:
                servers.set_key(server=server, public_key=key, at=at)
            wanted = new_token or (not known and key is None)
            token = servers.rotate_token(server=server, at=at) if wanted else None
        said = f"{name} may ask." + (f" Its token, shown this once: {token}" if token else " It signs with its key.")
        return {"server": server.pk, "name": name, "token": token}, said


def _read(file: Path | None) -> bytes | None:
    try:
        return None if file is None else file.read_bytes()
    except OSError as error:
        raise BadPublicKey(f"{file} cannot be read: {error.strerror}.") from error

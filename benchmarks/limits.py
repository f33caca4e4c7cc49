"""Limits of the machine, alone on it: `python -m benchmarks.limits` prints one JSON object.

Single-row commits a second on one connection of the console's own store, and Ed25519 signatures a second on one core.
"""

import json
import os
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

SECONDS = 1.5


def main() -> None:
    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_bare")
        kind = "bytea" if connection.vendor == "postgresql" else "blob"
        serial = "bigserial" if connection.vendor == "postgresql" else "integer"
        cursor.execute(f"CREATE TABLE bench_bare (id {serial} PRIMARY KEY, body {kind} NOT NULL)")
    json.dump({"commits": _rate(_commit(connection)), "signatures": _rate(_sign())}, sys.stdout)


def _rate(one) -> float:
    done, until = 0, time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        one()
        done += 1
    return done / SECONDS


def _commit(connection):
    cursor = connection.cursor()
    return lambda: cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [b"x" * 400])


def _sign():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    return lambda: key.sign(b"x" * 1200)


if __name__ == "__main__":
    main()

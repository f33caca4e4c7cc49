"""Fills an empty console for the load: `python -m benchmarks.seed` prints the shop's token and where its key is."""

import json
import os
import sys
from datetime import UTC, datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.core.management import call_command

OWNERS = ("alice", "bob")


def main() -> None:
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    json.dump(_seeded(), sys.stdout)


def _seeded() -> dict[str, str]:
    from django.conf import settings
    from placet.receipts import FileSigner

    from accounts import roles, servers
    from accounts.models import User
    from approvals import policy
    from approvals.rules import policies

    at = datetime.now(UTC)
    for name in OWNERS:
        roles.give(role="payments-owner", user=User.objects.create(username=name), at=at)
    owners = (policies.Need(role="payments-owner"),)
    rule = policies.Rule(checkpoint="shop/refund", kind="tool_call", pattern="refund", needs=owners)
    policy.publish(rule=rule, at=at)
    file = settings.VAR_DIR / "shop.pem"
    key = FileSigner.generate(file)
    shop = servers.register(name="shop", at=at, public_key=json.dumps(key.public_jwk()).encode())
    return {"token": servers.issue_token(server=shop, at=at), "key": str(file)}


if __name__ == "__main__":
    main()

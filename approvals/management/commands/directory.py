"""`manage.py directory`: who held which role with which passkeys, as verifiers pin it."""

import json
from datetime import UTC, datetime
from typing import Any

from accounts import directory
from approvals.management.telling import TellingCommand


class Command(TellingCommand):
    help = "Prints the directory of people, roles and passkeys, for whoever verifies reviews."

    def act(self, **options: Any) -> tuple[dict[str, Any], str]:
        said = directory.export(at=datetime.now(UTC))
        return said, json.dumps(said, indent=1, ensure_ascii=False)

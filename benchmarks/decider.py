"""Alice, as a script: `python -m benchmarks.decider` reads action ids from standard input, one a line.

Each is approved by the page's own verb, which takes those that have arrived together in one transaction. For `tell ID`
it also writes when the verdict was handed in and when it was durable, in seconds of the machine's monotonic clock,
which is the same in every process.
"""

import os
import sys
import threading
import time
from datetime import UTC, datetime
from queue import Queue
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

MOST = 64


def main() -> None:
    django.setup()
    from accounts.models import User

    alice = User.objects.get(username="alice")
    asked: Queue[str] = Queue()
    threading.Thread(target=_decide, args=(asked, alice), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        asked.put(line.strip())


def _decide(asked: "Queue[str]", alice) -> None:
    """Decide what has arrived meanwhile together."""
    from approvals import reviews

    while True:
        lines = [asked.get()]
        while len(lines) < MOST and not asked.empty():
            lines.append(asked.get())
        begun = time.monotonic()
        given = [
            reviews.Given(action_id=UUID(line.removeprefix("tell ")), reviewer=alice, verdict="approve")
            for line in lines
        ]
        for answer in reviews.record_many(given=given, at=datetime.now(UTC)):
            assert isinstance(answer, reviews.Recorded), answer
        for _ in [line for line in lines if line.startswith("tell ")]:
            print(begun, time.monotonic(), flush=True)


if __name__ == "__main__":
    main()

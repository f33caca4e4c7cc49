"""Alice, as a script: `python -m benchmarks.decider` reads action ids from standard input, one a line.

Each is approved by the page's own verb. For `tell ID` it also writes when the verdict was handed in and when it was
durable, in seconds of the machine's monotonic clock, which is the same in every process.
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

THREADS = 8  # people who decide at once, each with a connection of their own


def main() -> None:
    django.setup()
    from accounts.models import User

    alice = User.objects.get(username="alice")
    asked: Queue[str] = Queue()
    for _ in range(THREADS):
        threading.Thread(target=_decide, args=(asked, alice), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        asked.put(line.strip())


def _decide(asked: "Queue[str]", alice) -> None:
    from approvals import reviews

    while True:
        tell, _, action_id = asked.get().rpartition(" ")
        begun = time.monotonic()
        reviews.record(action_id=UUID(action_id), reviewer=alice, verdict="approve", at=datetime.now(UTC))
        if tell:
            print(begun, time.monotonic(), flush=True)


if __name__ == "__main__":
    main()

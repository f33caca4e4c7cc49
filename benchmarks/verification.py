"""`python -m benchmarks.verification`: how long it takes to sign a receipt, and to verify one, in the SDK.

Each figure is the median of 2,000 runs after 200 to warm up, and the 99th percentile, of one thread. Level 2 is with
one passkey of each algorithm, all steps, single use and the directory's lookup included.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable

from placet.receipts import APPROVAL, Directory, Expected, Floor, MemorySpent, Pin, sign, verify

from tests.sdk.forge import proven
from tests.sdk.forge import receipts as forge

RUNS, WARM = 2_000, 200
PEOPLE = 1_000


def main() -> None:
    print(f"{platform.python_implementation()} {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    claims = forge.approval()
    _told("sign", lambda: sign(claims, typ=APPROVAL, signer=forge.CONSOLE))
    _told("verify, level 1", _verifying(forge.GOOD, level=1))
    for name, algorithm in (("alice", "ES256"), ("bob", "EdDSA"), ("carol", "RS256")):
        _told(f"verify, level 2, {algorithm}", _verifying(proven.proven(proven.said(name)), level=2))
    stated = [proven.said(name, pol__need=3) for name in ("alice", "bob", "carol")]
    _told("verify, level 2, three passkeys", _verifying(proven.proven(*stated, need=3), level=2))


def _verifying(receipt: str, *, level: int) -> Callable[[], object]:
    crowd = [proven.person(f"person-{number}") for number in range(PEOPLE)]
    directory = Directory(proven.PEOPLE | {"people": [*proven.PEOPLE["people"], *crowd]})
    pin, raw = Pin(forge.PIN), receipt.encode()
    expect = Expected(
        audience=forge.SHOP, kind="tool_call", effective=forge.REFUND, action=forge.ACTION, nonce=forge.NONCE
    )
    terms = {"pin": pin, "expect": expect, "now": forge.NOW, "floor": Floor(level=level), "directory": directory}
    return lambda: verify(raw, spent=MemorySpent(), **terms)


def _told(name: str, work: Callable[[], object]) -> None:
    for _ in range(WARM):
        work()
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begun) * 1000)
    print(f"{name:<36} {statistics.median(taken):6.3f} ms, p99 {statistics.quantiles(taken, n=100)[98]:6.3f} ms")


if __name__ == "__main__":
    main()

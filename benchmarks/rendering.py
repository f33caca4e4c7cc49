"""`python -m benchmarks.rendering`: how long it takes to draw the largest asks there may be, 256 KiB, all open.

Each shape is laid out and drawn by the page's own template, without a database: median of five, processor time, and
the page's size.
The aim is 200 ms.
"""

import os
import statistics
import time
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

BYTES = 256 * 1024
AIM_MS = 200


def shapes() -> dict[str, Any]:
    """Name -> the arguments of a call of about 256 KiB."""
    return {
        "one plain text": {"note": "a word and another one. " * (BYTES // 24)},
        "one text of lines": {"note": "a line of a log file, 2026-11-23 17:00:01\n" * (BYTES // 43)},
        "one Cyrillic text": {"note": "мир и труд. " * (BYTES // 21)},
        "one Japanese text": {"note": "価格（税込）は１００円です。" * (BYTES // 42)},
        "one hidden sign a word": {"note": "word\u200b " * (BYTES // 8)},
        "nothing but marks": {"note": "a\u0301\u200b" * (BYTES // 6)},
        "quiet signs": {"note": "a\u00a0" * (BYTES // 3)},
        "words of two scripts": {"note": "p\u0430y\u0440al " * (BYTES // 9)},
        "words drawn like others": {"note": "\u0441\u043e\u0440\u0435 word " * (BYTES // 14)},
        "Hebrew and figures": {"note": "\u05e9\u05dc\u05d5\u05dd 42 " * (BYTES // 12)},
        "half-width signs": {"note": "a\uff71 " * (BYTES // 5)},
        "emoji": {"note": "👨‍👩‍👧 " * (BYTES // 19)},
        "1,400 named values": {f"name{n:04}": "value " * 28 for n in range(1_400)},
        "40,000 numbers": {"list": list(range(40_000))},
        "deep objects": {
            "rows": [{"id": n, "sku": f"A{n}", "lines": [{"x": n}]} for n in range(450)],
            "t": "x" * 240_000,
        },
    }


def main() -> None:
    import django

    django.setup()
    from placet import canonical

    print(f"load {os.getloadavg()[0]:.1f}; aim {AIM_MS} ms")
    for name, arguments in shapes().items():
        body = {"method": "tools/call", "params": {"name": "t", "arguments": arguments}}
        times, html = _timed(body)
        size = len(canonical.canonical(body)) / 1024
        median = statistics.median(times) * 1000
        late = "" if median <= AIM_MS else "  LATE"
        print(f"{name:24} {size:5.0f} KiB  {median:6.0f} ms  page {len(html.encode()) / 1024:6.0f} KiB{late}")


def _timed(body: Any) -> tuple[list[float], str]:
    times, html = [], ""
    for _ in range(5):
        begun = time.process_time()
        html = _drawn(body)
        times.append(time.process_time() - begun)
    return times, html


def _drawn(body: Any) -> str:
    from django.template.loader import render_to_string

    from approvals.rules.rendering.layouts import lay_out
    from approvals.rules.rendering.values import EVERYTHING

    layout = lay_out("tool_call", body, opened=frozenset({EVERYTHING}))
    action = SimpleNamespace(kind="tool_call", pk="0190163d-8694-739b-aea5-966c26f8ad91")
    page = SimpleNamespace(action=action, layout=layout, body=b"", dig="")
    known = {"page": page, "as_bytes": False, "opened": [], "in_pane": False}
    return render_to_string("approvals/action.html#payload", known)


if __name__ == "__main__":
    main()

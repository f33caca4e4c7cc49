"""Makes the published vectors. Ed25519 is deterministic, so the files change only when a vector does."""

from __future__ import annotations

import json
from pathlib import Path

from . import form, meaning, quorums

FOLDER = Path(__file__).parents[3] / "sdk" / "vectors"
STEPS = {
    1: ("size-and-form", form.step_1), 2: ("header", form.step_2), 3: ("key", form.step_3),
    4: ("signature", form.step_4), 5: ("claims", form.step_5), 6: ("times", form.step_6),
    7: ("ask", meaning.step_7), 8: ("denial", meaning.step_8), 9: ("permission", meaning.step_9),
    10: ("object", meaning.step_10), 11: ("reviews", quorums.step_11), 12: ("single-use", meaning.step_12),
}  # fmt: skip


def files() -> dict[str, str]:
    """Every file of the folder by its name."""
    return {
        f"{number:02}-{name}.json": json.dumps({"step": number, "vectors": make()}, indent=1) + "\n"
        for number, (name, make) in STEPS.items()
    }

"""Public corpora of hostile text; see README.md beside this."""

import json
from pathlib import Path

HERE = Path(__file__).parent


def naughty() -> list[str]:
    return json.loads((HERE / "naughty-strings.json").read_text())


def trojan() -> dict[str, str]:
    """File name -> source text in which something hides."""
    return json.loads((HERE / "trojan-source.json").read_text())

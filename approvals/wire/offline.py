"""The Verify page as one file that needs no network and no console: its styles, scripts and markup put together.

The scripts are the very files that the page here loads; only their imports of each other are taken out. The file's own
policy allows exactly this script and this style, by their digests, and nothing else.
"""

import base64
import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

STYLES = ("tokens", "base", "parts", "pages", "verify")
SCRIPTS = ("verifier", "packs", "verifying")
_IMPORTS = re.compile(r"^import \{[^}]*\} from \"\./[a-z]+\.js\";\n", re.MULTILINE)
_FONTS = re.compile(r"@font-face\s*\{[^}]*\}")


def page() -> str:
    """Return the whole file."""
    static = Path(settings.BASE_DIR) / "static"
    style = "\n".join((static / "css" / f"{name}.css").read_text() for name in STYLES)
    style = f"\n{_FONTS.sub('', style)}\n"
    script = "\n".join(_IMPORTS.sub("", (static / "js" / f"{name}.js").read_text()) for name in SCRIPTS)
    script = f"\n{script}\n"
    said = {
        "style": mark_safe(style), "script": mark_safe(script),  # noqa: S308 (our own files)
        "style_hash": _digest(style), "script_hash": _digest(script),
    }  # fmt: skip
    return render_to_string("approvals/verify_offline.html", said)


def _digest(text: str) -> str:
    return mark_safe("sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())  # noqa: S308

"""The condition language's library, without its command line.

The package imports that line whenever it is imported, with a terminal's whole toolkit: 10 MB in every process of the
console, for nothing that is ever called here.
"""

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel  # noqa: E402 (the line above comes first for a reason)

__all__ = ["cel"]

"""The secret gates, pure: which forms ask for a credential (`asking`), which texts hold one (`values`).

A hit says the rule and the place, and never the value.
"""

from .hits import Hit
from .patterns import RULES as VALUE_RULES
from .words import RULES as FORM_RULES

__all__ = ["FORM_RULES", "RULES", "VALUE_RULES", "Hit"]

#: Every rule by its stable name; an operator may switch one off by it.
RULES = frozenset(FORM_RULES) | frozenset(VALUE_RULES)

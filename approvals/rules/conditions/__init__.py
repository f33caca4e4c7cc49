"""What a rule asks of an ask beyond its kind, name and server: a condition (CEL) and a schema of the arguments.

Both are written by admins and meet what servers send, so both are bounded twice: what may be written when a rule is
saved, and how much of an ask they look at. What goes beyond, or cannot be evaluated, is never true: `ConditionFailed`.
"""

from .facts import Facts, Judge, facts, holds, judge
from .language import LONGEST, VARIABLES, Condition, condition
from .schemas import Schema, check_schema, schema

__all__ = [
    "LONGEST", "VARIABLES", "Condition", "Facts", "Judge", "Schema", "check_schema", "condition", "facts", "holds",
    "judge", "schema",
]  # fmt: skip

"""Admitting asks, many at a time: both doors feed one set-based verb, one transaction a batch.

A refusal for each that deserves one.
"""

from .admitting import Admitted, Answer, Item, submit_many
from .batch import KEY_LIMIT

__all__ = ["KEY_LIMIT", "Admitted", "Answer", "Item", "submit_many"]

"""The blanks of a form: what a flat schema lets its subject fill in, how that is read, and what is wrong with it."""

from .checking import problems
from .filling import Filled, again, start, typed
from .reading import Blank, Questionnaire, read

__all__ = ["Blank", "Filled", "Questionnaire", "again", "problems", "read", "start", "typed"]

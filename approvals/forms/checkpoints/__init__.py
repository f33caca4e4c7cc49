"""The rule of a checkpoint as a form. The form and the document are the same thing: either makes the other."""

from .rule import KNOWN, RuleForm
from .trial import ProposeForm, ThenForm, TrialForm

__all__ = ["KNOWN", "ProposeForm", "RuleForm", "ThenForm", "TrialForm"]

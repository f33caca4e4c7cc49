"""Drills of a role, as an admin sets them up."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DrillsForm(forms.Form):
    role = forms.CharField(max_length=150, label=_("Role that is drilled"))
    server = forms.CharField(max_length=64, label=_("Name under which they ask"))
    exceptions = forms.CharField(max_length=150, label=_("Role that hears of them"))
    every_days = forms.IntegerField(min_value=1, max_value=90, initial=14, label=_("Days from one to the next"))

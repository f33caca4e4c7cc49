"""Drills of a role, as an admin sets them up."""

from django import forms


class DrillsForm(forms.Form):
    role = forms.CharField(max_length=150, label="Role that is drilled")
    server = forms.CharField(max_length=64, label="Name under which they ask")
    exceptions = forms.CharField(max_length=150, label="Role that hears of them")
    every_days = forms.IntegerField(min_value=1, max_value=90, initial=14, label="Days from one to the next")

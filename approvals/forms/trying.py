"""What is tried: a draft of a rule on recorded asks."""

from django import forms

from ..errors import BadMap, BadPolicy
from ..rules import policies, strict_yaml

LONGEST_DRAFT = 40_000  # characters


class SimulateForm(forms.Form):
    """A rule's document, in YAML or JSON, and how many days to look back. After `is_valid`, `rule` is what it says."""

    use_required_attribute = False
    draft = forms.CharField(
        label="The draft", max_length=LONGEST_DRAFT, strip=False, widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": "Paste the rule that is to be tried, in YAML or JSON."},
    )  # fmt: skip
    days = forms.IntegerField(label="Days to look back", min_value=1, max_value=90, initial=30)
    rule: policies.Rule

    def clean_draft(self) -> str:
        said = self.cleaned_data["draft"]
        try:
            sheet = strict_yaml.read(said.encode())
            if not isinstance(sheet.value, dict):
                raise BadMap("A rule is a document with members such as checkpoint, kind and pattern.")
            self.rule = policies.read(sheet.value)
        except BadMap as bad:
            raise forms.ValidationError(bad.message) from bad
        except BadPolicy as bad:
            where = sheet.line(bad.pointer) if bad.pointer else None
            raise forms.ValidationError(f"Line {where}: {bad.message}" if where else bad.message) from bad
        return said

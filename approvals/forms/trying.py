"""What is tried: an ask on the rules in force, and a draft of a rule on recorded asks."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from placet import canonical

from accounts.words import said as sentence
from accounts.words import told

from .. import submission
from ..errors import BadMap, BadPolicy, NotAnAsk, Refusal
from ..rules import policies, shapes, strict_yaml
from ..submission import MAX_BYTES, Submission

LONGEST_DRAFT = 40_000  # characters


class SimulateForm(forms.Form):
    """A rule's document, in YAML or JSON, and how many days to look back. After `is_valid`, `rule` is what it says."""

    use_required_attribute = False
    draft = forms.CharField(
        label=_("The draft"), max_length=LONGEST_DRAFT, strip=False, widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={"required": _("Paste the rule that is to be tried, in YAML or JSON.")},
    )  # fmt: skip
    days = forms.IntegerField(label=_("Days to look back"), min_value=1, max_value=90, initial=30)
    rule: policies.Rule

    def clean_draft(self) -> str:
        said = self.cleaned_data["draft"]
        try:
            sheet = strict_yaml.read(said.encode())
            if not isinstance(sheet.value, dict):
                raise BadMap(sentence("A rule is a document with members such as checkpoint, kind and pattern."))
            self.rule = policies.read(sheet.value)
        except BadMap as bad:
            raise forms.ValidationError(told(bad.message)) from bad
        except BadPolicy as bad:
            where = sheet.line(bad.pointer) if bad.pointer else None
            placed = sentence("Line {line}: {message}", line=where, message=bad.message) if where else bad.message
            raise forms.ValidationError(told(placed)) from bad
        return said


#: What stands for the parts of an ask that nobody filled in.
PARAMS: dict[str, dict[str, Any]] = {
    "tool_call": {},
    "sampling": {"messages": [{"role": "user", "content": {"type": "text", "text": "…"}}], "maxTokens": 1},
    "elicitation_form": {"message": "…", "requestedSchema": {"type": "object", "properties": {}}},
    "elicitation_url": {"mode": "url", "message": "…"},
}
KINDS = {
    "tool_call": _("Tool call"), "elicitation_form": _("Form"), "elicitation_url": _("Link"), "sampling": _("Sampling"),
}  # fmt: skip


class TryForm(forms.Form):
    """An ask, pasted whole, or in a few fields. After `is_valid`, `ask` is the submission."""

    use_required_attribute = False
    server = forms.ChoiceField(label=_("Sent by"), error_messages={"required": _("Say which server sends it.")})
    pasted = forms.CharField(
        label=_("The ask, as a server sends it"), required=False, strip=False, max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 10}),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=list(KINDS.items()), initial="tool_call")
    name = forms.CharField(label=_("Name"), max_length=256, required=False)
    arguments = forms.CharField(
        label=_("Arguments"), required=False, strip=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    signals = forms.CharField(label=_("Signals"), required=False, max_length=8_000, widget=forms.TextInput)
    subject = forms.CharField(label=_("On behalf of"), max_length=256, required=False)
    ask: Submission

    def __init__(self, *args: Any, servers: list[str], **words: Any) -> None:
        super().__init__(*args, **words)
        self.fields["server"].choices = [(name, name) for name in servers]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        pasted = data.get("pasted", "").strip()
        if pasted:
            self._read("pasted", pasted)
        elif not self.errors:
            filled = self._filled(data)
            if not self.errors:
                self._read("arguments", json.dumps(filled))
        return data

    def _read(self, field: str, text: str) -> None:
        try:
            self.ask = submission.parse(text.encode())
        except Refusal as refusal:
            self.add_error(field, _placed(refusal, text))

    def _filled(self, data: dict[str, Any]) -> dict[str, Any]:
        """The submission that the small fields stand for. What is no tool call takes its arguments for its params."""
        kind, said = data["kind"], self._object("arguments")
        params = PARAMS[kind] | (said if kind != "tool_call" else {"name": data["name"], "arguments": said})
        if kind == "elicitation_url" and "url" not in said:
            params |= {"url": f"https://{data['name']}/"}
        value = {"kind": kind, "mcp": {"method": shapes.METHODS[kind], "params": params}}
        more = {"signals": self._object("signals"), "subject": data["subject"]}
        return value | {name: said for name, said in more.items() if said}

    def _object(self, field: str) -> dict[str, Any]:
        text = self.cleaned_data[field]
        try:
            found = canonical.parse(text.encode()) if text.strip() else {}
        except canonical.NotCanonical as error:
            self.add_error(field, _placed(NotAnAsk(error.code, error.message, pointer=error.pointer), text))
            return {}
        if not isinstance(found, dict):
            self.add_error(field, _('Write an object in JSON, such as {"amount": 1200}.'))
            return {}
        return found


def _placed(refusal: Refusal, text: str) -> str:
    """The sentence, and where: line and column of what is no JSON, else the member that is meant."""
    if refusal.code == "not_json":
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            wrong = sentence(
                "Line {line}, column {column}: {trouble}.", line=error.lineno, column=error.colno, trouble=error.msg
            )
            return told(wrong)
    message = told(refusal.message)
    message = f"{message[:1].upper()}{message[1:].rstrip('.')}."
    at = sentence("{message} Look at {pointer}.", message=message, pointer=refusal.pointer)
    return told(at) if refusal.pointer else message

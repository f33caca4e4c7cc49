"""A server as its page sends it: who answers for it, what it may call and open, how much it may ask, its key."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..rules import documents

LINES = {"max_length": _("Keep the list under 60,000 characters.")}
MANY = 60_000


class Lines(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea

    def __init__(self, **said: Any) -> None:
        super().__init__(required=False, max_length=MANY, error_messages=LINES, **said)

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class ServerForm(forms.Form):
    """The document of a server. A list counts only while it is said to bound: without one anything goes."""

    server = forms.CharField(max_length=64, strip=True, error_messages={"required": _("Give it a name.")})
    title = forms.CharField(max_length=120, required=False, strip=True)
    environment = forms.CharField(max_length=40, required=False, strip=True)
    owner = forms.CharField(max_length=150, required=False, strip=True)
    tools_bound = forms.BooleanField(required=False)
    tools = Lines()
    hosts_bound = forms.BooleanField(required=False)
    hosts = Lines()
    per_minute = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    pending_most = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    public_key = forms.CharField(max_length=4000, required=False, strip=True, widget=forms.Textarea)

    def document(self, *, stopped: bool, also_tools: list[str], also_hosts: list[str]) -> dict[str, Any]:
        """What was sent as the one document; BadChange says what in it cannot be."""
        said = self.cleaned_data
        plain = {name: said[name] for name in ("title", "environment") if said[name]}
        plain |= {name: said[name] for name in ("owner", "per_minute", "pending_most") if said[name]}
        if said["tools_bound"]:
            plain["tools"] = [*said["tools"], *also_tools]
        if said["hosts_bound"]:
            plain["hosts"] = [*said["hosts"], *also_hosts]
        if said["public_key"]:
            plain["public_key"] = _key(said["public_key"])
        whole = plain | {"server": said["server"], "stopped": stopped}
        return documents.read(documents.ServerDocument, whole).plain


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """The form as this document fills it."""
    key = document.get("public_key")
    return document | {
        "tools_bound": document.get("tools") is not None, "tools": "\n".join(document.get("tools") or ()),
        "hosts_bound": document.get("hosts") is not None, "hosts": "\n".join(document.get("hosts") or ()),
        "public_key": json.dumps(key) if key else "",
    }  # fmt: skip


def _key(said: str) -> Any:
    """A JWK as it was written, or PEM as text."""
    try:
        return json.loads(said) if said.startswith("{") else said
    except ValueError:
        return said

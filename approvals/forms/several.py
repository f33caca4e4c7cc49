"""One verdict on several asks, as its page sends it."""

from uuid import UUID

from django import forms
from django.http import QueryDict

from accounts.words import said

from .verdicts import OWN_WORDS, REASON_LIMIT, REASONS


class SeveralForm(forms.Form):
    """`seen` comes once for each ask: its id and the digest of what was shown of it."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), ("deny", "Deny")])
    reason = forms.CharField(max_length=200, required=False)
    note = forms.CharField(
        max_length=REASON_LIMIT, required=False,
        error_messages={"max_length": said("Keep the reason under {most} characters.", most=REASON_LIMIT)},
    )  # fmt: skip

    @property
    def said(self) -> str:
        data = self.cleaned_data
        ready = "" if data["reason"] == OWN_WORDS or data["verdict"] == "approve" else data["reason"].strip()
        return ": ".join(words for words in (ready, data["note"].strip()) if words)


def given(sent: QueryDict) -> list[tuple[UUID, str]]:
    """The asks and what was seen of each; what makes no sense is as if absent."""
    found = []
    for pair in sent.getlist("seen"):
        name, _, seen = pair.partition(" ")
        if (action_id := one(name)) and 0 < len(seen) <= 43:
            found.append((action_id, seen))
    return found


def ids(sent: QueryDict) -> list[UUID]:
    return [found for found in map(one, sent.getlist("action")) if found]


def one(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def reasons(kinds: set[str]) -> list[str]:
    """Ready reasons that fit all of these kinds."""
    lists = [REASONS[kind] for kind in sorted(kinds)]
    return [reason for reason in lists[0] if all(reason in each for each in lists)] if lists else []

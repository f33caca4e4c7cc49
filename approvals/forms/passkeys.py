"""A new passkey as its page sends it, and another name for one."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models.passkeys import NAME_LIMIT

TOO_LONG = format_lazy(_("Keep the name under {limit} characters."), limit=NAME_LIMIT)


class NameForm(forms.Form):
    name = forms.CharField(
        max_length=NAME_LIMIT, error_messages={"required": _("Give it a name."), "max_length": TOO_LONG}
    )


class NewPasskeyForm(NameForm):
    """`credential` and `introduced` are what the browser answered, as JSON; `vouched` that a passkey of theirs was to
    introduce it.
    """

    credential = forms.CharField(
        max_length=8192, error_messages={"required": _("Making a passkey needs JavaScript; nothing was made.")}
    )
    introduced = forms.CharField(max_length=4096, required=False)
    vouched = forms.BooleanField(required=False)

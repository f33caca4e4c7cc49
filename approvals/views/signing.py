"""Whether a page can let a passkey sign, and what its form brings of that."""

from dataclasses import dataclass

from django.http import HttpRequest
from placet import canonical

from accounts import passkeys

from .. import signing
from ..forms import signing as sealed
from ..queries.page import Page
from ..rules.rendering.values import escaped


@dataclass(frozen=True, slots=True)
class Offer:
    """What a page says of passkeys to somebody who may decide. `there` is where theirs would work, "" for nowhere."""

    required: bool
    takes: bool
    has: bool
    waits: bool
    here: bool
    there: str

    @property
    def signs(self) -> bool:
        """Whether their yes is signed by their passkey."""
        return self.takes and self.has and self.here

    @property
    def blocked(self) -> bool:
        """Whether they cannot say yes on this page."""
        return self.required and not self.signs


def offer(request: HttpRequest, page: Page) -> Offer | None:
    """One query, for whoever may decide; None for others."""
    if not (page.decides or page.breaks):
        return None
    rule, party = page.action.policy.rule, passkeys.relying_party()
    theirs = passkeys.of(request.user)
    return Offer(
        required=signing.required(rule), takes=signing.takes(rule), has=any(each.live for each in theirs),
        waits=any(each.waits for each in theirs), here=is_here(request),
        there=f"{party.origin}{request.path}" if party.id else "",
    )  # fmt: skip


def exactly(page: Page) -> dict[str, str]:
    """What a statement names beside the ask: its context and its rule, whole. The page hashes them anew."""
    texts = {"context": page.action.context, "policy": page.action.policy.body}
    return {name: escaped(canonical.parse(bytes(text))) for name, text in texts.items()}


def is_here(request: HttpRequest) -> bool:
    """Whether passkeys work under the address this page was opened by."""
    party = passkeys.relying_party()
    return bool(party.id) and request.get_host() == party.host


def signed(request: HttpRequest) -> signing.Signed | None:
    """What this form brings of a passkey."""
    return sealed.read(request.POST.dict(), person=request.user, session=request.session.session_key or "")

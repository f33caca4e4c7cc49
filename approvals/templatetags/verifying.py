"""What the Verify page's scripts say. English stands in them, also for whoever runs them elsewhere; another language
comes with the page, by the English sentence. `{…}` stands for a value, as it comes.
"""

from django import template
from django.utils.html import json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, pgettext
from django.utils.translation import gettext_noop as _

register = template.Library()

SENTENCES = (
    # what was given
    _("Receipt or proof pack"), _("Keys"), _("Directory"), _("Ask"), _("a receipt"),
    _("a proof pack of action {action}"), _("{count} people of {issuer}"), _("{count} public key"),
    _("{count} public keys"), _("{count} public key of {issuer}"), _("{count} public keys of {issuer}"),
    _("a receipt with its proof; drop a proof pack to check the ledger too"), _("the ask, {method}"),
    _("this is no receipt, proof pack, set of keys, directory or ask"), _("this is too large to be any of these"),
    _("needed"), _("needed: whose signature counts"),
    _("without one, the console’s word is taken for who reviewed"),
    _("without it, the bytes are compared only if a pack has them"),
    _("{words}, from {name}"), _("what was pasted"), _("what was dropped"), _("Remove"), _("Not taken: {words}."),
    # what came of it
    _("Not checked."), _("This pack holds: {decision}."), _("This pack does not hold."), _("Rely on nothing in it."),
    _("This receipt holds: {decision}."), _("This receipt does not hold."), _("It proves nothing."),
    _("It is over: nothing may run on it any more. It is judged as of its signing."),
    _("it is over by now, and is judged as of its signing"),
    _("The pack"), _("The receipt, step by step"), _("Proven"), _("Not proven"), _("What was asked"),
    _("What an owner made of it"),
    _("holds"), _("refused"), _("over"), _("left out"), _("not reached"),
    _("approved"), _("denied"), _("expired"), _("withdrawn"),
    # the steps of a receipt
    _("size and form"), _("It is a compact JWS of at most 16 KiB."),
    _("header"), _("Its algorithm and type are the only ones a receipt has."),
    _("pinned key"), _("The key that signed is one you pinned, and was not revoked."),
    _("signature"), _("Not one bit of it was changed since that key signed it."),
    _("issuer and audience"), _("Which console says this, and to which server."),
    _("times"), _("It is not from the future, not over, and does not live too long."),
    _("about my ask"), _("It answers the ask you gave: same id, same nonce, same bytes."),
    _("denial"), _("Whether it is a no; a no grants nothing."),
    _("permission"), _("It allows one thing, once, to that server, by enough people."),
    _("the object that may run"), _("The bytes you hold are those that were approved."),
    _("reviews"),
    _("The reviewers' own passkeys signed them, in roles they held; the console cannot have made them up."),
    _("single use"), _("It was not used before; only the server that acts can know."),
    _("give the ask to have it compared"), _("give the ask to have its digest compared"),
    _("level 1: the console's word is taken for who reviewed"), _("only the server that acts can know"),
    _("the console says {decision}"), _("a denial grants nothing"), _("this is no denial"),
    # what is proven, and what is not
    _("Anything: a check failed, so this proves nothing."),
    _("A pinned key of {issuer} signed exactly these claims: action {action} is {decision}."),
    _("It is addressed to {audience}."), _("It names as reviewers: {names}."), _("nobody"),
    _("It rests on a standing rule, and on nobody's review."),
    _("It rests on a grant that somebody gave beforehand, and on nobody's review of this ask."),
    _("It rests on one person alone, who broke the glass in an emergency."),
    _("It answers the given ask: same nonce, same bytes."),
    _("Which bytes were decided on: the receipt holds their digest. Give the ask, or a proof pack with the body."),
    _("That the issuer is the console you mean: only its key is pinned."), _("That it was meant for your server."),
    _("Passkeys of {names}, pinned in the directory, signed these reviews in person, in roles they held."),
    _("That they read what they signed, or that the pinned directory is true and of today."),
    _("That the reviewers themselves said so: this is the console's word (level 1)."),
    _("That it was not used before."), _("The bytes in the pack are those that were decided on."),
    # the parts of a pack
    _("The pack has the members of its version, about one action of one console."),
    _("The receipt holds by itself, judged as of its signing."),
    _("The keys in the pack are keys that you pinned, unchanged."),
    _("The text of the rule is the one that the receipt and every review name."),
    _("The people in the pack held their roles when they spoke, and say nothing that your directory does not."),
    _("What each reviewer was shown is named by these inputs."),
    _("The receipt is in the ledger, under a head that the console signed."),
    _("The bytes in the pack are those that were asked, decided and shown."),
    _("It is not in the pack."), _("This cannot be read."), _("{checkpoint}, revision {revision}"),
    _("{names}, as in your directory"), _("{names}; by the console's word, as no directory was given"),
)  # fmt: skip


@register.simple_tag
def verifier_words() -> SafeString:
    """English sentence -> the page's, as data for the scripts; nothing where the page is in English."""
    if (get_language() or "en").startswith("en"):
        return mark_safe("")
    return json_script({text: gettext(text) for text in SENTENCES} | _parts(), "verifier-words")


def _parts() -> dict[str, str]:
    """The parts of a pack, as their members are called."""
    return {
        "form": pgettext("part of a pack", "form"), "receipt": pgettext("part of a pack", "receipt"),
        "keys": pgettext("part of a pack", "keys"), "policy": pgettext("part of a pack", "policy"),
        "directory": pgettext("part of a pack", "directory"), "view": pgettext("part of a pack", "view"),
        "ledger": pgettext("part of a pack", "ledger"), "asked": pgettext("part of a pack", "asked"),
    }  # fmt: skip

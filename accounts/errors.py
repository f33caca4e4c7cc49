"""Refusals: every anticipated no has a stable code and a sentence.

Doors map codes to statuses; nothing else is caught.
"""

from .words import said


class Refusal(Exception):
    """An anticipated no.

    `code` is stable and public, `message` is a sentence for people, `pointer` an RFC 6901 path.
    """

    code = "refused"
    message = said("Placet refused this.")

    def __init__(self, message: str | None = None, *, pointer: str | None = None) -> None:
        self.message = message or type(self).message
        self.pointer = pointer
        super().__init__(self.message)


class Unauthenticated(Refusal):
    """Nobody we know, or no longer: `code` says which, because a server author has to find out why."""

    code = "unauthenticated"
    message = said("Say who you are: send a bearer token or a signed request.")

    def __init__(self, code: str = "unauthenticated", message: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class NameTaken(Refusal):
    code = "name_taken"
    message = said("A server of this name is registered already. Ask for a new token instead.")


class BadServerName(Refusal):
    code = "bad_server_name"
    message = said(
        "A server's name has 1 to 64 lower-case letters, digits, dots or dashes, and starts with a letter or digit."
    )


class BadPublicKey(Refusal):
    code = "bad_public_key"
    message = said("The public key must be one Ed25519 key: PEM, or a JWK of type OKP.")


class BadAddress(Refusal):
    code = "bad_address"
    message = said("This is not the address of a webhook.")


class NoMail(Refusal):
    code = "no_mail"
    message = said("This console sends no mail, or knows no address of yours. An admin writes your address.")


class BadWindow(Refusal):
    code = "bad_window"
    message = said("It has to end after it starts, and not in the past.")


class OverlappingMembership(Refusal):
    code = "overlapping_membership"
    message = said("This person holds the role in part of that time already.")


class OverlappingAbsence(Refusal):
    code = "overlapping_absence"
    message = said("You are away in part of that time already. End that absence first, or choose other days.")


class AbsenceOver(Refusal):
    code = "absence_over"
    message = said("This absence is over already.")


class BadDelegate(Refusal):
    code = "bad_delegate"
    message = said("This person cannot stand in.")


class UnknownRole(Refusal):
    code = "unknown_role"
    message = said("No role has this name.")


class BadCeremony(Refusal):
    code = "bad_ceremony"
    message = said("What your browser sent of the passkey does not hold. Begin again.")


class CeremonyOver(Refusal):
    code = "ceremony_over"
    message = said("That took too long, or was used already. Begin again.")


class ForeignOrigin(Refusal):
    code = "foreign_origin"
    message = said("The passkey was used on a page that is not this console's own.")


class UnverifiedPerson(Refusal):
    code = "unverified_person"
    message = said("The authenticator did not check who you are. Use one with a PIN, a fingerprint or a face.")


class NoPasskeysHere(Refusal):
    code = "no_passkeys_here"
    message = said("This console is reached by an IP address, and browsers have no passkeys for those. Give it a name.")


class PasskeyTaken(Refusal):
    code = "passkey_taken"
    message = said("This passkey is registered already.")


class PasskeyOver(Refusal):
    code = "passkey_over"
    message = said("This passkey was revoked.")


class UnknownPasskey(Refusal):
    code = "unknown_passkey"
    message = said("This is not a passkey of yours that counts.")


class TooManyPasskeys(Refusal):
    code = "too_many_passkeys"
    message = said("You have ten passkeys. Revoke one that you do not use any more.")


class BadPasskeyName(Refusal):
    code = "bad_passkey_name"
    message = said("A name has 1 to 60 characters, in one line.")


class BadInvitation(Refusal):
    code = "bad_invitation"
    message = said("This link is over, or was used. Ask whoever gave it to you for another.")


class NotUntied(Refusal):
    code = "not_untied"
    message = said("No identity of a provider is tied to this account.")


class NotInvited(Refusal):
    code = "not_invited"
    message = said("Nobody can be invited to this account.")

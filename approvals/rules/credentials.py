"""Words by which a form asks for a credential: a small list that warns. It is no gate, and may be wrong both ways."""

import re
import unicodedata

WORDS = {
    "password", "passwort", "passwd", "pwd", "passphrase", "passcode", "secret", "token", "pin", "cvv", "cvc", "otp",
    "totp", "credential", "credentials", "apikey", "mnemonic",
}  # fmt: skip
PHRASES = {
    "api key", "private key", "secret key", "access key", "ssh key", "security code", "recovery code", "backup code",
    "verification code", "one time code", "seed phrase", "card number",
}  # fmt: skip
LONGEST = 400  # characters looked at
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def is_asked_for(*texts: str) -> bool:
    """Whether one of these texts (a field's name, its title) reads like a credential."""
    return any(_reads(text[:LONGEST]) for text in texts)


def _reads(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in ("Cc", "Cf"))
    words = _OTHER.sub(" ", _CAMEL.sub(" ", plain).casefold()).strip()
    spaced = f" {words} "
    return not WORDS.isdisjoint(words.split()) or any(f" {phrase} " in spaced for phrase in PHRASES)

"""Why stored bytes cannot be read: they were erased, they are not what was sealed, or the key is not here."""

from accounts.errors import Refusal
from accounts.words import said


class Erased(Refusal):
    code = "erased"
    message = said("What was asked was erased. Its digest, the verdicts and the receipt are still here.")


class Unreadable(Refusal):
    """Not a verdict, and not the reader's fault: an operator has to look (`manage.py seal status`)."""

    code = "unreadable"
    message = said("The stored bytes do not open: they were changed, or belong to another row. Nothing was decided.")


class SealingKeyMissing(Unreadable):
    code = "sealing_key_missing"
    message = said("The key that these bytes are sealed with is not here. Nothing was decided.")

    def __init__(self, key: str = "") -> None:
        super().__init__(said("The sealing key {key} is not here. Nothing was decided.", key=key) if key else None)


class BadSealingKey(Refusal):
    code = "bad_sealing_key"
    message = said("A sealing key is 32 random bytes, written in base64url.")


class NotRotatable(Refusal):
    code = "not_rotatable"
    message = said("The sealing keys come from the environment: put a new one in front of SEAL_KEYS, then start again.")


class NotErasable(Refusal):
    code = "not_erasable"
    message = said("Only what is decided, and cannot be used any more, can be erased.")


class AlreadyErased(Refusal):
    code = "already_erased"
    message = said("This was erased already.")


class OwnWord(Refusal):
    code = "own_word"
    message = said("You had a say in this, so somebody else who answers for the log has to erase it.")


class SealingKeyInUse(Refusal):
    code = "sealing_key_in_use"
    message = said(
        "This key is current, or something is still sealed with it. Run `manage.py seal rotate`, then try again."
    )

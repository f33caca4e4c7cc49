"""The noes of the ledger's commands."""

from accounts.errors import Refusal
from accounts.words import said


class EmptyLedger(Refusal):
    code = "empty_ledger"
    message = said("The ledger is empty, so there is no head yet. Publish a rule or submit an ask first.")


class UnknownHead(Refusal):
    code = "unknown_head"
    message = said("No head was signed at this size. Ask without a size for the newest one.")


class BadHeadFile(Refusal):
    """A file that holds no signed head of this console."""

    code = "bad_head"
    message = said("The file holds no signed head of this console.")


class NotWritable(Refusal):
    code = "not_writable"
    message = said("The file cannot be written.")


class KeyTooNew(Refusal):
    """A key that verifiers may not have yet."""

    code = "key_too_new"
    message = said("A key is published a day before it is used.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    message = said("Say why, in up to 500 characters: --reason. It stands in the public history of keys.")


class UnknownKey(Refusal):
    code = "unknown_key"
    message = said("No key of this name was ever published here. `keys status` names them.")


class KeyOver(Refusal):
    code = "key_over"
    message = said("This key is revoked already.")


class KeyUnusable(Refusal):
    """A private half that is gone, or that others may read."""

    code = "key_unusable"
    message = said("The key cannot be used.")


class NotPostgres(Refusal):
    code = "not_postgres"
    message = said("Only PostgreSQL knows roles. Whoever may write an SQLite file may write all of it.")


class BadRole(Refusal):
    """A role that cannot be bounded."""

    code = "bad_role"
    message = said("This role cannot be bounded.")

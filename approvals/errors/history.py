"""The noes of the ledger's commands."""

from accounts.errors import Refusal


class EmptyLedger(Refusal):
    code = "empty_ledger"
    message = "The ledger is empty, so there is no head yet. Publish a rule or submit an ask first."


class UnknownHead(Refusal):
    code = "unknown_head"
    message = "No head was signed at this size. Ask without a size for the newest one."


class BadHeadFile(Refusal):
    """A file that holds no signed head of this console."""

    code = "bad_head"
    message = "The file holds no signed head of this console."


class NotWritable(Refusal):
    code = "not_writable"
    message = "The file cannot be written."

"""Receipts: how an action ended, signed, so that nobody needs to believe anyone."""

from placet.canonical import digest, digest_bytes, preimage
from placet.errors import Denied, Expired, NotVerified, Withdrawn
from placet.jws import Signer
from placet.receipts.directory import Directory
from placet.receipts.pins import Pin
from placet.receipts.signing import APPROVAL, DENIAL, FileSigner, ReceiptType, sign
from placet.receipts.spent import MemorySpent, Spent, SqliteSpent
from placet.receipts.terms import Expected, Floor, Verified
from placet.receipts.verification import check, spend, verify

__all__ = [
    "APPROVAL", "DENIAL", "Denied", "Directory", "Expected", "Expired", "FileSigner", "Floor", "MemorySpent",
    "NotVerified", "Pin", "ReceiptType", "Signer", "Spent", "SqliteSpent", "Verified", "Withdrawn", "check", "digest",
    "digest_bytes", "preimage", "sign", "spend", "verify",
]  # fmt: skip

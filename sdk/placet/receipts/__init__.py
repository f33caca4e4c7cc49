"""Receipts: how an action ended, signed, so that nobody needs to believe anyone."""

from placet.canonical import digest, digest_bytes, preimage
from placet.jws import Signer
from placet.receipts.signing import APPROVAL, DENIAL, FileSigner, ReceiptType, sign

__all__ = ["APPROVAL", "DENIAL", "FileSigner", "ReceiptType", "Signer", "digest", "digest_bytes", "preimage", "sign"]

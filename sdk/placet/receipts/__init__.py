"""Receipts: how an action ended, signed, so that nobody needs to believe anyone."""

from placet.canonical import digest, digest_bytes, preimage
from placet.receipts.signing import APPROVAL, DENIAL, FileSigner, ReceiptType, Signer, jwk, sign, sign_compact, thumbprint

__all__ = [
    "APPROVAL", "DENIAL", "FileSigner", "ReceiptType", "Signer", "digest", "digest_bytes", "jwk", "preimage", "sign",
    "sign_compact", "thumbprint",
]

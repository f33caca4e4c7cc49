"""The record of what became of signing keys, and who has co-signed which head."""

from django.db import models

from .tree import TreeHead


class KeyChange(models.Model):
    """One change of a signing key, as it was signed. The truth is the folder of keys: see `keys` and `custody`."""

    dig = models.CharField(max_length=43, primary_key=True)
    kid = models.CharField(max_length=64)
    what = models.CharField(max_length=9, choices=[(word, word) for word in ("published", "used", "revoked")])
    jws = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kid", "what"], name="each_change_of_a_key_once")]


class Cosignature(models.Model):
    """That a witness saw a head and found that it continues what it saw before: the line of its note."""

    head = models.ForeignKey(TreeHead, on_delete=models.PROTECT, related_name="cosignatures", db_index=False)
    witness = models.CharField(max_length=255)
    line = models.CharField(max_length=500)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["head", "witness"], name="one_cosignature_a_witness")]

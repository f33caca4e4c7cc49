"""The ledger's Merkle tree (RFC 6962): which entry is which leaf, hashes that proofs are read from, signed heads.

All three are written once, by the sequencer.
"""

from django.db import models

from .records import Entry


class Leaf(models.Model):
    """The place of an entry in the tree, counted from 0, and the leaf's hash. Given once, never again."""

    number = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="leaf")
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "leaves"


class Node(models.Model):
    """The hash of a perfect subtree of 256 ** `level` leaves; `place` counts those of its level from 0.

    A proof needs at most 255 of each level twice, however large the tree is: levels between are hashed when asked for.
    """

    pk = models.CompositePrimaryKey("level", "place")
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()


class TreeHead(models.Model):
    """The tree's root when it had so many leaves, signed: a note, as stored and served.

    Every entry with an id up to `through` has its leaf by now, or will never come.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    note = models.BinaryField()
    kid = models.CharField(max_length=64)
    through = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

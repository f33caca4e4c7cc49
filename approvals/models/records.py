"""What happened to an action: who said what, how it ended, what came of it."""

from django.db import models
from django.db.models import Q

from ..sealing import SealedField, SealedText
from .actions import Action
from .checkpoints import PEOPLE, State


class Review(models.Model):
    """One reviewer's verdict. `stmt` is the canonical bytes of what the receipt repeats.

    Whoever stands in for somebody says so: `on_behalf_of`. Two voices of one authority count as one. `edit` is the
    number of the edit whose bytes it is about, 0 for those that were asked. `webauthn` is the canonical bytes of the
    assertion by which their passkey signed `stmt`, None when none did. `opened` is how many large values they opened.
    """

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    reviewer = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="reviews")
    on_behalf_of = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=150)
    verdict = models.CharField(max_length=8, choices=[("approve", "approve"), ("deny", "deny")])
    note = models.CharField(max_length=2000, blank=True)
    edit = models.PositiveSmallIntegerField(default=0)
    shown = models.CharField(max_length=43)
    stmt = models.BinaryField()
    webauthn = models.BinaryField(null=True)
    opened = models.PositiveIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["action", "reviewer", "edit"], name="one_review_a_person")]


class Edit(models.Model):
    """What an owner made of an ask before approving it: canonical bytes, as they will run.

    The newest is what is decided; its number is that of the reviews of it, and each comes with its editor's own.
    """

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="edits", db_index=False)
    number = models.PositiveSmallIntegerField()
    editor = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="edits")
    body = SealedField()
    dig = models.CharField(max_length=43)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["action", "number"], name="edits_are_counted"),
            models.CheckConstraint(condition=Q(number__gte=1), name="edits_count_from_one"),
        ]

    @property
    def is_erased(self) -> bool:
        return SealedField.is_erased(self, "body")


class Comment(models.Model):
    """Words among the owners; never sent to a server."""

    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(PEOPLE, on_delete=models.PROTECT)
    text = SealedText()
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]


class Receipt(models.Model):
    """The signed statement, as stored and sent: the same bytes for ever."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    jti = models.CharField(max_length=43, unique=True)
    decision = models.CharField(max_length=10, choices=State)
    jws = models.BinaryField()
    kid = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=~Q(decision="pending"), name="receipts_are_final")]


class Consumption(models.Model):
    """The single use of an approval."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    key = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class Outcome(models.Model):
    """What the server says came of it."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    status = models.CharField(max_length=10, choices=[("succeeded", "succeeded"), ("failed", "failed")])
    note = models.CharField(max_length=2000, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class Answer(models.Model):
    """What the subject said. `content` is canonical bytes, salted; `dig` outlives it.

    It is erased when the server has fetched it and told the outcome, or after a day.
    """

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    person = models.ForeignKey(PEOPLE, on_delete=models.PROTECT, related_name="answers")
    said = models.CharField(max_length=8, choices=[(word, word) for word in ("accept", "decline", "cancel")])
    content = SealedField(null=True)
    dig = models.CharField(max_length=43)
    at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(said="accept") | Q(content=None), name="only_a_yes_has_content")
        ]
        indexes = [models.Index(fields=["at"], condition=Q(content__isnull=False), name="answer_kept")]


class Erasure(models.Model):
    """That the payloads of an action were erased: its ask, its edits, its answer, what was said about it in comments.

    `person` is None when the rule for keeping them did it. Digests, verdicts, receipt and ledger outlive it.
    """

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    person = models.ForeignKey(PEOPLE, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=400)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()


class Delivery(models.Model):
    """That a receipt is owed to a server's reply queue. Born with the decision, kept until it was handed over."""

    action = models.OneToOneField(Action, primary_key=True, on_delete=models.PROTECT)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at"], condition=Q(delivered_at=None), name="delivery_owed")]


class Entry(models.Model):
    """One line of the append-only ledger: who did what to which action, by digest, never by payload."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    event = models.CharField(max_length=32)
    actor = models.CharField(max_length=160)
    action = models.ForeignKey(Action, null=True, on_delete=models.PROTECT, related_name="entries")
    dig = models.CharField(max_length=43, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name_plural = "entries"
        ordering = ["id"]

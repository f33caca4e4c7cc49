"""The servers that may ask, their credentials, and their bounds."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

SERVER_NAME = r"^[a-z0-9][a-z0-9.-]{0,63}\Z"


class Server(models.Model):
    """A machine identity that submits: an MCP server, or a gate in front of one.

    `generation` counts every change that ends credentials (stop, rotate). An identity carries the generation it was
    authenticated under, and each verb compares it inside its own transaction: revocation holds at once,
    in every process.

    `tools` and `hosts` are its allow-lists: name patterns of the tools it may call, and hosts its URLs may lead to;
    None is no bound of the server's own. `per_minute` and `pending_most` bound how much it may ask; None is no bound.
    """

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(SERVER_NAME)])
    title = models.CharField(max_length=120, blank=True)
    environment = models.CharField(max_length=40, blank=True)
    owner = models.ForeignKey("accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="servers")
    tools = models.JSONField(null=True, blank=True)
    hosts = models.JSONField(null=True, blank=True)
    per_minute = models.PositiveIntegerField(null=True, blank=True)
    pending_most = models.PositiveIntegerField(null=True, blank=True)
    generation = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def urn(self) -> str:
        return f"urn:placet:server:{self.name}"


class ServerToken(models.Model):
    """A bearer token `plc_<id>_<secret>`: found by id, its secret kept only as a keyed hash."""

    id = models.CharField(primary_key=True, max_length=32)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="tokens")
    secret_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"plc_{self.id}_…"


class ServerKey(models.Model):
    """An Ed25519 public key of a server; `kid` is its RFC 7638 thumbprint."""

    kid = models.CharField(primary_key=True, max_length=64)
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="keys")
    public_key = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["server"], condition=Q(revoked_at=None), name="one_live_key_a_server")
        ]

    def __str__(self) -> str:
        return self.kid


class SeenToken(models.Model):
    """A `jti` that was used: a signed request is good once.

    Rows are swept when the request would have expired anyway.
    """

    jti = models.CharField(primary_key=True, max_length=160)
    expires_at = models.DateTimeField(db_index=True)

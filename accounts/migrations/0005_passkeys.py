"""Passkeys of people. The database itself keeps each row, and whose key it is, for good."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT = ("person_id", "credential_id", "public_key", "aaguid", "created_at")
ONCE = ("live_from", "introduced_by_id", "confirmed_by_id", "revoked_at", "revoked_by_id")


def _postgres():
    kept = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in KEPT)
    once = " OR ".join(f"(OLD.{c} IS NOT NULL AND OLD.{c} IS DISTINCT FROM NEW.{c})" for c in ONCE)
    return [
        "CREATE FUNCTION accounts_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% keeps what it says', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$",
        "CREATE TRIGGER passkey_stays BEFORE DELETE ON accounts_passkey FOR EACH ROW EXECUTE FUNCTION accounts_refuse()",
        f"CREATE TRIGGER passkey_keeps BEFORE UPDATE ON accounts_passkey FOR EACH ROW WHEN ({kept} OR {once}) "
        "EXECUTE FUNCTION accounts_refuse()",
    ]


def _sqlite():
    kept = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in KEPT)
    once = " OR ".join(f"(OLD.{c} IS NOT NULL AND OLD.{c} IS NOT NEW.{c})" for c in ONCE)
    refuse = "BEGIN SELECT RAISE(ABORT, 'accounts_passkey keeps what it says'); END"
    return [
        f"CREATE TRIGGER passkey_stays BEFORE DELETE ON accounts_passkey {refuse}",
        f"CREATE TRIGGER passkey_keeps BEFORE UPDATE ON accounts_passkey WHEN {kept} OR {once} {refuse}",
    ]


def enact(apps, schema_editor):
    for statement in {"postgresql": _postgres, "sqlite": _sqlite}[schema_editor.connection.vendor]():
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):

    dependencies = [("accounts", "0004_sign_ins")]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credential_id", models.BinaryField(max_length=128, unique=True)),
                ("public_key", models.BinaryField(max_length=600, unique=True)),
                ("transports", models.JSONField(default=list)),
                ("aaguid", models.UUIDField()),
                ("name", models.CharField(max_length=60)),
                ("created_at", models.DateTimeField()),
                ("live_from", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "introduced_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="introduced",
                        to="accounts.passkey",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("live_from", None), ("introduced_by__isnull", False), ("confirmed_by__isnull", False),
                            _connector="OR",
                        ),
                        name="passkeys_count_when_vouched_for",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_at", None), ("revoked_by", None)),
                            models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="passkeys_are_revoked_by_somebody",
                    ),
                ],
            },
        ),
        migrations.RunPython(enact, migrations.RunPython.noop, elidable=False),
    ]  # fmt: skip

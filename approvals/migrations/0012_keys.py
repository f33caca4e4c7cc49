"""The record of signing keys, and who has co-signed which head: both written once (see 0002)."""

import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = ("keychange", "cosignature")


def _postgres(table):
    return [
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON approvals_{table} "
        "FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
    ]


def _sqlite(table):
    return [
        f"CREATE TRIGGER {table}_stays_{verb.lower()} BEFORE {verb} ON approvals_{table} "
        f"BEGIN SELECT RAISE(ABORT, 'approvals_{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def enact(apps, schema_editor):
    for table in APPEND_ONLY:
        for statement in {"postgresql": _postgres, "sqlite": _sqlite}[schema_editor.connection.vendor](table):
            schema_editor.execute(statement, None)


class Migration(migrations.Migration):

    dependencies = [("approvals", "0011_tallies")]

    operations = [
        migrations.CreateModel(
            name="KeyChange",
            fields=[
                ("dig", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("kid", models.CharField(max_length=64)),
                ("what", models.CharField(choices=[("published", "published"), ("used", "used"), ("revoked", "revoked")], max_length=9)),
                ("jws", models.BinaryField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("kid", "what"), name="each_change_of_a_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("witness", models.CharField(max_length=255)),
                ("line", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                ("head", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="cosignatures", to="approvals.treehead")),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("head", "witness"), name="one_cosignature_a_witness")],
            },
        ),
        migrations.RunPython(enact, migrations.RunPython.noop, elidable=False),
    ]

"""The ledger's Merkle tree: leaves, kept hashes and signed heads, written once (see 0002)."""

import django.db.models.deletion
from django.db import migrations, models

APPEND_ONLY = ("leaf", "node", "treehead")


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

    dependencies = [("approvals", "0009_edits")]

    operations = [
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.BinaryField(max_length=32)),
                ("entry", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="leaf", to="approvals.entry")),
            ],
            options={"verbose_name_plural": "leaves", "default_permissions": ()},
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                ("pk", models.CompositePrimaryKey("level", "place", blank=True, editable=False, primary_key=True, serialize=False)),
                ("level", models.SmallIntegerField()),
                ("place", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={"default_permissions": ()},
        ),
        migrations.CreateModel(
            name="TreeHead",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.BinaryField()),
                ("kid", models.CharField(max_length=64)),
                ("through", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(enact, migrations.RunPython.noop, elidable=False),
    ]

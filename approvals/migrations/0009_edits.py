import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: Made anew by SQLite above, without its law; the law holds for the first time.
AGAIN, NEW = ("review",), ("edit",)


def enact(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in NEW if vendor == "postgresql" else (*AGAIN, *NEW):
        for statement in {"postgresql": _postgres, "sqlite": _sqlite}[vendor](table):
            schema_editor.execute(statement, None)


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


class Migration(migrations.Migration):
    """What an owner made of an ask before approving it; and of which bytes each review is."""

    dependencies = [
        ("approvals", "0008_waiting_of_server"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Edit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("body", models.BinaryField()),
                ("dig", models.CharField(max_length=43)),
                ("at", models.DateTimeField()),
                (
                    "action",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="edits",
                        to="approvals.action",
                    ),
                ),
                (
                    "editor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="edits",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("action", "number"), name="edits_are_counted"),
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="edits_count_from_one"),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="review", name="one_review_a_person"),
        migrations.AddField(model_name="review", name="edit", field=models.PositiveSmallIntegerField(default=0)),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(fields=("action", "reviewer", "edit"), name="one_review_a_person"),
        ),
        migrations.RunPython(enact, migrations.RunPython.noop),
    ]  # fmt: skip

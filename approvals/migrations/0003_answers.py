"""Tool definitions, questions that are answered on the console, and their answers. What was said stays said here too:
of an answer only the content may go, and the moment it was fetched be noted once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

APPEND_ONLY = ("definition", "question")
SAID = ("action_id", "person_id", "said", "dig", "at")


def _changes(differs: str) -> str:
    """Whether an update of an answer does more than erase its content or note that it was fetched."""
    changed = " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in SAID)
    rewritten = f"(NEW.content IS NOT NULL AND OLD.content {differs} NEW.content)"
    return f"{changed} OR {rewritten} OR (OLD.fetched_at IS NOT NULL AND OLD.fetched_at {differs} NEW.fetched_at)"


def _postgres() -> list[str]:
    refuse = "FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
    kept = [
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON approvals_{table} {refuse}" for table in APPEND_ONLY
    ]
    return [
        *kept,
        "CREATE TRIGGER answer_stays BEFORE UPDATE ON approvals_answer FOR EACH ROW "
        f"WHEN ({_changes('IS DISTINCT FROM')}) EXECUTE FUNCTION approvals_refuse()",
        f"CREATE TRIGGER answer_kept BEFORE DELETE ON approvals_answer {refuse}",
    ]


def _sqlite() -> list[str]:
    def trigger(table: str, verb: str, when: str = "") -> str:
        return (
            f"CREATE TRIGGER {table}_stays_{verb.lower()} BEFORE {verb} ON approvals_{table} {when} "
            f"BEGIN SELECT RAISE(ABORT, 'approvals_{table} is append-only'); END"
        )

    kept = [trigger(table, verb) for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")]
    return [*kept, trigger("answer", "UPDATE", f"WHEN {_changes('IS NOT')}"), trigger("answer", "DELETE")]


def enact(apps, schema_editor):
    for statement in {"postgresql": _postgres, "sqlite": _sqlite}[schema_editor.connection.vendor]():
        schema_editor.execute(statement, None)


def _of_action() -> models.OneToOneField:
    return models.OneToOneField(
        on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to="approvals.action"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("approvals", "0002_law"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Definition",
            fields=[
                ("action", _of_action()),
                ("tool", models.CharField(blank=True, max_length=256)),
                ("dig", models.CharField(max_length=43)),
                ("approved", models.CharField(blank=True, max_length=43)),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.server"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["server", "tool", "-action"], name="definition_of_tool")],
            },
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                ("action", _of_action()),
                ("answerer", models.CharField(blank=True, max_length=300)),
                ("until", models.DateTimeField()),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["answerer", "until"], name="question_for")],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("action", _of_action()),
                (
                    "said",
                    models.CharField(
                        choices=[("accept", "accept"), ("decline", "decline"), ("cancel", "cancel")], max_length=8
                    ),
                ),
                ("content", models.BinaryField(null=True)),
                ("dig", models.CharField(max_length=43)),
                ("at", models.DateTimeField()),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(condition=models.Q(("content__isnull", False)), fields=["at"], name="answer_kept")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("said", "accept"), ("content", None), _connector="OR"),
                        name="only_a_yes_has_content",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="action",
            index=models.Index(
                condition=models.Q(("bundle", ""), _negated=True),
                fields=["server", "session", "bundle", "id"],
                name="action_of_bundle",
            ),
        ),
        migrations.RunPython(enact, migrations.RunPython.noop, elidable=False),
    ]

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


CREDENTIALS = ("accounts_servertoken", "accounts_serverkey")


def enact(apps, schema_editor):
    """A server that asks drills never gets a credential: what a drill's receipt allows, nobody can do."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE FUNCTION approvals_no_credential() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF EXISTS (SELECT 1 FROM approvals_practice WHERE server_id = NEW.server_id) THEN "
            "RAISE EXCEPTION 'a server of drills has no credential'; END IF; RETURN NEW; END $$",
            None,
        )
    for table in CREDENTIALS:
        for statement in {"postgresql": _postgres, "sqlite": _sqlite}[schema_editor.connection.vendor](table):
            schema_editor.execute(statement, None)


def _postgres(table):
    return [
        f"CREATE TRIGGER {table}_of_drills BEFORE INSERT OR UPDATE OF server_id ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION approvals_no_credential()"
    ]


def _sqlite(table):
    return [
        f"CREATE TRIGGER {table}_of_drills_{verb.split()[0].lower()} BEFORE {verb} ON {table} "
        "WHEN EXISTS (SELECT 1 FROM approvals_practice WHERE server_id = NEW.server_id) "
        "BEGIN SELECT RAISE(ABORT, 'a server of drills has no credential'); END"
        for verb in ("INSERT", "UPDATE OF server_id")
    ]


class Migration(migrations.Migration):
    """Drills: what is asked of people by the console itself, to see whether they look."""

    dependencies = [
        ("accounts", "0006_invitations"),
        ("approvals", "0015_looks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Practice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=150)),
                ("every_days", models.PositiveSmallIntegerField()),
                ("created_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "checkpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="practice", to="approvals.checkpoint"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "server",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="practice", to="accounts.server"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Drill",
            fields=[
                (
                    "action",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="drill",
                        serialize=False,
                        to="approvals.action",
                    ),
                ),
                ("planted", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drills", to="approvals.practice"
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="approvals.practice",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="practice",
            constraint=models.CheckConstraint(
                condition=models.Q(("every_days__range", (1, 90))), name="drills_are_not_daily_bread"
            ),
        ),
        migrations.AddConstraint(
            model_name="practice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("role",), name="one_practice_a_role"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)), fields=("practice", "person"), name="one_consent_a_person"
            ),
        ),
        migrations.RunPython(enact, migrations.RunPython.noop, elidable=False),
    ]

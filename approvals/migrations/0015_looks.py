import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

CODES = [
    ("no_checkpoint", "no checkpoint stops it"), ("no_owner", "nobody owns it"), ("outside_policy", "outside of policy"),
    ("policy_error", "condition failed"), ("not_listed", "not on the server's list"), ("secret", "asked for a secret"),
    ("outcome_failed", "approved, then failed"), ("dead_letter", "refused on the queue"), ("break_glass", "glass broken"),
    ("unsatisfiable", "too few people"), ("nobody_left", "everybody passed it on"),
    ("too_many_names", "too many names"), ("burst", "yes, faster than anybody reads"), ("no_denials", "never a no"),
    ("drill", "drill missed"),
]  # fmt: skip


class Migration(migrations.Migration):
    """How people decide: since when they look, and what they opened. A column is added that may be empty: no table is
    made anew.
    """

    dependencies = [
        ("approvals", "0014_passkeys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(model_name="review", name="opened", field=models.PositiveIntegerField(null=True)),
        migrations.AlterField(
            model_name="finding", name="code", field=models.CharField(choices=CODES, max_length=16)
        ),
        migrations.CreateModel(
            name="Look",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("shown", models.CharField(max_length=43)),
                ("at", models.DateTimeField()),
                ("action", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="approvals.action")),
                ("person", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("action", "person", "shown"), name="first_looks_are_kept")
                ],
            },
        ),
    ]

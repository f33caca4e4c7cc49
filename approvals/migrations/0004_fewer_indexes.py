"""Indexes of foreign keys whose column other indexes begin with, or that no question asks for: an ask wrote them all.

The index is dropped by name: on SQLite Django would make the table anew, without the triggers that are its law.
"""

import django.db.models.deletion
from django.db import migrations, models

DROPPED = (
    "approvals_action_server_id_a2b1ad82", "approvals_action_checkpoint_id_9a06f28c",
    "approvals_action_policy_id_517ad4ce", "approvals_definition_server_id_5768a97f",
    "approvals_assignment_action_id_353939f5", "approvals_review_action_id_596416fc",
)  # fmt: skip


def _unindexed(model: str, name: str, to: str, **more) -> migrations.AlterField:
    field = models.ForeignKey(to=to, on_delete=django.db.models.deletion.PROTECT, db_index=False, **more)
    return migrations.AlterField(model_name=model, name=name, field=field)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("approvals", "0003_answers")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(f'DROP INDEX IF EXISTS "{name}"', migrations.RunSQL.noop) for name in DROPPED],
            state_operations=[
                _unindexed("action", "server", "accounts.server"),
                _unindexed("action", "checkpoint", "approvals.checkpoint", null=True, related_name="actions"),
                _unindexed("action", "policy", "approvals.policy", null=True),
                _unindexed("definition", "server", "accounts.server", related_name="+"),
                _unindexed("assignment", "action", "approvals.action", related_name="assignments"),
                _unindexed("review", "action", "approvals.action", related_name="reviews"),
            ],
        )
    ]

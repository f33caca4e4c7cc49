"""What was said stays said: the database itself refuses to change or delete it, whoever asks."""

from django.db import migrations

APPEND_ONLY = ("policy", "review", "receipt", "consumption", "outcome", "entry")
ASKED = (
    "id", "server_id", "idempotency_key", "submission_dig", "kind", "name", "body", "dig", "context", "context_dig", "nonce",
    "subject", "session", "bundle", "sampling_action_id", "checkpoint_id", "policy_id", "created_at", "deadline_at",
)  # fmt: skip


def _postgres() -> list[str]:
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in ASKED)
    refuse = (
        "CREATE FUNCTION approvals_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    triggers = [
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON approvals_{table} "
        "FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
        for table in APPEND_ONLY
    ]
    settled = (
        "CREATE TRIGGER action_settles_once BEFORE UPDATE ON approvals_action FOR EACH ROW "
        f"WHEN (OLD.state <> 'pending' OR {changed}) EXECUTE FUNCTION approvals_refuse()"
    )
    kept = (
        "CREATE TRIGGER action_stays BEFORE DELETE ON approvals_action FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
    )
    return [refuse, *triggers, settled, kept]


def _sqlite() -> list[str]:
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in ASKED)
    triggers = [
        f"CREATE TRIGGER {table}_stays_{verb.lower()} BEFORE {verb} ON approvals_{table} "
        f"BEGIN SELECT RAISE(ABORT, 'approvals_{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]
    settled = (
        "CREATE TRIGGER action_settles_once BEFORE UPDATE ON approvals_action "
        f"WHEN OLD.state <> 'pending' OR {changed} BEGIN SELECT RAISE(ABORT, 'approvals_action is append-only'); END"
    )
    kept = (
        "CREATE TRIGGER action_stays BEFORE DELETE ON approvals_action "
        "BEGIN SELECT RAISE(ABORT, 'approvals_action is append-only'); END"
    )
    return [*triggers, settled, kept]


def enact(apps, schema_editor):
    for statement in {"postgresql": _postgres, "sqlite": _sqlite}[schema_editor.connection.vendor]():
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial")]
    operations = [migrations.RunPython(enact, migrations.RunPython.noop, elidable=False)]

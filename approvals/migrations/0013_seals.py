"""Payloads are sealed when they come, and change in three ways only: sealed later, wrapped by another key, erased.

What was asked before this stays as it is until `manage.py seal all` seals it, or it is erased. The database cannot tell
whether a seal opens; it keeps everything behind the wrapped data key as it was, and wants a row in `approvals_erasure`
for what is erased.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

HEAD, OVERHEAD = 69, 97  # approvals/sealing/boxes.py
ASKED = (
    "id", "server_id", "idempotency_key", "submission_dig", "kind", "name", "dig", "context_dig", "nonce", "subject",
    "session", "bundle", "sampling_action_id", "checkpoint_id", "policy_id", "created_at", "deadline_at",
)  # fmt: skip
SETTLED = ("state", "reason", "settled_at")
EDITED = ("id", "action_id", "number", "editor_id", "dig", "at")
ANSWERED = ("action_id", "person_id", "said", "dig", "at")


def _any(columns, differs):
    return " OR ".join(f"OLD.{column} {differs} NEW.{column}" for column in columns)


def _kept(column, byte):
    """That a payload that changes was sealed later, or its data key wrapped by another key. May be unknown: of NULL."""
    rewrapped = (
        f"(substr(OLD.{column}, 1, 1) = {byte('01')} AND substr(NEW.{column}, 1, 1) = {byte('01')} "
        f"AND substr(NEW.{column}, {HEAD + 1}) = substr(OLD.{column}, {HEAD + 1}))"
    )
    sealed = (
        f"(substr(OLD.{column}, 1, 1) = {byte('7b')} AND substr(NEW.{column}, 1, 1) = {byte('01')} "
        f"AND length(NEW.{column}) = length(OLD.{column}) + {OVERHEAD})"
    )
    return f"({rewrapped} OR {sealed})"


def _rewritten(column, byte, differs, *, action):
    told = f"EXISTS (SELECT 1 FROM approvals_erasure WHERE action_id = OLD.{action})"  # noqa: S608 (our own names)
    erased = f"(NEW.{column} = {byte('00')} AND {told})"
    return f"(OLD.{column} {differs} NEW.{column} AND ({_kept(column, byte)} OR {erased}) IS NOT TRUE)"


def _laws(byte, differs):
    """What an update of each table must not do."""
    payloads = [_rewritten(column, byte, differs, action="id") for column in ("body", "context")]
    kept = f"{_kept('content', byte)} IS NOT TRUE"
    content = f"(NEW.content IS NOT NULL AND OLD.content {differs} NEW.content AND {kept})"
    return {
        "action": (
            f"{_any(ASKED, differs)} OR (OLD.state <> 'pending' AND ({_any(SETTLED, differs)})) "
            f"OR {' OR '.join(payloads)}"
        ),
        "edit": f"{_any(EDITED, differs)} OR {_rewritten('body', byte, differs, action='action_id')}",
        "answer": (
            f"{_any(ANSWERED, differs)} OR {content} "
            f"OR (OLD.fetched_at IS NOT NULL AND OLD.fetched_at {differs} NEW.fetched_at)"
        ),
    }


def _open(byte):
    """Which new rows of each table are refused: their payloads are not sealed."""


    def sealed(column):
        return f"(substr(NEW.{column}, 1, 1) = {byte('01')})"

    return {
        "action": f"({sealed('body')} AND {sealed('context')}) IS NOT TRUE",
        "edit": f"{sealed('body')} IS NOT TRUE",
        "answer": f"NEW.content IS NOT NULL AND {sealed('content')} IS NOT TRUE",
    }


PENDING = "EXISTS (SELECT 1 FROM approvals_action WHERE id = NEW.action_id AND state = 'pending')"
NAMES = {"action": "action_settles_once", "edit": "edit_stays", "answer": "answer_stays"}


def _postgres():
    def byte(hexadecimal):
        return rf"'\x{hexadecimal}'::bytea"

    yield (
        "CREATE FUNCTION approvals_refuse_open() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is stored sealed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table, law in _laws(byte, "IS DISTINCT FROM").items():
        # A condition of a trigger may not look at other tables, its function may.
        yield (
            f"CREATE FUNCTION approvals_{table}_law() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {law} THEN "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END IF; "
            "RETURN NEW; END $$"
        )
        yield f"DROP TRIGGER {NAMES[table]} ON approvals_{table}"
        yield (
            f"CREATE TRIGGER {NAMES[table]} BEFORE UPDATE ON approvals_{table} "
            f"FOR EACH ROW EXECUTE FUNCTION approvals_{table}_law()"
        )
    yield "CREATE TRIGGER edit_kept BEFORE DELETE ON approvals_edit FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
    for table, condition in _open(byte).items():
        yield (
            f"CREATE TRIGGER {table}_is_sealed BEFORE INSERT ON approvals_{table} FOR EACH ROW WHEN ({condition}) "
            "EXECUTE FUNCTION approvals_refuse_open()"
        )
    yield (
        "CREATE FUNCTION approvals_erasure_law() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF {PENDING} THEN RAISE EXCEPTION 'what waits is not erased' USING ERRCODE = 'restrict_violation'; "
        "END IF; RETURN NEW; END $$"
    )
    yield (
        "CREATE TRIGGER erasure_of_settled BEFORE INSERT ON approvals_erasure "
        "FOR EACH ROW EXECUTE FUNCTION approvals_erasure_law()"
    )
    yield (
        "CREATE TRIGGER erasure_stays BEFORE UPDATE OR DELETE ON approvals_erasure "
        "FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
    )
    # Random bytes do not compress; stored as they are, the first of them are read without the others.
    for table, column in (("action", "body"), ("action", "context"), ("edit", "body"), ("answer", "content")):
        yield f"ALTER TABLE approvals_{table} ALTER COLUMN {column} SET STORAGE EXTERNAL"


def _sqlite():
    def byte(hexadecimal):
        return f"x'{hexadecimal}'"

    def trigger(name, verb, table, condition, said):
        when = f"WHEN {condition} " if condition else ""
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON approvals_{table} {when}"
            f"BEGIN SELECT RAISE(ABORT, 'approvals_{table} is {said}'); END"
        )

    for table, law in _laws(byte, "IS NOT").items():
        name = NAMES[table] + ("" if table == "action" else "_update")
        yield f"DROP TRIGGER {name}"
        yield trigger(name, "UPDATE", table, law, "append-only")
    for table, condition in _open(byte).items():
        yield trigger(f"{table}_is_sealed", "INSERT", table, condition, "stored sealed")
    yield trigger("erasure_of_settled", "INSERT", "erasure", PENDING, "of what is decided")
    for verb in ("UPDATE", "DELETE"):
        yield trigger(f"erasure_stays_{verb.lower()}", verb, "erasure", "", "append-only")


def enact(apps, schema_editor):
    for statement in {"postgresql": _postgres, "sqlite": _sqlite}[schema_editor.connection.vendor]():
        schema_editor.execute(statement, None)


def _person():
    return models.ForeignKey(
        db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
        to=settings.AUTH_USER_MODEL,
    )  # fmt: skip


def _action():
    return models.OneToOneField(
        on_delete=django.db.models.deletion.PROTECT, primary_key=True, serialize=False, to="approvals.action"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0012_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("action", _action()),
                ("reason", models.CharField(max_length=400)),
                ("at", models.DateTimeField()),
                ("person", _person()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.RunPython(enact, migrations.RunPython.noop, elidable=False),
    ]

"""Bind what owners said to who said it: sealed with the action alone, one's words opened under another's name."""

from django.db import migrations

from approvals.sealing import COMMENT, Box, Context, is_sealed, opened

BATCH = 500


def bind(apps, schema_editor):
    comments = apps.get_model("approvals", "Comment").objects
    after = 0
    while found := list(comments.filter(pk__gt=after).order_by("pk")[:BATCH]):
        sealed = [each for each in found if is_sealed(bytes(each.text[:1]))]
        for each in sealed:
            said = opened(bytes(each.text), Context(COMMENT, each.action_id, ""))
            whose = Context(COMMENT, each.action_id, str(each.author_id))
            each.text = Box(each.action_id).seal(said, whose)
        comments.bulk_update(sealed, ["text"])
        after = found[-1].pk


class Migration(migrations.Migration):
    dependencies = [("approvals", "0018_saved_views")]

    operations = [migrations.RunPython(bind, migrations.RunPython.noop)]

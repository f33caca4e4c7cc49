"""Seal what owners said among themselves: it may repeat what was asked."""

from django.db import migrations, models

from approvals.sealing import COMMENT, Box, Context

BATCH = 500


def seal(apps, schema_editor):
    comments = apps.get_model("approvals", "Comment").objects
    after = 0
    while found := list(comments.filter(pk__gt=after).order_by("pk")[:BATCH]):
        for each in found:
            context = Context(COMMENT, each.action_id, "")
            each.text = Box(each.action_id).seal(each.plain.encode(), context)
        comments.bulk_update(found, ["text"])
        after = found[-1].pk


class Migration(migrations.Migration):
    dependencies = [("approvals", "0016_drills")]

    operations = [
        migrations.RenameField(model_name="comment", old_name="text", new_name="plain"),
        migrations.AddField(model_name="comment", name="text", field=models.BinaryField(default=b"")),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveField(model_name="comment", name="plain"),
        migrations.AlterField(model_name="comment", name="text", field=models.BinaryField()),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    """What waits of one server is counted against its bound, without reading what waits of others."""

    dependencies = [("approvals", "0007_asked_beside")]

    operations = [
        migrations.AddIndex(
            model_name="action",
            index=models.Index(
                fields=["server", "checkpoint"], condition=models.Q(("state", "pending")), name="action_waits_for"
            ),
        ),
    ]

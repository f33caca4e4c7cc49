from django.db import migrations, models


class Migration(migrations.Migration):
    """The assertion that signed a review; and changes about passkeys. A column is added: no table is made anew."""

    dependencies = [("approvals", "0013_seals")]

    operations = [
        migrations.AddField(model_name="review", name="webauthn", field=models.BinaryField(null=True)),
        migrations.AlterField(
            model_name="change",
            name="about",
            field=models.CharField(
                choices=[
                    ("checkpoint", "Checkpoint"), ("role", "Role"), ("server", "Server"), ("token", "server token"),
                    ("admin", "Admin"), ("passkey", "Passkey"),
                ],
                max_length=12,
            ),
        ),
    ]  # fmt: skip

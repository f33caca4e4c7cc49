
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0005_owners'),
    ]

    operations = [
        migrations.AlterField(
            model_name='finding',
            name='code',
            field=models.CharField(choices=[('no_checkpoint', 'no checkpoint stops it'), ('no_owner', 'nobody owns it'), ('outside_policy', 'outside of policy'), ('policy_error', 'condition failed'), ('not_listed', "not on the server's list"), ('secret', 'asked for a secret'), ('outcome_failed', 'approved, then failed'), ('dead_letter', 'refused on the queue'), ('break_glass', 'glass broken'), ('unsatisfiable', 'too few people'), ('nobody_left', 'everybody passed it on'), ('too_many_names', 'too many names')], max_length=16),
        ),
    ]

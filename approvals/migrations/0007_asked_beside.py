from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0006_too_many_names'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('why__in', ['escalated', 'reassigned'])), fields=['owner', '-action'], name='asked_beside'),
        ),
    ]

"""Tallies: what each day came to at each checkpoint, counted from what happened."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0010_tree'),
    ]

    operations = [
        migrations.CreateModel(
            name='TalliedDay',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('until', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('what', models.CharField(max_length=8)),
                ('name', models.CharField(blank=True, max_length=48)),
                ('number', models.BigIntegerField(default=0)),
                ('count', models.PositiveIntegerField()),
                ('checkpoint', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tallies', to='approvals.checkpoint')),
            ],
            options={
                'verbose_name_plural': 'tallies',
                'default_permissions': (),
                'indexes': [models.Index(fields=['day'], name='tally_of_day')],
                'constraints': [models.UniqueConstraint(fields=('checkpoint', 'what', 'day', 'name', 'number'), name='one_tally_of_each')],
            },
        ),
    ]

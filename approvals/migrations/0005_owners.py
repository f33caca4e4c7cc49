

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: Made anew by SQLite above, without its law; the law holds for the first time.
AGAIN, NEW = ("policy",), ("handover", "grantuse")


def enact(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for table in NEW if vendor == "postgresql" else (*AGAIN, *NEW):
        for statement in {"postgresql": _postgres, "sqlite": _sqlite}[vendor](table):
            schema_editor.execute(statement, None)


def _postgres(table):
    return [
        f"CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON approvals_{table} "
        "FOR EACH ROW EXECUTE FUNCTION approvals_refuse()"
    ]


def _sqlite(table):
    return [
        f"CREATE TRIGGER {table}_stays_{verb.lower()} BEFORE {verb} ON approvals_{table} "
        f"BEGIN SELECT RAISE(ABORT, 'approvals_{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_owners'),
        ('approvals', '0004_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('about', models.CharField(choices=[('checkpoint', 'Checkpoint'), ('role', 'Role'), ('server', 'Server'), ('token', 'server token'), ('admin', 'Admin')], max_length=12)),
                ('subject', models.CharField(max_length=150)),
                ('current', models.BinaryField(null=True)),
                ('proposed', models.BinaryField(null=True)),
                ('dig', models.CharField(max_length=43)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('created_at', models.DateTimeField()),
                ('effective_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('confirmed', 'Confirmed'), ('applied', 'Applied'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn'), ('failed', 'Failed')], default='proposed', max_length=10)),
                ('alone', models.BooleanField(default=False)),
                ('decided_at', models.DateTimeField(null=True)),
                ('answer', models.CharField(blank=True, max_length=1000)),
                ('applied_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(choices=[('no_checkpoint', 'no checkpoint stops it'), ('no_owner', 'nobody owns it'), ('outside_policy', 'outside of policy'), ('policy_error', 'condition failed'), ('not_listed', "not on the server's list"), ('secret', 'asked for a secret'), ('outcome_failed', 'approved, then failed'), ('dead_letter', 'refused on the queue'), ('break_glass', 'glass broken'), ('unsatisfiable', 'too few people'), ('nobody_left', 'everybody passed it on')], max_length=16)),
                ('kind', models.CharField(blank=True, max_length=20)),
                ('about', models.CharField(blank=True, max_length=256)),
                ('key', models.CharField(max_length=43)),
                ('detail', models.CharField(blank=True, max_length=500)),
                ('count', models.PositiveIntegerField(default=1)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('resolved_at', models.DateTimeField(null=True)),
                ('resolution', models.CharField(blank=True, max_length=1000)),
            ],
            options={
                'ordering': ['-last_at', '-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sampling', 'Sampling'), ('sampling_result', 'Sampling Result'), ('elicitation_form', 'Elicitation Form'), ('elicitation_url', 'Elicitation Url'), ('tool_call', 'Tool Call')], max_length=20)),
                ('name', models.CharField(max_length=256)),
                ('covers', models.BinaryField()),
                ('policy_dig', models.CharField(max_length=43)),
                ('role', models.CharField(max_length=150)),
                ('uses_most', models.PositiveIntegerField()),
                ('per_hour', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('jws', models.BinaryField()),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='GrantUse',
            fields=[
                ('action', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='grant_use', serialize=False, to='approvals.action')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(choices=[('wrong_person', 'not the right person'), ('reassigned', 'Reassigned'), ('took_over', 'took over')], max_length=12)),
                ('note', models.CharField(blank=True, max_length=400)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('sampling', 'Sampling'), ('sampling_result', 'Sampling Result'), ('elicitation_form', 'Elicitation Form'), ('elicitation_url', 'Elicitation Url'), ('tool_call', 'Tool Call')], max_length=20)),
                ('name', models.CharField(max_length=256)),
                ('listed', models.BooleanField(default=False)),
                ('first_at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Simulation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('draft', models.BinaryField()),
                ('days', models.PositiveSmallIntegerField()),
                ('created_at', models.DateTimeField()),
                ('done', models.PositiveIntegerField(default=0)),
                ('total', models.PositiveIntegerField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('found', models.JSONField(null=True)),
                ('failed', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-id'],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Timer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.PositiveSmallIntegerField()),
                ('role', models.CharField(blank=True, max_length=150)),
                ('due_at', models.DateTimeField()),
                ('fired_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.RemoveConstraint(
            model_name='policy',
            name='policy_needs_somebody',
        ),
        migrations.AddField(
            model_name='assignment',
            name='membership',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership'),
        ),
        migrations.AddField(
            model_name='assignment',
            name='on_behalf_of',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='policy',
            name='confirmed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='policy',
            name='effect',
            field=models.CharField(choices=[('review', 'Review'), ('allow', 'Allow'), ('deny', 'Deny')], default='review', max_length=6),
        ),
        migrations.AddField(
            model_name='review',
            name='on_behalf_of',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='why',
            field=models.CharField(choices=[('owner', 'Owner'), ('delegate', 'stands in'), ('escalated', 'Escalated'), ('reassigned', 'Reassigned')], default='owner', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('effect', 'review'), ('need__gte', 1)), models.Q(models.Q(('effect', 'review'), _negated=True), ('need', 0)), _connector='OR'), name='reviews_need_somebody'),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('effect__in', ['review', 'allow', 'deny'])), name='policy_of_a_known_effect'),
        ),
        migrations.AddField(
            model_name='change',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='change',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='finding',
            name='action',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='approvals.action'),
        ),
        migrations.AddField(
            model_name='finding',
            name='checkpoint',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='approvals.checkpoint'),
        ),
        migrations.AddField(
            model_name='finding',
            name='resolved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='finding',
            name='server',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.server'),
        ),
        migrations.AddField(
            model_name='grant',
            name='checkpoint',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='approvals.checkpoint'),
        ),
        migrations.AddField(
            model_name='grant',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='grant',
            name='like',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.action'),
        ),
        migrations.AddField(
            model_name='grant',
            name='revoked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='grant',
            name='server',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.server'),
        ),
        migrations.AddField(
            model_name='grantuse',
            name='grant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='uses', to='approvals.grant'),
        ),
        migrations.AddField(
            model_name='handover',
            name='action',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='handovers', to='approvals.action'),
        ),
        migrations.AddField(
            model_name='handover',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='handover',
            name='to',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sighting',
            name='server',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sightings', to='accounts.server'),
        ),
        migrations.AddField(
            model_name='simulation',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='timer',
            name='action',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='timers', to='approvals.action'),
        ),
        migrations.AddField(
            model_name='timer',
            name='fired_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RemoveField(
            model_name='policy',
            name='approval_role',
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(fields=['about', 'subject', '-id'], name='changes_of_subject'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('state', 'confirmed')), fields=['effective_at'], name='change_due'),
        ),
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('state', 'proposed')), fields=['-id'], name='change_open'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by', None), models.Q(('decided_by', models.F('author')), _negated=True), ('state', 'withdrawn'), ('alone', True), _connector='OR'), name='nobody_confirms_their_own_change'),
        ),
        migrations.AddConstraint(
            model_name='change',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'applied'), _negated=True), ('applied_at__isnull', False), _connector='OR'), name='applied_changes_say_when'),
        ),
        migrations.AddIndex(
            model_name='finding',
            index=models.Index(condition=models.Q(('resolved_at', None)), fields=['checkpoint', '-last_at'], name='finding_open'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at', None)), fields=('key',), name='one_open_finding_a_key'),
        ),
        migrations.AddConstraint(
            model_name='finding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at', None), ('resolved_by', None)), models.Q(('resolved_at__isnull', False), ('resolved_by__isnull', False)), _connector='OR'), name='resolved_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(condition=models.Q(('revoked_at', None)), fields=['server', 'kind', 'name'], name='grant_for'),
        ),
        migrations.AddIndex(
            model_name='grant',
            index=models.Index(fields=['checkpoint', '-created_at'], name='grants_of_checkpoint'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('uses_most__range', (1, 1000))), name='grants_are_counted'),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='grants_end'),
        ),
        migrations.AddConstraint(
            model_name='grantuse',
            constraint=models.UniqueConstraint(fields=('grant', 'number'), name='each_use_counted'),
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.UniqueConstraint(fields=('server', 'kind', 'name'), name='seen_first_once'),
        ),
        migrations.AddIndex(
            model_name='timer',
            index=models.Index(condition=models.Q(('fired_at', None)), fields=['due_at'], name='timer_due'),
        ),
        migrations.AddConstraint(
            model_name='timer',
            constraint=models.UniqueConstraint(fields=('action', 'step'), name='each_step_once'),
        ),
        migrations.RunPython(enact, migrations.RunPython.noop),
    ]

"""Snapshots of the registry as it stood on a past day, and labels beside snapshots; both immutable."""

import django.db.models.deletion
from django.db import migrations, models

from analytics.immutable import install, lift

IDENTITY = ("plan", "strata", "cutoff", "data_sha256", "code_version", "conventions_sha256")
KINDS = [
    ("tag", "Tagged"),
    ("untag", "Tag taken off"),
    ("hide", "Left out of lists"),
    ("show", "Listed again"),
]


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_snapshot_checks")]

    operations = [
        lift("analytics_snapshot"),
        migrations.RemoveConstraint(model_name="snapshot", name="snapshot_once_per_question_data_and_code"),
        migrations.AddField(
            model_name="snapshot",
            name="as_of",
            field=models.DateTimeField(blank=True, null=True, verbose_name="registry as of"),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("as_of__isnull", True)),
                fields=IDENTITY,
                name="snapshot_once_per_question_data_and_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="snapshot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("as_of__isnull", False)),
                fields=(*IDENTITY, "as_of"),
                name="snapshot_of_the_past_once",
            ),
        ),
        install("analytics_snapshot"),
        migrations.CreateModel(
            name="SnapshotLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("kind", models.CharField(choices=KINDS, max_length=5)),
                ("text", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                ("actor", models.CharField(max_length=150)),
                ("at", models.DateTimeField()),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="labels",
                        to="analytics.snapshot",
                    ),
                ),
            ],
            options={
                "db_table": "analytics_snapshot_label",
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["tag", "untag"]), _negated=True),
                            models.Q(("text", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="label_tag_has_text",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "hide"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="label_hiding_has_a_reason",
                    ),
                ],
            },
        ),
        install("analytics_snapshot_label"),
    ]

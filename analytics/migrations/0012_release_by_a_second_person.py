"""Exports that single patients out wait for a second person; their releases are append-only."""

import django.db.models.deletion
from django.db import migrations, models

from analytics.immutable import install


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0011_schedules_called_in_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="export",
            name="k",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="export",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("running", "Being made"),
                    ("held", "Waits for release"),
                    ("done", "Ready"),
                    ("failed", "Failed"),
                ],
                default="waiting",
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("k", models.PositiveIntegerField()),
                ("manifest_sha256", models.CharField(max_length=64)),
                ("asked_by", models.CharField(max_length=150)),
                ("released_by", models.CharField(max_length=150)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                (
                    "export",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="release", to="analytics.export"
                    ),
                ),
            ],
            options={
                "db_table": "analytics_release",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("released_by", models.F("asked_by")), _negated=True),
                        name="release_by_a_second_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="release_has_a_reason"
                    ),
                ],
            },
        ),
        install("analytics_release"),
    ]

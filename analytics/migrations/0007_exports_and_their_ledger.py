"""Exports, and the append-only ledger of what was handed over."""

import django.db.models.deletion
from django.db import migrations, models

from analytics.immutable import install


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_companions"),
        ("registry", "0009_agreements"),
    ]

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tier", models.CharField(max_length=2)),
                ("file_format", models.CharField(max_length=10, verbose_name="format")),
                ("purpose", models.CharField(max_length=300)),
                ("requested_by", models.CharField(max_length=150)),
                ("requested_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Being made"),
                            ("done", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("step", models.CharField(blank=True, default="", max_length=80)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, default="", max_length=500)),
                ("patients", models.PositiveIntegerField(blank=True, null=True)),
                ("files", models.JSONField(default=dict)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="registry.agreement"
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="analytics.snapshot"
                    ),
                ),
            ],
            options={
                "db_table": "analytics_export",
                "ordering": ["-requested_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("agreement", models.CharField(max_length=40)),
                ("tier", models.CharField(max_length=2)),
                ("file_format", models.CharField(max_length=10, verbose_name="format")),
                ("purpose", models.CharField(max_length=300)),
                ("files", models.JSONField()),
                (
                    "way",
                    models.CharField(choices=[("command", "Command"), ("page", "Page"), ("api", "API")], max_length=7),
                ),
                ("actor", models.CharField(max_length=150, verbose_name="to")),
                ("at", models.DateTimeField()),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                (
                    "export",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="handovers", to="analytics.export"
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="analytics.snapshot"
                    ),
                ),
            ],
            options={
                "db_table": "analytics_handover",
                "ordering": ["-id"],
            },
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "failed"), _negated=True),
                    models.Q(("error", ""), _negated=True),
                    _connector="OR",
                ),
                name="export_failed_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="export",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose", ""), _negated=True), name="export_has_a_purpose"
            ),
        ),
        install("analytics_handover"),
    ]

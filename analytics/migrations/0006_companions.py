"""What is said beside a snapshot's results; immutable like the snapshot."""

import django.db.models.deletion
from django.db import migrations, models

from analytics.immutable import install


class Migration(migrations.Migration):
    dependencies = [("analytics", "0005_snapshots_of_the_past_and_labels")]

    operations = [
        migrations.CreateModel(
            name="Companion",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("code_version", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("seconds", models.FloatField()),
                ("files", models.JSONField()),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="companions",
                        to="analytics.snapshot",
                    ),
                ),
            ],
            options={
                "db_table": "analytics_companion",
                "constraints": [
                    models.UniqueConstraint(fields=("snapshot", "code_version"), name="companion_once_per_code")
                ],
            },
        ),
        install("analytics_companion"),
    ]

"""Snapshots cannot be changed or deleted: triggers on both databases."""

from django.db import migrations

from analytics.immutable import install


class Migration(migrations.Migration):
    dependencies = [("analytics", "0001_snapshots_and_runs")]

    operations = [install()]

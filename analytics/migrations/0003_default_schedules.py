"""A weekly snapshot of each plan, so that a fresh registry watches its data from the first week on."""

from django.db import migrations

from analytics.schedules import add_default_schedules


def add(apps: object, schema_editor: object) -> None:
    add_default_schedules(apps, ("post_cart_relapse", "post_infusion", "post_transplant"))


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_snapshot_guards"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    # Backwards nothing is removed: by then the schedules may be somebody's own.
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]

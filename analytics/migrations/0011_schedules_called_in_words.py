"""The weekly schedules of a fresh registry are called as people call their plans; a name of somebody's own stays."""

from typing import Any

from django.db import migrations

NAMES = {
    "Weekly post_cart_relapse": "Weekly: relapse after CAR T",
    "Weekly post_infusion": "Weekly: after infusion",
    "Weekly post_transplant": "Weekly: after transplant",
}


def _rename(apps: Any, names: dict[str, str]) -> None:
    schedules = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for old, new in names.items():
        if not schedules.filter(name=new).exists():
            schedules.filter(name=old).update(name=new)


def forward(apps: Any, schema_editor: object) -> None:
    _rename(apps, NAMES)


def back(apps: Any, schema_editor: object) -> None:
    _rename(apps, {new: old for old, new in NAMES.items()})


class Migration(migrations.Migration):
    dependencies = [("analytics", "0010_readings_asked_for_again")]

    operations = [migrations.RunPython(forward, back)]

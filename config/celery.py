"""The job application: `celery -A config worker -B` runs worker and scheduler in one process group."""

import os

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

from config import embedded_broker  # noqa: F401 - makes the scheme of the default broker known

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# The registry's own upkeep, written into the scheduler's table at every start; the other rows are people's.
app.conf.beat_schedule = {
    "Upkeep: look after runs": {
        "task": "analytics.tasks.reconcile",
        "schedule": 10.0,
        "options": {"expire_seconds": 60},
    },
    "Upkeep: look after exports": {
        "task": "exports.tasks.reconcile",
        "schedule": 30.0,
        "options": {"expire_seconds": 60},
    },
    "Upkeep: nightly sweep": {
        "task": "registry.tasks.nightly_sweep",
        "schedule": crontab(hour=2, minute=10),
        "options": {"expire_seconds": 12 * 3600},
    },
}


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Being connected is enough: Celery then leaves the log settings of Django as they are."""

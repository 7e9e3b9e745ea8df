"""Runs the nightly sweep now."""

from typing import Any

from django.utils import timezone

from registry.access import scoped, system_scope
from registry.management.command import SentenceCommand
from registry.management.progress import Bar
from registry.sweep import sweep


class Command(SentenceCommand):
    """Checks every patient against today and counts what stands."""

    help = (
        "Bring findings, due items and queries of every patient up to date, as the nightly job does, and keep the "
        "counts of the day. Safe to repeat. Example: manage.py sweep"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with scoped(system_scope("sweep")), Bar(self.stderr) as bar:
            report = sweep(now=timezone.now(), progress=bar.step)
        self.stdout.write(" ".join(f"{name}={value}" for name, value in vars(report).items()))

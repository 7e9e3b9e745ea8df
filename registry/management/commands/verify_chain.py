"""Checks that nobody altered the memory."""

import sys
from typing import Any

from registry.access import scoped, system_scope
from registry.history import verify_chain
from registry.management.command import SentenceCommand
from registry.memory import missing_triggers
from registry.models import Change


class Command(SentenceCommand):
    """Recomputes every hash of the change table and its chain; exit 1 when anything was altered."""

    help = (
        "Recompute the hashes of the memory (who changed what, when, why) and its chain, and look that every trigger "
        "is in place. Exit 1 on any difference. Example: manage.py verify_chain"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with scoped(system_scope("verify_chain")):
            faults = [*verify_chain(), *(f"Trigger {name} is missing or disabled." for name in missing_triggers())]
            count = Change.objects.count()
        for fault in faults:
            self.stderr.write(fault)
        self.stdout.write(f"changes={count} faults={len(faults)}")
        if faults:
            sys.exit(1)

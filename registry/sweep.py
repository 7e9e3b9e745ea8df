"""The nightly sweep: every patient checked against today, what is due listed, what is old asked about, all counted.

Batches of patients, each in its own transaction, so that nobody waits long and a stopped sweep loses one batch only.
Safe to repeat: the counts of a day are written anew.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from registry import completeness
from registry.access import current_scope
from registry.memory import acting
from registry.models import CompletenessResult, DueItem, Finding, Patient, SweepResult
from registry.queries import open_for_old_errors
from registry.schedule import DUE, OVERDUE
from registry.status import refresh

log = logging.getLogger(__name__)
BATCH = 500
REASON = "nightly sweep"
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class SweepReport:
    """What a sweep saw and did."""

    patients: int
    findings: int
    due: int
    overdue: int
    queries_raised: int
    seconds: float


def _quiet(step: str, rows: int) -> None:
    """No progress is shown."""


def sweep(*, now: datetime, progress: Progress = _quiet) -> SweepReport:
    """Refresh every patient of the scope and count what stands; the scope is the system's in jobs and commands."""
    started, today = monotonic(), now.date()
    ids = list(Patient.objects.filter(voided=False, merged_into=None).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with acting(current_scope(), REASON):
            refresh(batch, today=today, now=now)
        progress("patients", len(batch))
        log.info("sweep goes on", extra={"rows": start + len(batch), "seconds": round(monotonic() - started, 1)})
    raised = open_for_old_errors(now=now, after_days=settings.QUERY_ERRORS_AFTER_DAYS)
    with transaction.atomic():
        _count_findings(today)
        _count_answers(today)
    states = dict(DueItem.objects.order_by().values_list("state").annotate(Count("pk")))
    report = SweepReport(len(ids), Finding.objects.count(), states.get(DUE, 0), states.get(OVERDUE, 0), raised,
                         round(monotonic() - started, 1))  # fmt: skip
    log.info("sweep ended", extra={"rows": report.patients, "seconds": report.seconds})
    return report


def _count_findings(day: date) -> None:
    """The findings of every rule at every site today; a day's earlier counts are replaced."""
    rows = (
        Finding.objects.order_by()
        .values("patient__site_id", "rule")
        .annotate(
            open=Count("pk", filter=Q(acknowledged=False)),
            acknowledged=Count("pk", filter=Q(acknowledged=True)),
            patients=Count("patient", distinct=True),
        )
    )
    severities = dict(Finding.objects.order_by().values_list("rule", "severity").distinct())
    SweepResult.objects.filter(day=day).delete()
    SweepResult.objects.bulk_create(
        [
            SweepResult(day=day, site_id=row.pop("patient__site_id"), severity=severities[row["rule"]], **row)
            for row in rows
            if row["patient__site_id"] is not None
        ],
        batch_size=BATCH,
    )


def _count_answers(day: date) -> None:
    """How many of the questions asked are answered, at every site; the last sweep only is kept."""
    CompletenessResult.objects.all().delete()
    CompletenessResult.objects.bulk_create(
        [
            CompletenessResult(
                day=day, site_id=site, entity=entity, item=item, answered=share.answered, asked=share.asked
            )
            for (site, entity, item), share in completeness.by_field().items()
            if site is not None
        ],
        batch_size=BATCH,
    )


def trend(rule: str, *, sites: tuple[int, ...] | None) -> list[tuple[date, int]]:
    """Open findings of a rule on the days that were swept, oldest first; `sites` None means all."""
    rows = SweepResult.objects.filter(rule=rule)
    if sites is not None:
        rows = rows.filter(site_id__in=sites)
    counts: dict[date, int] = defaultdict(int)
    days = SweepResult.objects.order_by("day").values_list("day", flat=True).distinct()
    for day in days:
        counts[day] = 0
    for day, count in rows.values_list("day", "open"):
        counts[day] += count
    return sorted(counts.items())

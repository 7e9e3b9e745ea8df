"""Runs that take snapshots, and the schedules that ask for runs."""

from django.db import models
from django_celery_beat.models import PeriodicTask

from analytics.models.snapshots import Snapshot


class State(models.TextChoices):
    """How far a run has come."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Run(models.Model):
    """One request for a snapshot and what became of it: the truth, of which the message is only a hint.

    A worker holds a run until `lease_until`; `fence` counts the claims, so that a worker that was paused and
    replaced cannot write its result any more. `slot` names a schedule's moment: one run each, however often
    it is delivered.
    """

    plan = models.CharField(max_length=64)
    cutoff = models.DateField("cut-off")
    strata = models.CharField(max_length=200, blank=True, default="")
    slot = models.CharField(max_length=80, unique=True, null=True, blank=True)
    schedule = models.ForeignKey(PeriodicTask, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    step = models.CharField(max_length=80, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")
    snapshot = models.ForeignKey(Snapshot, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")

    class Meta:
        db_table = "analytics_run"
        ordering = ["-requested_at", "-id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="run_by_state")]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="run_state_known"),
            models.CheckConstraint(
                condition=~models.Q(state=State.DONE) | models.Q(snapshot__isnull=False),
                name="run_done_has_snapshot",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=State.FAILED) | ~models.Q(error=""), name="run_failed_says_why"
            ),
            models.UniqueConstraint(
                fields=["plan", "cutoff", "strata"],
                condition=models.Q(state=State.RUNNING),
                name="run_one_computation_per_question",
            ),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def by(self) -> tuple[str, ...]:
        return tuple(self.strata.split(",")) if self.strata else ()

    @property
    def seconds(self) -> float | None:
        """How long the last try took; None while it has not ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()


class ScheduleManager(models.Manager):
    """Only the periodic tasks that take snapshots; the scheduler's own upkeep is not edited by people."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(task=SCHEDULED_TASK)


SCHEDULED_TASK = "analytics.tasks.snapshot_on_schedule"


class Schedule(PeriodicTask):
    """A plan, a cut-off rule and the times of its snapshots: the scheduler's own row, as people see it."""

    objects = ScheduleManager()

    class Meta:
        proxy = True
        verbose_name = "schedule"

    def __str__(self) -> str:
        return self.name

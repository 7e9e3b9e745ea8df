"""Reports of snapshots, the orders to make them, who is told of them and who was.

The bytes of a report are frozen files like those of its snapshot.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django_celery_beat.models import PeriodicTask

from analytics.models.runs import Run
from analytics.models.snapshots import Snapshot


class Report(models.Model):
    """The rendered report of a snapshot by one version of the code; `files`: reading -> path -> hash and bytes.

    Never changed, never deleted: a newer version of the code adds a report beside it.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="reports")
    code_version = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    seconds = models.FloatField()
    files = models.JSONField()

    class Meta:
        db_table = "analytics_report"
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "code_version"], name="report_once_per_snapshot_and_code")
        ]

    def __str__(self) -> str:
        return f"Report {self.pk} of snapshot {self.snapshot_id}"

    def listed(self, *, disclosed: bool) -> dict[str, dict[str, Any]]:
        """Path -> hash and bytes, of what the reader may have."""
        return self.files["disclosed" if disclosed else "open"]


class ReportOrder(models.Model):
    """That a report of a snapshot is wanted: written with the run's result, answered by a worker, tried three times.

    `done_at` says that nothing more will come of it: the report is there, or `error` says why it is not.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="report_orders")
    code_version = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        db_table = "analytics_report_order"
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "code_version"],
                condition=models.Q(done_at__isnull=True),
                name="report_order_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"Order {self.pk} of a report of snapshot {self.snapshot_id}"


class Subscription(models.Model):
    """A person who is told by mail of every scheduled snapshot of a plan, or of one schedule only."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    plan = models.CharField(max_length=64, blank=True, default="")
    schedule = models.ForeignKey(PeriodicTask, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "analytics_subscription"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(plan="", schedule__isnull=False) | (~models.Q(plan="") & models.Q(schedule=None)),
                name="subscription_to_a_plan_or_a_schedule",
            ),
            models.UniqueConstraint(
                fields=["person", "plan"], condition=models.Q(schedule=None), name="subscription_to_a_plan_once"
            ),
            models.UniqueConstraint(
                fields=["person", "schedule"],
                condition=models.Q(schedule__isnull=False),
                name="subscription_to_a_schedule_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Subscription {self.pk}"


class Announcement(models.Model):
    """One mail to one person about one scheduled run: waiting until `sent_at`, never written a second time."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="announcements")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "analytics_announcement"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "person"], name="announcement_once_per_run_and_person")]

    def __str__(self) -> str:
        return f"Announcement {self.pk}"

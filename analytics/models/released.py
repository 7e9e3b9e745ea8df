"""Exports that were asked for, their release by a second person, and the ledger of what was handed over."""

from django.db import models


class Export(models.Model):
    """A snapshot asked for by somebody under an agreement, and what became of it.

    `files` lists what a worker made: path -> {sha256, bytes, rows, columns}; the bytes are `FrozenFile`s. An
    export that failed says why in `error`. `k` is the size of the smallest group of its patients who share their
    quasi-identifiers; where it is too small the export is held until a second person writes a `Release`. Whatever
    leaves is told by a `Handover` first.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being made"
        HELD = "held", "Waits for release"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"

    snapshot = models.ForeignKey("analytics.Snapshot", on_delete=models.PROTECT, related_name="exports")
    agreement = models.ForeignKey("registry.Agreement", on_delete=models.PROTECT, related_name="exports")
    tier = models.CharField(max_length=2)
    file_format = models.CharField("format", max_length=10)
    purpose = models.CharField(max_length=300)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    step = models.CharField(max_length=80, blank=True, default="")
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True, default="")
    patients = models.PositiveIntegerField(null=True, blank=True)
    k = models.PositiveIntegerField(null=True, blank=True)
    files = models.JSONField(default=dict)

    class Meta:
        db_table = "analytics_export"
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="failed") | ~models.Q(error=""), name="export_failed_says_why"
            ),
            models.CheckConstraint(condition=~models.Q(purpose=""), name="export_has_a_purpose"),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"

    @property
    def working(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)


class Release(models.Model):
    """A second person let an export out although few patients share their quasi-identifiers; never changed.

    It holds for these very bytes: the manifest names every file by its hash.
    """

    export = models.OneToOneField(Export, on_delete=models.PROTECT, related_name="release")
    k = models.PositiveIntegerField()
    manifest_sha256 = models.CharField(max_length=64)
    asked_by = models.CharField(max_length=150)
    released_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "analytics_release"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(released_by=models.F("asked_by")), name="release_by_a_second_person"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="release_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"Release of export {self.export_id}"


class Handover(models.Model):
    """The ledger of exports: files that were handed over, written before their first byte, never changed.

    `files`: [{path, sha256, bytes, rows, columns}]; agreement, tier, format and purpose are told as they were.
    """

    class Way(models.TextChoices):
        COMMAND = "command", "Command"
        PAGE = "page", "Page"
        API = "api", "API"

    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="handovers")
    snapshot = models.ForeignKey("analytics.Snapshot", on_delete=models.PROTECT, related_name="+")
    agreement = models.CharField(max_length=40)
    tier = models.CharField(max_length=2)
    file_format = models.CharField("format", max_length=10)
    purpose = models.CharField(max_length=300)
    files = models.JSONField()
    way = models.CharField(max_length=7, choices=Way)
    actor = models.CharField("to", max_length=150)
    at = models.DateTimeField()
    request_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        db_table = "analytics_handover"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Handover {self.pk} of export {self.export_id}"

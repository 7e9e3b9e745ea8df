"""Snapshots and what is said and found about them.

A snapshot lives in the database, files included (`FrozenFile`, named by its hash): it is committed whole or
not at all, the triggers guard its files like its row, a backup of the database is a backup of every snapshot,
and plans over the same data share their tables.
"""

import zlib
from collections.abc import Iterable

from django.db import models

from analytics.freezing import Frozen


class FrozenFile(models.Model):
    """The bytes of a file of one or several snapshots, kept once under their SHA-256."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField()
    packed = models.BinaryField()

    class Meta:
        db_table = "analytics_frozen_file"

    def __str__(self) -> str:
        return self.sha256

    @property
    def body(self) -> bytes:
        return zlib.decompress(bytes(self.packed))

    @classmethod
    def keep(cls, files: Iterable[Frozen]) -> None:
        """Write those of these files that are not held yet; IntegrityError when somebody else just wrote one."""
        wanted = {file.sha256: file for file in files}
        held = set(cls.objects.filter(pk__in=set(wanted)).values_list("pk", flat=True))
        cls.objects.bulk_create(
            cls(sha256=key, size=len(file.body), packed=zlib.compress(file.body, 1))
            for key, file in sorted(wanted.items())
            if key not in held
        )


#: What makes two snapshots of the registry as it stood when taken the same one.
SNAPSHOT_IDENTITY = ["plan", "strata", "cutoff", "data_sha256", "code_version", "conventions_sha256"]


class Snapshot(models.Model):
    """Frozen data, settings, code and results of one plan at one cut-off date; never changed, never deleted.

    `manifest` lists the files with their hashes, the settings and the versions; `strata` are joined by
    commas. `as_of` is the past moment whose registry was replayed from the memory; empty: as it stood when
    taken. Tags and hiding are rows of their own (`SnapshotLabel`).
    """

    plan = models.CharField(max_length=64)
    plan_version = models.CharField(max_length=16)
    cutoff = models.DateField("cut-off")
    strata = models.CharField(max_length=200, blank=True)
    as_of = models.DateTimeField("registry as of", null=True, blank=True)
    taken_at = models.DateTimeField()
    taken_by = models.CharField(max_length=150)
    data_sha256 = models.CharField("data SHA-256", max_length=64)
    results_sha256 = models.CharField("results SHA-256", max_length=64)
    code_version = models.CharField(max_length=64)
    conventions_sha256 = models.CharField(max_length=64)
    synthetic = models.BooleanField()
    patients = models.PositiveIntegerField()
    headline = models.JSONField()
    seconds = models.FloatField()
    manifest = models.JSONField()

    class Meta:
        db_table = "analytics_snapshot"
        ordering = ["-taken_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=SNAPSHOT_IDENTITY,
                condition=models.Q(as_of__isnull=True),
                name="snapshot_once_per_question_data_and_code",
            ),
            models.UniqueConstraint(
                fields=[*SNAPSHOT_IDENTITY, "as_of"],
                condition=models.Q(as_of__isnull=False),
                name="snapshot_of_the_past_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Snapshot {self.pk}"

    @property
    def by(self) -> tuple[str, ...]:
        """The strata asked for, in order."""
        return tuple(self.strata.split(",")) if self.strata else ()

    @property
    def hashes(self) -> dict[str, str]:
        """Path -> SHA-256 of every file of the snapshot."""
        return {path: entry["sha256"] for path, entry in self.manifest["files"].items()}

    def read(self, path: str) -> bytes:
        """The bytes of one file; KeyError when the snapshot has no such file."""
        return FrozenFile.objects.get(pk=self.hashes[path]).body

    def read_all(self, folder: str) -> dict[str, bytes]:
        """Every file of a folder by its path, in one query."""
        wanted = {path: value for path, value in self.hashes.items() if path.startswith(f"{folder}/")}
        bodies = {file.pk: file.body for file in FrozenFile.objects.filter(pk__in=set(wanted.values()))}
        return {path: bodies[value] for path, value in wanted.items()}


class Companion(models.Model):
    """What is said beside a snapshot's results, by one version of the code (`analytics.companions`); never changed.

    `files`: path -> {"sha256", "bytes"}, as a snapshot's manifest lists them.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="companions")
    code_version = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    seconds = models.FloatField()
    files = models.JSONField()

    class Meta:
        db_table = "analytics_companion"
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "code_version"], name="companion_once_per_code"),
        ]

    def __str__(self) -> str:
        return f"Companion {self.pk} of snapshot {self.snapshot_id}"

    @property
    def hashes(self) -> dict[str, str]:
        """Path -> SHA-256 of every file."""
        return {path: entry["sha256"] for path, entry in self.files.items()}

    def read(self, path: str) -> bytes:
        """The bytes of one file; KeyError when the companion has no such file."""
        return FrozenFile.objects.get(pk=self.hashes[path]).body


class ReadingsOrder(models.Model):
    """The companion of a snapshot is still to be made: since when it is asked for, who works on it until when."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, primary_key=True, related_name="+")
    sent_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "analytics_readings_order"

    def __str__(self) -> str:
        return f"Order of the readings of snapshot {self.snapshot_id}"


class SnapshotLabel(models.Model):
    """What people say about a snapshot - a tag, or that lists leave it out - without touching the snapshot.

    Rows are only ever added: taking a tag off and showing again are rows too (`analytics.labels` reads them).
    """

    class Kind(models.TextChoices):
        TAG = "tag", "Tagged"
        UNTAG = "untag", "Tag taken off"
        HIDE = "hide", "Left out of lists"
        SHOW = "show", "Listed again"

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="labels")
    kind = models.CharField(max_length=5, choices=Kind)
    text = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=500, blank=True, default="")
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        db_table = "analytics_snapshot_label"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind__in=["tag", "untag"]) | ~models.Q(text=""), name="label_tag_has_text"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="hide") | ~models.Q(reason=""), name="label_hiding_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.text}" if self.text else str(self.get_kind_display())


class Check(models.Model):
    """One recomputation of a snapshot that somebody asked for: when, and what it found."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="checks")
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    code_version = models.CharField(max_length=64, blank=True, default="")
    differences = models.JSONField(default=list)
    remarks = models.JSONField(default=list)

    class Meta:
        db_table = "analytics_check"
        ordering = ["-requested_at", "-id"]

    def __str__(self) -> str:
        return f"Check {self.pk} of snapshot {self.snapshot_id}"

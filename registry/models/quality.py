"""Findings of the edit checks, kept beside the data they speak about."""

from django.db import models
from django.utils import timezone

from registry.access import RecordManager


class Acknowledgement(models.Model):
    """Somebody accepts a warning, with a reason; it counts only while the values the check read stay as they were.

    `digest` is taken over those values (registry.acknowledging); `message` is the warning as it was worded then.
    """

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="acknowledgements")
    rule = models.CharField(max_length=8)
    entity = models.CharField(max_length=32)
    record_id = models.BigIntegerField(null=True)
    column = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64)
    message = models.CharField(max_length=500)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_acknowledgement"
        indexes = [models.Index(fields=["patient", "rule"], name="acknowledged_by_patient")]

    def __str__(self) -> str:
        return f"{self.rule} acknowledged by {self.actor}"


class Finding(models.Model):
    """An open contradiction, oddity or flag of one patient, as the last run of the checks left it.

    `columns` are the `entity.column` names the check read, `rows` the `entity:id` rows; both decide which endpoints
    the finding touches. `since` is when it was first seen. Derived from the rows: brought up to date whenever the
    patient's rows change, so not part of the memory.
    """

    patient = models.ForeignKey("registry.Patient", on_delete=models.CASCADE, related_name="findings")
    rule = models.CharField(max_length=8)
    severity = models.CharField(max_length=8)
    entity = models.CharField(max_length=32)
    record_id = models.BigIntegerField(null=True)
    column = models.CharField(max_length=64, blank=True, default="")
    message = models.CharField(max_length=500)
    columns = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    since = models.DateTimeField(default=timezone.now)
    acknowledgement = models.ForeignKey(
        Acknowledgement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged = models.BooleanField(default=False)

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_finding"
        indexes = [models.Index(fields=["patient", "rule"], name="finding_by_patient")]

    def __str__(self) -> str:
        return f"{self.rule} of {self.patient_id}"


class ImportBatch(models.Model):
    """One import that was committed: what file, by whom, with which counts."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    source_sha256 = models.CharField(max_length=64)
    created = models.JSONField(default=dict)
    updated = models.JSONField(default=dict)
    findings = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        db_table = "registry_import_batch"

    def __str__(self) -> str:
        return f"import {self.pk}"

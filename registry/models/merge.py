"""Two entries of one person made one, and what it takes to part them again."""

from django.db import models

from registry.access import RecordManager


class PatientMerge(models.Model):
    """The merge of a duplicate (`other`) into the patient who stays, with everything that was re-hung.

    `moved` maps a table to the ids of its rows that changed hands, `voided` to those voided because the survivor had
    the same; `parents` lists [table, id, column, parent before, parent after]; `care` the care sites that were added.
    """

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="merges")
    other = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=500)
    moved = models.JSONField(default=dict)
    voided = models.JSONField(default=dict)
    parents = models.JSONField(default=list)
    care = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=150, blank=True, default="")

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_patient_merge"

    def __str__(self) -> str:
        return f"{self.other_id} merged into {self.patient_id}"

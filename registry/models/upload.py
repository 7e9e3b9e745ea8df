"""Files that people send by the import page, on their way into the registry."""

from django.db import models


class ImportUpload(models.Model):
    """One upload: who sent it, how far it came, what it did. The file and what was found in it lie sealed beside
    the database until `expires_at`; this row holds neither names of files nor values.
    """

    class State(models.TextChoices):
        CHECKING = "CHECKING", "Being checked"
        READY = "READY", "Waiting for your decision"
        REFUSED = "REFUSED", "Refused"
        COMMITTING = "COMMITTING", "Being imported"
        DONE = "DONE", "Imported"
        FAILED = "FAILED", "Failed"
        UNDONE = "UNDONE", "Undone"

    user = models.ForeignKey("registry.User", on_delete=models.CASCADE, related_name="import_uploads")
    site_code = models.CharField(max_length=40, blank=True, default="")
    kind = models.CharField(max_length=5)
    size = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKING)
    rows = models.PositiveIntegerField(default=0)
    created = models.JSONField(default=dict)
    updated = models.JSONField(default=dict)
    unchanged = models.JSONField(default=dict)
    findings = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True, default="")
    request_id = models.CharField(max_length=64, unique=True)
    batch = models.ForeignKey("registry.ImportBatch", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "registry_import_upload"

    def __str__(self) -> str:
        return f"upload {self.pk}"

    @property
    def working(self) -> bool:
        return self.state in (self.State.CHECKING, self.State.COMMITTING)

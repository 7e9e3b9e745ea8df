"""What people typed and did not send."""

from django.db import models


class FormDraft(models.Model):
    """Unsent input of one opened form: sealed, its writer's alone, gone after two weeks.

    Not a record: outside the memory, snapshots and exports. `place` is the address of the form, `token` the
    one-time token of the opened form, so that two windows on one address do not overwrite each other. `since` is
    when its writer began to type, `at` when something was typed last.
    """

    user = models.ForeignKey("registry.User", on_delete=models.CASCADE, related_name="form_drafts")
    site = models.ForeignKey("registry.Site", null=True, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=200, db_index=True)
    token = models.CharField(max_length=64)
    sealed = models.BinaryField()
    since = models.DateTimeField()
    at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "registry_form_draft"
        constraints = [models.UniqueConstraint(fields=["user", "place", "token"], name="draft_once_per_form")]

    def __str__(self) -> str:
        return f"draft of {self.user_id} at {self.at}"

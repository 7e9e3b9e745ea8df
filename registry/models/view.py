"""What a person calls one way of narrowing the patient list."""

from django.db import models


class SavedView(models.Model):
    """A named way of narrowing the patient list, its owner's alone; `asked` are the parameters of the address.

    Not a record: outside the memory, snapshots and exports. It names sites, protocols and standings, never a patient.
    """

    user = models.ForeignKey("registry.User", on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    asked = models.CharField(max_length=400)

    class Meta:
        db_table = "registry_saved_view"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_once")]

    def __str__(self) -> str:
        return self.name

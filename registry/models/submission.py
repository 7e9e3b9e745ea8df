"""Forms that were sent: what makes every POST of a screen safe to repeat."""

from django.db import models


class SubmittedForm(models.Model):
    """A form that was answered: its one-time token, what was sent, and the address of the answer.

    Sending the same form again gives the first answer instead of a second row. Rows live two days.
    """

    actor = models.CharField(max_length=150)
    token = models.CharField(max_length=64)
    body_sha256 = models.CharField(max_length=64)
    answer_url = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "registry_submitted_form"
        constraints = [models.UniqueConstraint(fields=["actor", "token"], name="form_answered_once")]

    def __str__(self) -> str:
        return f"form of {self.actor} at {self.at}"

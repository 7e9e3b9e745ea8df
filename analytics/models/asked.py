"""What people ask on pages: looks at live data, comparisons, and the analyses they keep by name."""

from django.db import models


class Look(models.Model):
    """A question that a worker answers for a page: asked, tried three times at most, kept a month.

    `asked` holds keys and numbers only; `body` the answer, undisclosed. `done_at` says that nothing more will come of
    it: the answer is there, or `error` says in a sentence why it is not.
    """

    class Kind(models.TextChoices):
        QUESTION = "question", "Question to the live data"
        COMPARISON = "comparison", "Comparison of two snapshots"

    kind = models.CharField(max_length=10, choices=Kind)
    asked = models.JSONField()
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=80, blank=True, default="")
    done_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True, default="")
    body = models.JSONField(null=True)

    class Meta:
        db_table = "analytics_look"
        ordering = ["-requested_at", "-id"]
        indexes = [models.Index(fields=["done_at", "sent_at"], name="look_waiting")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(body__isnull=False) | ~models.Q(error=""),
                name="look_done_has_answer_or_error",
            ),
        ]

    def __str__(self) -> str:
        return f"Look {self.pk}"


class SavedAnalysis(models.Model):
    """A question with a name and an owner: plan, strata, cut-off rule, and what was asked of them."""

    name = models.CharField(max_length=120, unique=True)
    plan = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    strata = models.CharField(max_length=200, blank=True, default="")
    exposure = models.CharField(max_length=64, blank=True, default="")
    method = models.CharField(max_length=20)
    cutoff = models.CharField("cut-off rule", max_length=20)
    owner = models.CharField(max_length=150)
    saved_at = models.DateTimeField()

    class Meta:
        db_table = "analytics_saved_analysis"
        ordering = ["name"]
        verbose_name_plural = "saved analyses"

    def __str__(self) -> str:
        return self.name

    @property
    def by(self) -> tuple[str, ...]:
        """The strata, in order."""
        return tuple(self.strata.split(",")) if self.strata else ()

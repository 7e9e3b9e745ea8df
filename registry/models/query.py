"""Data queries: a question about a value, its thread and its state."""

from django.conf import settings
from django.db import models

from registry.access import RecordManager


class QueryState(models.TextChoices):
    """Where a question stands: asked, answered by the site, settled, asked again."""

    OPEN = "OPEN", "Open"
    ANSWERED = "ANSWERED", "Answered"
    CLOSED = "CLOSED", "Closed"
    REOPENED = "REOPENED", "Reopened"


#: States in which somebody still has something to do.
ACTIVE = (QueryState.OPEN, QueryState.ANSWERED, QueryState.REOPENED)
#: States in which the site has to answer.
WAITING = (QueryState.OPEN, QueryState.REOPENED)


class Query(models.Model):
    """A question about one field of one row (or, without a row, about the chart), raised by a person or by a check.

    `rule` names the check whose finding is asked about; `digest` is taken over the field's value when it was asked.
    """

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="queries")
    entity = models.CharField(max_length=32)
    record_id = models.BigIntegerField(null=True)
    column = models.CharField(max_length=64, blank=True, default="")
    rule = models.CharField(max_length=8, blank=True, default="")
    by_check = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=8, choices=QueryState, default=QueryState.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=150)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True, default="")
    times_reopened = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_query"
        indexes = [
            models.Index(fields=["patient", "state"], name="query_by_patient"),
            models.Index(fields=["state", "opened_at"], name="query_by_age"),
        ]

    def __str__(self) -> str:
        return f"query {self.pk}"


class QueryMessage(models.Model):
    """One contribution to the thread of a query, with the state it left the query in."""

    query = models.ForeignKey(Query, on_delete=models.PROTECT, related_name="messages")
    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    author = models.CharField(max_length=150)
    text = models.CharField(max_length=2000, blank=True, default="")
    state = models.CharField(max_length=8, choices=QueryState)

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_query_message"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"message of query {self.query_id}"

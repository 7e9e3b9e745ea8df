"""The memory: one append-only table of changes, written by database triggers only, sealed in a chain."""

from django.db import models


class Change(models.Model):
    """One inserted, changed or deleted row of a tracked table: who, when, why, old and new values.

    `changes` is JSON text {column: [old, new]}; `row_hash` covers what it tells (registry.memory_sql.HASHED);
    `txid` is PostgreSQL's transaction, by which the chain is linked.
    """

    at = models.CharField(max_length=27, db_index=True)
    actor = models.CharField(max_length=200)
    request_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    entity = models.CharField(max_length=64)
    record_id = models.BigIntegerField()
    patient_id = models.BigIntegerField(null=True)
    operation = models.CharField(max_length=1)
    changes = models.TextField()
    txid = models.BigIntegerField(null=True)
    row_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "registry_change"
        indexes = [
            models.Index(fields=["entity", "record_id"], name="change_by_record"),
            models.Index(fields=["patient_id"], name="change_by_patient"),
        ]

    def __str__(self) -> str:
        return f"change {self.pk}"


class ChangeSeal(models.Model):
    """A link of the chain: the changes from `first_id` to `last_id`, hashed together with the link before."""

    first_id = models.BigIntegerField(unique=True)
    last_id = models.BigIntegerField(unique=True)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "registry_change_seal"

    def __str__(self) -> str:
        return f"seal {self.pk}"

"""What every record shares: scope, status, version, who and when, reasons for absent values."""

from typing import Any, ClassVar

from django.db import models

from registry.access import RecordManager
from registry.dictionary.cells import Answer
from registry.dictionary.items import EXTENDED, FREE_TEXT, Entity, Item, Kind
from registry.fields import TextItem


class Status(models.TextChoices):
    """How far a record has come (data dictionary 1.2)."""

    DRAFT = "DRAFT", "Draft"
    COMPLETE = "COMPLETE", "Complete"
    VERIFIED = "VERIFIED", "Verified"
    LOCKED = "LOCKED", "Locked"


class StaleVersion(RuntimeError):
    """Somebody else saved the record since it was read; nothing was written."""


class Record(models.Model):
    """One row of the registry, remembered, versioned, voided rather than deleted.

    `missing` maps an item to why it has no value, `comparators` an item to `<`, `<=`, `>=`, `>`.
    `source_key` is a keyed hash of the row's own key in the file it came from.
    """

    entity: ClassVar[Entity]

    record_status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    voided = models.BooleanField(default=False)
    void_reason = models.CharField(max_length=500, blank=True, default="")
    missing = models.JSONField(default=dict, blank=True)
    comparators = models.JSONField(default=dict, blank=True)
    source_document = TextItem(Item("Source document", "Where in the chart the row was read.", FREE_TEXT, EXTENDED,
                                    "data dictionary 1.7"))  # fmt: skip
    source_key = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    modified_at = models.DateTimeField()
    modified_by = models.CharField(max_length=150)

    objects = RecordManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.entity.label} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write with a version check: an update from a stale copy raises StaleVersion and writes nothing."""
        if self._state.adding:
            return super().save(*args, **kwargs)
        held = self.version
        current = type(self)._base_manager.select_for_update().filter(pk=self.pk).values_list("version", flat=True)
        if list(current) != [held]:
            raise StaleVersion("Somebody else changed this record in the meantime. Nothing was overwritten.")
        self.version = held + 1
        kwargs["force_update"] = True
        try:
            return super().save(*args, **kwargs)
        except Exception:
            self.version = held
            raise

    def delete(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("Records are voided with a reason, never deleted.")

    @classmethod
    def item_fields(cls) -> list[models.Field]:
        return [field for field in cls._meta.get_fields() if getattr(field, "item", None) is not None]

    def answer(self, name: str) -> Answer:
        """What is known of one item of this row."""
        field = self._meta.get_field(name)
        partial = field.kind is Kind.DATE and field.item.partial
        return Answer(
            value=getattr(self, field.attname),
            precision=getattr(self, f"{name}_precision") if partial else "",
            missing=self.missing.get(name, ""),
            comparator=self.comparators.get(name, ""),
        )

    def put(self, name: str, answer: Answer) -> None:
        """Set one item from an answer: value, precision, comparator and the reason for absence together."""
        field = self._meta.get_field(name)
        empty = field.get_default() if answer.value is None else answer.value
        setattr(self, field.attname, empty)
        if field.kind is Kind.DATE and field.item.partial:
            setattr(self, f"{name}_precision", answer.precision)
        self.missing = _with(self.missing, name, answer.missing)
        self.comparators = _with(self.comparators, name, answer.comparator)


def _with(mapping: dict, key: str, value: str) -> dict:
    """The mapping with the key set, or without it when the value is blank; a copy where that changes it."""
    if mapping.get(key, "") == value:
        return mapping
    changed = {name: kept for name, kept in mapping.items() if name != key}
    if value:
        changed[key] = value
    return changed


class PatientRecord(Record):
    """A row of one patient; visible at every site that cares for the patient."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="%(class)s_rows")

    objects = RecordManager("patient")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.entity.label} of {self.patient.registry_id}"


#: Columns every entity carries beside its items, in the order extraction writes them.
SYSTEM_COLUMNS = (
    "id",
    "record_status",
    "version",
    "voided",
    "void_reason",
    "missing",
    "comparators",
    "source_document",
    "source_key",
    "created_at",
    "created_by",
    "modified_at",
    "modified_by",
)

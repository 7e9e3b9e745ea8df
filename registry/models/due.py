"""What is due for whom, and how complete it is: kept by the nightly sweep and by every save."""

from django.db import models

from registry.access import RecordManager


class DueItem(models.Model):
    """One thing to do for a patient: a visit in its window, a contact, a consent. Derived; not part of the memory."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.CASCADE, related_name="due_items")
    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=8, blank=True, default="")
    label = models.CharField(max_length=100)
    opens_on = models.DateField()
    due_on = models.DateField()
    closes_on = models.DateField()
    state = models.CharField(max_length=8)

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_due_item"
        indexes = [models.Index(fields=["state", "closes_on"], name="due_by_state")]

    def __str__(self) -> str:
        return f"{self.label} of {self.patient_id}"


class FollowUpState(models.Model):
    """How contact with a patient stands, the person-time observed of the one expected, and where the patient stands.

    Derived: brought up to date with every change of a row of the patient."""

    patient = models.OneToOneField(
        "registry.Patient", primary_key=True, on_delete=models.CASCADE, related_name="follow_up_state"
    )
    contact = models.CharField(max_length=12)
    last_contact = models.DateField(null=True)
    observed_days = models.PositiveIntegerField(default=0)
    expected_days = models.PositiveIntegerField(default=0)
    #: One of registry.standing.STANDINGS.
    standing = models.CharField(max_length=16, default="not_infused")

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_follow_up_state"

    def __str__(self) -> str:
        return f"contact with {self.patient_id}: {self.contact}"


class ContactAttempt(models.Model):
    """Somebody tried to reach the patient in vain; two attempts and two years make a patient lost."""

    patient = models.ForeignKey("registry.Patient", on_delete=models.PROTECT, related_name="contact_attempts")
    on = models.DateField()
    how = models.CharField(max_length=40)
    text = models.CharField(max_length=500, blank=True, default="")
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)

    objects = RecordManager("patient")

    class Meta:
        db_table = "registry_contact_attempt"

    def __str__(self) -> str:
        return f"attempt on {self.on} for {self.patient_id}"


class SweepResult(models.Model):
    """How many findings of a rule were open and acknowledged at a site on one day: the trend of data quality."""

    day = models.DateField()
    site = models.ForeignKey("registry.Site", on_delete=models.CASCADE, related_name="+")
    rule = models.CharField(max_length=8)
    severity = models.CharField(max_length=8)
    open = models.PositiveIntegerField(default=0)
    acknowledged = models.PositiveIntegerField(default=0)
    patients = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "registry_sweep_result"
        constraints = [models.UniqueConstraint(fields=["day", "site", "rule"], name="sweep_once_a_day")]

    def __str__(self) -> str:
        return f"{self.rule} at {self.site_id} on {self.day}"


class CompletenessResult(models.Model):
    """How many of the questions asked at a site were answered, per entity and item, at the last sweep."""

    day = models.DateField()
    site = models.ForeignKey("registry.Site", on_delete=models.CASCADE, related_name="+")
    entity = models.CharField(max_length=32)
    item = models.CharField(max_length=64)
    answered = models.PositiveIntegerField(default=0)
    asked = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "registry_completeness_result"
        constraints = [models.UniqueConstraint(fields=["site", "entity", "item"], name="completeness_once")]

    def __str__(self) -> str:
        return f"{self.entity}.{self.item} at {self.site_id}"

"""The patient, the identity kept apart, consent and enrollment (data dictionary 4.1-4.3)."""

from typing import Any

from django.db import models

from registry.access import RecordManager
from registry.dictionary.cells import Answer
from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, DIRECT, EXTENDED, FREE_TEXT, QUASI, Entity, Is, Item
from registry.fields import (
    CodeItem,
    CodesItem,
    DateItem,
    ReferenceItem,
    TextItem,
    partial_date_constraint,
)
from registry.models.base import PatientRecord, Record
from registry.models.reference import Protocol, Site

S1 = "data dictionary 4.1"


class Patient(Record):
    """A child or young adult in the registry; everything else hangs on this row."""

    entity = Entity("patient", "Patient", "Patients", chart=Chart.REGISTRATION, natural_key="registry_id",
                    derived=("registry_id",), sections=(
        ("Who", ("site", "birth_date", "sex_at_birth", "entry_route")),
    ))  # fmt: skip

    registry_id = models.CharField(max_length=12, unique=True)
    site = ReferenceItem(
        Site, Item("Enrolling site", "The site that enrolls the patient.", QUASI, CORE, S1), related_name="+"
    )
    sex_at_birth = CodeItem(
        Item(
            "Sex at birth",
            "Sex recorded at birth.",
            QUASI,
            CORE,
            S1,
            codes="sex_at_birth",
            maps=(("FHIR", "us-core-birthsex"),),
        )
    )
    race = CodesItem(Item("Race", "OMB categories, as reported.", QUASI, EXTENDED, S1, codes="race"))
    ethnicity = CodeItem(Item("Ethnicity", "OMB category, as reported.", QUASI, EXTENDED, S1, codes="ethnicity"))
    country_residence = CodeItem(Item("Country of residence", "ISO 3166-1 code.", QUASI, EXTENDED, S1, codes="country"))
    down_syndrome = CodeItem(
        Item(
            "Down syndrome", "Constitutional trisomy 21.", CLINICAL, EXTENDED, S1, codes="yes_no", chart=Chart.GENETICS
        )
    )
    other_predisposition = TextItem(
        Item("Other predisposition", "For example germline TP53.", FREE_TEXT, EXTENDED, S1, chart=Chart.GENETICS)
    )
    entry_route = CodeItem(
        Item(
            "Entry route",
            "Entered before or after the events happened.",
            CLINICAL,
            CORE,
            S1,
            codes="entry_route",
            chart=Chart.STUDY,
        )
    )
    ascertained_on = DateItem(
        Item(
            "Under observation since",
            "When the patient came under observation, if after treatment: delayed entry into the risk set.",
            DATE,
            EXTENDED,
            S1,
            partial=True,
            chart=Chart.STUDY,
        )
    )
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = RecordManager("pk")

    class Meta:
        constraints = [partial_date_constraint("patient", "ascertained_on")]

    def __str__(self) -> str:
        return self.registry_id

    def answer(self, name: str) -> Answer:
        return self.identity.answer(name) if name in IDENTITY_ITEMS else super().answer(name)

    def put(self, name: str, answer: Answer) -> None:
        if name in IDENTITY_ITEMS:
            self.identity.put(name, answer)
        else:
            super().put(name, answer)


class SubjectIdentity(Record):
    """What could name the person: birth date and the keyed hash of the source's own id. Kept apart from the chart."""

    entity = Entity("identity", "Identity", "Identities", chart=Chart.REGISTRATION)

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="identity")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    birth_date = DateItem(
        Item(
            "Birth date",
            "Day or month of birth; everything else uses ages.",
            DIRECT,
            CORE,
            S1,
            partial=True,
            finest="DM",
            maps=(("FHIR", "Patient.birthDate"),),
        )
    )
    site_local_hash = models.CharField(max_length=64, blank=True, default="")

    objects = RecordManager("patient")

    class Meta:
        constraints = [
            partial_date_constraint("identity", "birth_date"),
            models.UniqueConstraint(
                fields=["site", "site_local_hash"],
                condition=~models.Q(site_local_hash=""),
                name="identity_local_id_once_per_site",
            ),
        ]

    def __str__(self) -> str:
        return f"identity of {self.patient_id}"


IDENTITY_ITEMS = ("birth_date", "birth_date_source")


class CareNow(models.Manager):
    """Care that has not ended; the base manager knows all of it."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(until=None)


class CareSite(models.Model):
    """A site that cares for a patient and therefore sees the chart, until the care ends."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_sites")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects = CareNow()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "site"], name="care_site_once")]

    def __str__(self) -> str:
        return f"care of {self.patient_id} at {self.site_id}"


def _consent(label: str, definition: str, privacy: Any = CLINICAL, level: Any = CORE, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.2", **more)


class Consent(PatientRecord):
    """A consent, assent or waiver: what the patient or family agreed to, and when."""

    entity = Entity("consent", "Consent", "Consents", chart=Chart.CONSENT, dated_by="effective_date")

    kind = CodeItem(_consent("Kind", "What the consent covers.", codes="consent_kind"))
    status = CodeItem(_consent("Status", "Given, declined, withdrawn, waived.", codes="consent_status"))
    signed_by = CodeItem(_consent("Signed by", "Who signed.", level=EXTENDED, codes="signed_by"))
    assent = CodeItem(_consent("Assent", "The child's own assent.", level=EXTENDED, codes="yes_no"))
    effective_date = DateItem(_consent("Effective date", "Day from which it holds.", DATE))
    withdrawn_on = DateItem(
        _consent("Withdrawn on", "Day of the withdrawal.", DATE, partial=True, asked_if=Is("status", "WITHDRAWN"))
    )
    withdrawal_scope = CodeItem(
        _consent(
            "Scope of withdrawal",
            "Stop collecting, or delete.",
            codes="withdrawal_scope",
            asked_if=Is("status", "WITHDRAWN"),
        )
    )
    document_version = TextItem(_consent("Document version", "Version signed.", level=EXTENDED))
    irb_ref = TextItem(_consent("Ethics reference", "Reference of the ethics committee.", level=EXTENDED))

    class Meta:
        constraints = [partial_date_constraint("consent", "withdrawn_on")]
        # Who withdrew is asked of everybody, and told of few.
        indexes = [models.Index(fields=["patient"], condition=models.Q(status="WITHDRAWN"), name="consent_withdrawn")]


class Enrollment(PatientRecord):
    """Enrollment of the patient in a protocol."""

    entity = Entity("enrollment", "Enrollment", "Enrollments", chart=Chart.STUDY, dated_by="enrolled_on")

    protocol = ReferenceItem(
        Protocol, Item("Protocol", "The protocol enrolled in.", QUASI, CORE, "data dictionary 4.3"), related_name="+"
    )
    subject_number = TextItem(
        Item(
            "Subject number", "Number in the trial; restricted.", DIRECT, EXTENDED, "data dictionary 4.3", max_length=40
        )
    )
    enrolled_on = DateItem(Item("Enrolled on", "Day of enrollment.", DATE, CORE, "data dictionary 4.3", partial=True))
    off_study_on = DateItem(
        Item("Off study on", "Day the patient left the study.", DATE, EXTENDED, "data dictionary 4.3", partial=True)
    )
    off_study_reason = CodeItem(
        Item(
            "Off study reason",
            "Why the patient left.",
            CLINICAL,
            EXTENDED,
            "data dictionary 4.3",
            codes="off_study_reason",
        )
    )

    class Meta:
        constraints = [
            partial_date_constraint("enrollment", "enrolled_on"),
            partial_date_constraint("enrollment", "off_study_on"),
            models.UniqueConstraint(
                fields=["patient", "protocol"], condition=models.Q(voided=False), name="H14_one_enrollment"
            ),
        ]

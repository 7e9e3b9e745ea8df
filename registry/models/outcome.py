"""Contacts and death (data dictionary 4.16-4.17)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, EXTENDED, Entity, Is, Item
from registry.fields import CodeItem, CodesItem, DateItem, partial_date_constraint
from registry.models.base import PatientRecord


def _item(label: str, definition: str, privacy: Any = CLINICAL, level: Any = CORE, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.16", **more)


class FollowUp(PatientRecord):
    """One contact or chart review: alive or not, in remission or not, and when that was last looked at."""

    entity = Entity("follow_up", "Follow-up", "Follow-ups", chart=Chart.CLINIC, dated_by="contact_date")

    contact_date = DateItem(_item("Contact date", "Day of the contact.", DATE, partial=True))
    contact_kind = CodeItem(_item("Kind of contact", "How the information was obtained.", codes="contact_kind"))
    vital_status = CodeItem(_item("Vital status", "Alive, dead or lost to follow-up.", codes="vital_status"))
    disease_status = CodeItem(
        _item("Disease status", "State of the disease; NA for non-malignant disease.", codes="disease_status")
    )
    disease_evaluated_on = DateItem(
        _item(
            "Disease evaluated on",
            "Day of the last marrow, blood or clinical evaluation.",
            DATE,
            partial=True,
            asked_if=Is("disease_status", "CR", "CR_MRDPOS", "ACTIVE"),
            chart=Chart.PATHOLOGY,
        )
    )
    new_therapy_since_last = CodeItem(
        _item("New therapy since last contact", "Any new treatment.", codes="new_therapy")
    )
    subsequent_malignancy = CodeItem(
        _item("Subsequent malignancy", "A second cancer.", level=EXTENDED, codes="yes_no", chart=Chart.PATHOLOGY)
    )
    ivig_ongoing = CodeItem(_item("Immunoglobulins ongoing", "IVIG replacement.", level=EXTENDED, codes="yes_no"))
    fertility = CodeItem(_item("Fertility assessed", "Fertility was assessed.", level=EXTENDED, codes="yes_no"))
    qol_done = CodeItem(_item("Quality of life", "Questionnaire done.", level=EXTENDED, codes="yes_no"))

    class Meta:
        constraints = [
            partial_date_constraint("follow_up", "contact_date"),
            partial_date_constraint("follow_up", "disease_evaluated_on"),
        ]


def _death(label: str, definition: str, privacy: Any = CLINICAL, level: Any = CORE, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.17", **more)


class Death(PatientRecord):
    """The death of the patient, its day and its causes; a fact of its own, not a flag on a visit."""

    entity = Entity(
        "death", "Death", "Deaths", chart=Chart.DEATH, dated_by="death_date", many=False, derived=("category",)
    )

    death_date = DateItem(_death("Death date", "Day of death.", DATE, partial=True))
    primary_cause = CodeItem(_death("Primary cause", "The underlying cause, one only.", codes="cause_of_death"))
    contributing_causes = CodesItem(
        _death("Contributing causes", "Further causes.", level=EXTENDED, codes="cause_of_death")
    )
    autopsy = CodeItem(_death("Autopsy", "Autopsy done.", level=EXTENDED, codes="yes_no", chart=Chart.AUTOPSY))
    disease_status_at_death = CodeItem(
        _death(
            "Disease at death", "In remission or with active disease.", codes="status_at_death", chart=Chart.DISCHARGE
        )
    )
    related_to = CodesItem(
        _death("Related to", "Treatments the death is attributed to.", codes="related_to", chart=Chart.DISCHARGE)
    )

    class Meta:
        constraints = [
            partial_date_constraint("death", "death_date"),
            models.UniqueConstraint(fields=["patient"], condition=models.Q(voided=False), name="one_death_per_patient"),
        ]

"""Response assessments after CAR T, salvage or transplant (data dictionary 4.10)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, EXTENDED, Entity, Item
from registry.fields import CodeItem, DateItem, DecimalItem, exactly_one, partial_date_constraint
from registry.models.base import PatientRecord
from registry.models.infusion import CARTInfusion
from registry.models.relapse import SalvageTherapy
from registry.models.transplant import HSCT


def _item(label: str, definition: str, privacy: Any = CLINICAL, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.10", **more)


class ResponseAssessment(PatientRecord):
    """One look at the disease, dated by the sample; it assesses exactly one treatment."""

    entity = Entity("response", "Response assessment", "Response assessments", chart=Chart.PATHOLOGY,
                    dated_by="assessment_date", one_of=("infusion", "salvage", "hsct"), sections=(
        ("Assessment", ("context", "assessment_date", "timepoint", "response", "mrd_status")),
        ("Findings", ("marrow_blast_pct", "em_disease", "anc", "platelets", "transfusion_independent",
                      "donor_chimerism_pct", "bca_present")),
    ))  # fmt: skip

    infusion = models.ForeignKey(
        CARTInfusion, null=True, blank=True, on_delete=models.PROTECT, related_name="responses"
    )
    salvage = models.ForeignKey(
        SalvageTherapy, null=True, blank=True, on_delete=models.PROTECT, related_name="responses"
    )
    hsct = models.ForeignKey(HSCT, null=True, blank=True, on_delete=models.PROTECT, related_name="responses")
    context = CodeItem(
        _item("Context", "Which treatment is assessed.", level=CORE, codes="response_context", chart=Chart.CLINIC)
    )
    assessment_date = DateItem(
        _item("Assessment date", "Day of the sample, not of the report.", DATE, CORE, partial=True)
    )
    timepoint = CodeItem(
        _item("Timepoint", "Planned time of the assessment.", level=CORE, codes="timepoint", chart=Chart.CLINIC)
    )
    response = CodeItem(
        _item(
            "Response",
            "Response by the registry's definitions.",
            level=CORE,
            codes="response",
            maps=(("LOINC", "97509-4"),),
        )
    )
    mrd_status = CodeItem(
        _item("MRD", "Minimal residual disease in marrow.", level=CORE, codes="mrd_status", chart=Chart.MRD)
    )
    marrow_blast_pct = DecimalItem(_item("Marrow blasts", "Percent of nucleated cells.", unit="%", possible=(0, 100)))
    em_disease = CodeItem(_item("Extramedullary disease", "Where, if any.", codes="em_disease", chart=Chart.IMAGING))
    anc = DecimalItem(
        _item(
            "Neutrophils",
            "Absolute neutrophil count.",
            unit="10^9/L",
            possible=(0, 1000),
            plausible=(0, 50),
            chart=Chart.LAB,
        )
    )
    platelets = DecimalItem(
        _item("Platelets", "Platelet count.", unit="10^9/L", possible=(0, 10000), plausible=(0, 2000), chart=Chart.LAB)
    )
    transfusion_independent = CodeItem(
        _item("Transfusion independent", "No transfusion needed.", codes="yes_no", chart=Chart.CLINIC)
    )
    donor_chimerism_pct = DecimalItem(
        _item("Donor chimerism", "Percent of donor cells.", unit="%", possible=(0, 100), chart=Chart.GENETICS)
    )
    bca_present = CodeItem(_item("B-cell aplasia", "No B cells found.", codes="yes_no", chart=Chart.FLOW))

    class Meta:
        constraints = [
            partial_date_constraint("response", "assessment_date"),
            exactly_one("response", "infusion", "salvage", "hsct"),
        ]

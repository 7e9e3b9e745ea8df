"""The disease at its first diagnosis (data dictionary 4.4)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, EXTENDED, Entity, Item
from registry.fields import CodeItem, DateItem, DecimalItem, IntegerItem, partial_date_constraint
from registry.models.base import PatientRecord


def _dx(label: str, definition: str, *, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, CLINICAL, level, "data dictionary 4.4", **more)


def _lesion(label: str) -> CodeItem:
    return CodeItem(_dx(label, f"{label} in the leukemia at diagnosis.", codes="yes_no", chart=Chart.GENETICS))


class Diagnosis(PatientRecord):
    """The disease, its risk group and its genetics."""

    entity = Entity("diagnosis", "Diagnosis", "Diagnoses", chart=Chart.DISCHARGE, dated_by="diagnosis_date",
                    many=False, sections=(
        ("Disease", ("diagnosis_date", "disease", "n_relapses_before_cart", "primary_refractory")),
        ("At diagnosis", ("wbc_at_dx", "nci_risk", "cns_status_dx", "testicular_dx")),
        ("Genetics", ("cyto_group", "kmt2a_r", "bcr_abl1", "ph_like", "hypodiploid", "tcf3_hlf", "etv6_runx1",
                      "hyperdiploid", "iamp21", "ikzf1_del", "tcf3_pbx1", "tp53")),
    ))  # fmt: skip

    diagnosis_date = DateItem(
        Item(
            "Diagnosis date",
            "Day the diagnostic sample was taken, not of symptoms.",
            DATE,
            CORE,
            "data dictionary 4.4",
            partial=True,
            chart=Chart.PATHOLOGY,
        )
    )
    disease = CodeItem(
        _dx(
            "Disease",
            "Disease for which the patient is treated.",
            level=CORE,
            codes="disease",
            maps=(("SNOMED CT", "277571004"), ("ICD-10-CM", "C91.0")),
            chart=Chart.PATHOLOGY,
        )
    )
    wbc_at_dx = DecimalItem(
        _dx(
            "White cells at diagnosis",
            "White cell count at diagnosis.",
            unit="10^9/L",
            possible=(0, 5000),
            plausible=(0.1, 1000),
            chart=Chart.LAB,
        )
    )
    nci_risk = CodeItem(_dx("NCI risk", "NCI risk group at diagnosis.", codes="nci_risk"))
    cns_status_dx = CodeItem(_dx("CNS status at diagnosis", "CNS 1-3.", codes="cns_status", chart=Chart.CSF))
    testicular_dx = CodeItem(
        _dx("Testicular disease", "Testicular involvement at diagnosis.", codes="yes_no", chart=Chart.CLINIC)
    )
    cyto_group = CodeItem(
        _dx("Cytogenetic group", "Hierarchical risk group.", codes="cyto_group", chart=Chart.GENETICS)
    )
    kmt2a_r = _lesion("KMT2A rearrangement")
    bcr_abl1 = _lesion("BCR::ABL1")
    ph_like = _lesion("Ph-like")
    hypodiploid = _lesion("Hypodiploidy")
    tcf3_hlf = _lesion("TCF3::HLF")
    etv6_runx1 = _lesion("ETV6::RUNX1")
    hyperdiploid = _lesion("High hyperdiploidy")
    iamp21 = _lesion("iAMP21")
    ikzf1_del = _lesion("IKZF1 deletion")
    tcf3_pbx1 = _lesion("TCF3::PBX1")
    tp53 = _lesion("TP53 alteration")
    n_relapses_before_cart = IntegerItem(
        _dx(
            "Relapses before CAR T",
            "Number of relapses before the index infusion; NA for a patient without any CAR T infusion.",
            level=CORE,
            possible=(0, 20),
            plausible=(0, 3),
        )
    )
    primary_refractory = CodeItem(_dx("Primary refractory", "Never in remission before CAR T.", codes="yes_no"))

    class Meta:
        constraints = [
            partial_date_constraint("diagnosis", "diagnosis_date"),
            models.UniqueConstraint(
                fields=["patient"], condition=models.Q(voided=False), name="one_diagnosis_per_patient"
            ),
        ]

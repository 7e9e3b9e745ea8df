"""Stem cell transplants: one table for all of them, whatever their role (data dictionary 4.9)."""

from typing import Any

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, EXTENDED, QUASI, Entity, Item
from registry.fields import (
    CodeItem,
    CodesItem,
    DateItem,
    DecimalItem,
    IntegerItem,
    ReferenceItem,
    TextItem,
    partial_date_constraint,
)
from registry.models.base import PatientRecord
from registry.models.reference import Site


def _item(label: str, definition: str, privacy: Any = CLINICAL, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.9", **more)


class HSCT(PatientRecord):
    """A stem cell transplant before, between or after CAR T; its role follows from the dates."""

    entity = Entity("hsct", "Transplant", "Transplants", chart=Chart.TRANSPLANT, dated_by="hsct_date",
                    derived=("hsct_number", "role", "prior_hsct_count"), sections=(
        ("Transplant", ("hsct_date", "site", "hsct_type", "status_at_hsct", "cr_number", "reason")),
        ("Donor and graft", ("donor", "hla_match", "graft")),
        ("Preparation", ("conditioning", "tbi_gy", "gvhd_prophylaxis", "hct_ci", "age_at_hsct")),
        ("Engraftment", ("engraft_anc_date", "engraft_plt_date", "graft_failure")),
    ))  # fmt: skip

    site = ReferenceItem(Site, _item("Treating site", "Where the graft was infused.", QUASI, CORE), related_name="+")
    hsct_date = DateItem(_item("Transplant date", "Day the graft was infused.", DATE, CORE, partial=True))
    age_at_hsct = DecimalItem(
        _item(
            "Age at transplant",
            "Used where the birth date is unknown.",
            QUASI,
            unit="years",
            possible=(0, 120),
            plausible=(0, 80),
        )
    )
    hsct_type = CodeItem(_item("Type", "Allogeneic, autologous or syngeneic.", level=CORE, codes="hsct_type"))
    donor = CodeItem(_item("Donor", "Donor of the graft.", codes="donor"))
    hla_match = TextItem(_item("HLA match", "For example 10/10.", max_length=20))
    graft = CodeItem(_item("Graft", "Source of the stem cells.", codes="graft"))
    conditioning = CodeItem(_item("Conditioning", "Intensity by the working definitions.", codes="conditioning"))
    tbi_gy = DecimalItem(
        _item(
            "Total body irradiation",
            "Dose given.",
            unit="Gy",
            possible=(0, 30),
            plausible=(0, 15),
            chart=Chart.RADIATION,
        )
    )
    gvhd_prophylaxis = CodesItem(_item("GVHD prophylaxis", "Agents given.", codes="gvhd_prophylaxis"))
    hct_ci = IntegerItem(_item("HCT-CI", "Comorbidity index.", possible=(0, 40), plausible=(0, 15)))
    status_at_hsct = CodeItem(
        _item("Status at transplant", "Disease state at the day of the graft.", level=CORE, codes="status_at_hsct")
    )
    cr_number = IntegerItem(
        _item("CR number", "Which remission the patient was in.", possible=(1, 20), plausible=(1, 6))
    )
    reason = CodeItem(_item("Reason", "Why the transplant was done.", codes="hsct_reason"))
    engraft_anc_date = DateItem(
        _item("Neutrophil engraftment", "First day of recovery.", DATE, partial=True, chart=Chart.LAB)
    )
    engraft_plt_date = DateItem(
        _item("Platelet engraftment", "First day of recovery.", DATE, partial=True, chart=Chart.LAB)
    )
    graft_failure = CodeItem(_item("Graft failure", "Primary or secondary.", codes="yes_no"))

    class Meta:
        constraints = [
            partial_date_constraint("hsct", name) for name in ("hsct_date", "engraft_anc_date", "engraft_plt_date")
        ]

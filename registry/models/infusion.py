"""CAR T-cell infusions (data dictionary 4.6)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, EXTENDED, QUASI, Entity, Item
from registry.fields import CodeItem, DateItem, DecimalItem, IntegerItem, ReferenceItem, partial_date_constraint
from registry.models.base import PatientRecord
from registry.models.reference import CARTProduct, Protocol, Site


def _item(label: str, definition: str, privacy: Any = CLINICAL, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.6", **more)


class CARTInfusion(PatientRecord):
    """One course of CAR T cells: day 0 is the day of the first fraction; a new decision to infuse is a new row."""

    entity = Entity("infusion", "CAR T infusion", "CAR T infusions", chart=Chart.INFUSION, dated_by="infusion_date",
                    derived=("infusion_number", "age_at_infusion"), sections=(
        ("Infusion", ("infusion_date", "site", "protocol", "product", "intent", "indication")),
        ("Product and dose", ("cell_source", "apheresis_date", "weight_kg", "dose_total_e6", "n_fractions",
                              "last_fraction_date", "out_of_spec")),
    ))  # fmt: skip

    site = ReferenceItem(Site, _item("Treating site", "Where the cells were infused.", QUASI, CORE), related_name="+")
    protocol = ReferenceItem(
        Protocol, _item("Protocol", "Under which protocol.", QUASI, CORE, chart=Chart.STUDY), related_name="+"
    )
    product = ReferenceItem(
        CARTProduct, _item("Product", "What was infused.", level=CORE, chart=Chart.PRODUCT), related_name="+"
    )
    infusion_date = DateItem(
        _item("Infusion date", "Exact day of the first fraction (day 0).", DATE, CORE, maps=(("CIBMTR", "4006"),))
    )
    last_fraction_date = DateItem(
        _item("Last fraction", "Day of the last fraction of a split dose.", DATE, partial=True)
    )
    n_fractions = IntegerItem(
        _item("Fractions", "Number of fractions of the course.", possible=(1, 20), plausible=(1, 4))
    )
    intent = CodeItem(
        _item(
            "Intent",
            "Primary infusion, or why the patient was infused again.",
            level=CORE,
            codes="infusion_intent",
            chart=Chart.CLINIC,
        )
    )
    indication = CodeItem(
        _item("Indication", "Disease state that led to the infusion.", codes="infusion_indication", chart=Chart.CLINIC)
    )
    cell_source = CodeItem(
        _item("Cell source", "Autologous or allogeneic cells.", codes="cell_source", chart=Chart.APHERESIS)
    )
    weight_kg = DecimalItem(
        _item("Weight", "Body weight at infusion.", QUASI, unit="kg", possible=(0.5, 400), plausible=(3, 200))
    )
    dose_total_e6 = DecimalItem(
        _item("Dose", "Total viable CAR-positive cells.", unit="10^6 cells", possible=(0, 100000), plausible=(1, 600))
    )
    out_of_spec = CodeItem(
        _item("Out of specification", "Product released out of specification.", codes="yes_no", chart=Chart.PRODUCT)
    )
    apheresis_date = DateItem(
        _item("Apheresis date", "Day the cells were collected.", DATE, partial=True, chart=Chart.APHERESIS)
    )

    class Meta:
        constraints = [
            partial_date_constraint("infusion", "last_fraction_date"),
            partial_date_constraint("infusion", "apheresis_date"),
            models.UniqueConstraint(
                fields=["patient", "infusion_date", "product"],
                condition=models.Q(voided=False, infusion_date__isnull=False, product__isnull=False),
                name="one_course_per_day_and_product",
            ),
        ]

"""Relapses and their salvage therapy (data dictionary 4.14-4.15)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, EXTENDED, FREE_TEXT, QUASI, Entity, Has, Is, Item
from registry.fields import (
    CodeItem,
    CodesItem,
    DateItem,
    DecimalItem,
    ReferenceItem,
    TextItem,
    exactly_one,
    partial_date_constraint,
)
from registry.models.base import PatientRecord
from registry.models.infusion import CARTInfusion


def _item(label: str, definition: str, privacy: Any = CLINICAL, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.14", **more)


class Relapse(PatientRecord):
    """Loss of remission, dated by the first sample or image that met the definition."""

    entity = Entity("relapse", "Relapse", "Relapses", chart=Chart.PATHOLOGY, dated_by="relapse_date",
                    derived=("relapse_number", "site_group", "bca_at_relapse", "age_at_relapse", "days_from_infusion"),
                    sections=(
        ("Relapse", ("relapse_date", "level")),
        ("Sites", ("site_marrow", "marrow_blast_pct", "site_cns", "site_testis", "site_other", "site_other_text",
                   "confirmed_by")),
        ("Leukemia at relapse", ("cd19_status", "cd22_status", "lineage_switch", "new_cytogenetics")),
        ("Afterwards", ("no_salvage_reason",)),
    ))  # fmt: skip

    infusion = models.ForeignKey(CARTInfusion, null=True, blank=True, on_delete=models.PROTECT, related_name="relapses")
    relapse_date = DateItem(
        _item("Relapse date", "Day of the first sample or image meeting the definition.", DATE, CORE, partial=True)
    )
    level = CodeItem(_item("Level", "How much disease was found.", level=CORE, codes="relapse_level"))
    site_marrow = CodeItem(_item("Marrow", "Marrow involved.", level=CORE, codes="yes_no"))
    site_cns = CodeItem(_item("CNS", "Central nervous system involved.", level=CORE, codes="yes_no", chart=Chart.CSF))
    site_testis = CodeItem(_item("Testis", "Testis involved.", level=CORE, codes="yes_no", chart=Chart.IMAGING))
    site_other = CodeItem(
        _item("Other site", "Another extramedullary site involved.", level=CORE, codes="yes_no", chart=Chart.IMAGING)
    )
    site_other_text = TextItem(
        _item("Which other site", "Name of the site.", FREE_TEXT, asked_if=Is("site_other", "Y"), chart=Chart.IMAGING)
    )
    marrow_blast_pct = DecimalItem(
        _item(
            "Marrow blasts",
            "Percent of nucleated cells.",
            unit="%",
            possible=(0, 100),
            asked_if=Is("site_marrow", "Y"),
            maps=(("LOINC", "11150-0"),),
        )
    )
    confirmed_by = CodesItem(_item("Confirmed by", "Tests that showed the relapse.", codes="confirmed_by"))
    cd19_status = CodeItem(
        _item("CD19 at relapse", "Expression on the blasts.", codes="antigen_status", chart=Chart.FLOW)
    )
    cd22_status = CodeItem(
        _item("CD22 at relapse", "Expression on the blasts.", codes="antigen_status", chart=Chart.FLOW)
    )
    lineage_switch = CodeItem(
        _item("Lineage switch", "Relapse as another lineage.", codes="lineage_switch", chart=Chart.FLOW)
    )
    new_cytogenetics = CodeItem(
        _item("New cytogenetics", "Lesions not seen before.", codes="yes_no", chart=Chart.GENETICS)
    )
    no_salvage_reason = CodeItem(
        _item("Why no salvage", "Reason for no further treatment.", codes="no_salvage_reason", chart=Chart.CLINIC)
    )

    class Meta:
        constraints = [partial_date_constraint("relapse", "relapse_date")]


def _line(label: str, definition: str, privacy: Any = CLINICAL, level: Any = CORE, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.15", **more)


class SalvageTherapy(PatientRecord):
    """One line of treatment for a relapse, or for a response that never came."""

    entity = Entity("salvage", "Salvage therapy", "Salvage therapies", chart=Chart.CLINIC, dated_by="start_date",
                    one_of=("relapse", "infusion"), derived=("line_number", "best_response"), sections=(
        ("Line", ("trigger", "start_date", "intent", "components", "cart_infusion", "non_cd19_product")),
        ("End", ("stop_date", "stop_reason", "trial")),
    ))  # fmt: skip

    relapse = models.ForeignKey(Relapse, null=True, blank=True, on_delete=models.PROTECT, related_name="salvage_lines")
    infusion = models.ForeignKey(CARTInfusion, null=True, blank=True, on_delete=models.PROTECT,
                                 related_name="salvage_lines")  # fmt: skip
    trigger = CodeItem(_line("Trigger", "What the line treats.", codes="salvage_trigger"))
    start_date = DateItem(_line("Start date", "First dose of the line.", DATE, partial=True, chart=Chart.DRUGS))
    stop_date = DateItem(_line("Stop date", "Last dose of the line.", DATE, EXTENDED, partial=True, chart=Chart.DRUGS))
    stop_reason = CodeItem(_line("Stop reason", "Why the line ended.", level=EXTENDED, codes="salvage_stop_reason"))
    components = CodesItem(_line("Components", "Everything given in the line.", codes="therapy", chart=Chart.DRUGS))
    category = CodeItem(
        _line(
            "Category",
            "Single category by hierarchy; blank is computed, a value overrides it.",
            codes="therapy",
            required=False,
        )
    )
    intent = CodeItem(_line("Intent", "Curative, bridge to HSCT or palliative.", codes="salvage_intent"))
    cart_infusion = ReferenceItem(
        CARTInfusion,
        _line(
            "CAR T infusion",
            "The infusion that this line is.",
            asked_if=Has("components", "CART_CD19"),
            chart=Chart.INFUSION,
        ),
        related_name="as_salvage",
    )
    non_cd19_product = CodeItem(
        _line(
            "Other CAR T",
            "Target of the other product.",
            level=EXTENDED,
            codes="non_cd19_product",
            asked_if=Has("components", "CART_OTHER"),
            chart=Chart.INFUSION,
        )
    )
    trial = TextItem(_line("Trial", "Protocol of the line, if any.", QUASI, EXTENDED, chart=Chart.STUDY))

    class Meta:
        constraints = [
            partial_date_constraint("salvage", "start_date"),
            partial_date_constraint("salvage", "stop_date"),
            exactly_one("salvage", "relapse", "infusion"),
        ]

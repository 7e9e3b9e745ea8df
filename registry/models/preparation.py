"""What came before the infusion: earlier therapy, last evaluation, lymphodepletion (data dictionary 4.5, 4.7, 4.8)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, DATE, DIRECT, EXTENDED, FREE_TEXT, Entity, Is, Item
from registry.fields import CodeItem, CodesItem, DateItem, DecimalItem, IntegerItem, TextItem, partial_date_constraint
from registry.models.base import PatientRecord
from registry.models.infusion import CARTInfusion

ONE_PER_INFUSION = {"fields": ["infusion"], "condition": models.Q(voided=False)}


class ExternalIdentifier(PatientRecord):
    """A number the patient has in another register; restricted."""

    entity = Entity("external_id", "External identifier", "External identifiers", chart=Chart.STUDY)

    system = CodeItem(
        Item(
            "System",
            "Register that gave the number.",
            CLINICAL,
            EXTENDED,
            "data dictionary 4.1",
            codes="external_system",
        )
    )
    value = TextItem(
        Item(
            "Number",
            "The number itself; never leaves the registry.",
            DIRECT,
            EXTENDED,
            "data dictionary 4.1",
            max_length=60,
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "value"], condition=models.Q(voided=False) & ~models.Q(value=""),
                                    name="external_id_once_per_system")
        ]  # fmt: skip


def _prior(label: str, definition: str, privacy: Any = CLINICAL, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.5", **more)


class PriorTherapy(PatientRecord):
    """One line of treatment before the index infusion, in summary."""

    entity = Entity("prior_therapy", "Prior therapy", "Prior therapies", chart=Chart.DISCHARGE, dated_by="start_date")

    line_number = IntegerItem(_prior("Line number", "Order of the line.", possible=(1, 30), plausible=(1, 10)))
    category = CodesItem(_prior("Categories", "Everything given in the line.", codes="therapy"))
    blinatumomab = CodeItem(_prior("Blinatumomab", "Exposure and response.", codes="blina_exposure"))
    inotuzumab = CodeItem(_prior("Inotuzumab", "Exposure.", codes="yes_no"))
    prior_car = CodeItem(_prior("Earlier CAR T", "Target of an earlier CAR T product.", level=CORE, codes="prior_car"))
    start_date = DateItem(_prior("Start date", "First dose of the line.", DATE, partial=True))
    stop_date = DateItem(_prior("Stop date", "Last dose of the line.", DATE, partial=True))
    cranial_rt_gy = DecimalItem(
        _prior(
            "Cranial radiation", "Dose given.", unit="Gy", possible=(0, 60), plausible=(0, 24), chart=Chart.RADIATION
        )
    )
    tbi_gy = DecimalItem(
        _prior(
            "Total body irradiation",
            "Dose given.",
            unit="Gy",
            possible=(0, 30),
            plausible=(0, 15),
            chart=Chart.RADIATION,
        )
    )

    class Meta:
        constraints = [
            partial_date_constraint("prior_therapy", "start_date"),
            partial_date_constraint("prior_therapy", "stop_date"),
            models.UniqueConstraint(fields=["patient", "line_number"], name="prior_therapy_line_once",
                                    condition=models.Q(voided=False, line_number__isnull=False)),
        ]  # fmt: skip


def _before(label: str, definition: str, privacy: Any = CLINICAL, level: Any = EXTENDED, **more: Any) -> Item:
    return Item(label, definition, privacy, level, "data dictionary 4.7", **more)


class PreInfusionAssessment(PatientRecord):
    """The last evaluation before lymphodepletion or infusion: disease burden and fitness."""

    entity = Entity(
        "pre_infusion",
        "Pre-infusion assessment",
        "Pre-infusion assessments",
        chart=Chart.CLINIC,
        dated_by="assessment_date",
        derived=("burden_group", "mrd_pct"),
    )

    infusion = models.ForeignKey(CARTInfusion, null=True, on_delete=models.PROTECT, related_name="pre_infusion_rows")
    assessment_date = DateItem(_before("Assessment date", "Day of the evaluation.", DATE, partial=True))
    status = CodeItem(
        _before(
            "Disease status", "Disease state before the infusion.", codes="pre_infusion_status", chart=Chart.PATHOLOGY
        )
    )
    marrow_blast_pct = DecimalItem(
        _before(
            "Marrow blasts",
            "Percent of nucleated cells.",
            unit="%",
            possible=(0, 100),
            maps=(("LOINC", "11150-0"),),
            chart=Chart.PATHOLOGY,
        )
    )
    blood_blast_pct = DecimalItem(
        _before(
            "Blood blasts",
            "Percent of white cells.",
            unit="%",
            possible=(0, 100),
            maps=(("LOINC", "26446-5"),),
            chart=Chart.LAB,
        )
    )
    cns_status = CodeItem(_before("CNS status", "CNS 1-3.", codes="cns_status", chart=Chart.CSF))
    cns_before = CodeItem(_before("CNS disease before", "Ever in the past.", codes="yes_no", chart=Chart.DISCHARGE))
    other_em = CodeItem(
        _before("Other extramedullary disease", "Present before infusion.", codes="yes_no", chart=Chart.IMAGING)
    )
    other_em_text = TextItem(
        _before("Which site", "Name of the site.", FREE_TEXT, asked_if=Is("other_em", "Y"), chart=Chart.IMAGING)
    )
    cd19_expression = CodeItem(
        _before("CD19 expression", "On the blasts before infusion.", codes="cd19_expression", chart=Chart.FLOW)
    )
    bridging = CodesItem(
        _before("Bridging therapy", "Given between apheresis and lymphodepletion.", codes="bridging", chart=Chart.DRUGS)
    )
    perf_scale = CodeItem(
        _before("Performance scale", "Lansky below 16 years, else Karnofsky.", codes="performance_scale")
    )
    perf_score = IntegerItem(_before("Performance score", "0 to 100 by tens.", possible=(0, 100)))
    ferritin = DecimalItem(
        _before(
            "Ferritin", "Serum ferritin.", unit="ug/L", possible=(0, 1000000), plausible=(1, 200000), chart=Chart.LAB
        )
    )
    crp = DecimalItem(
        _before("CRP", "C-reactive protein.", unit="mg/L", possible=(0, 5000), plausible=(0, 600), chart=Chart.LAB)
    )
    platelets = DecimalItem(
        _before(
            "Platelets", "Platelet count.", unit="10^9/L", possible=(0, 10000), plausible=(0, 2000), chart=Chart.LAB
        )
    )
    anc = DecimalItem(
        _before(
            "Neutrophils",
            "Absolute neutrophil count.",
            unit="10^9/L",
            possible=(0, 1000),
            plausible=(0, 50),
            chart=Chart.LAB,
        )
    )

    class Meta:
        constraints = [
            partial_date_constraint("pre_infusion", "assessment_date"),
            models.UniqueConstraint(name="one_pre_infusion_per_infusion", **ONE_PER_INFUSION),
        ]


def _ld(label: str, definition: str, privacy: Any = CLINICAL, **more: Any) -> Item:
    return Item(label, definition, privacy, EXTENDED, "data dictionary 4.8", **more)


class Lymphodepletion(PatientRecord):
    """Chemotherapy given to make room for the CAR T cells, or its deliberate absence."""

    entity = Entity("lymphodepletion", "Lymphodepletion", "Lymphodepletions", chart=Chart.DRUGS, dated_by="start_date")

    infusion = models.ForeignKey(CARTInfusion, null=True, on_delete=models.PROTECT, related_name="lymphodepletion_rows")
    given = CodeItem(_ld("Given", "Whether lymphodepletion was given.", codes="yes_no"))
    regimen = CodeItem(_ld("Regimen", "Drugs given.", codes="lymphodepletion_regimen", asked_if=Is("given", "Y")))
    start_date = DateItem(_ld("Start date", "First dose.", DATE, partial=True, asked_if=Is("given", "Y")))
    stop_date = DateItem(_ld("Stop date", "Last dose.", DATE, partial=True, asked_if=Is("given", "Y")))
    flu_mg_m2_total = DecimalItem(
        _ld("Fludarabine", "Total dose.", unit="mg/m2", possible=(0, 2000), plausible=(0, 200))
    )
    cy_mg_m2_total = DecimalItem(
        _ld("Cyclophosphamide", "Total dose.", unit="mg/m2", possible=(0, 60000), plausible=(0, 6000))
    )
    flu_auc = DecimalItem(
        _ld("Fludarabine exposure", "Area under the curve.", unit="mg*h/L", possible=(0, 1000), chart=Chart.LAB)
    )

    class Meta:
        constraints = [
            partial_date_constraint("lymphodepletion", "start_date"),
            partial_date_constraint("lymphodepletion", "stop_date"),
            models.UniqueConstraint(name="one_lymphodepletion_per_infusion", **ONE_PER_INFUSION),
        ]

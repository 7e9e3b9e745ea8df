"""What happens after treatment: toxicity, GVHD, B cells, MRD, second cancers (data dictionary 4.9, 4.11-4.13, 4.18)."""

from typing import Any

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, DATE, EXTENDED, QUASI, Entity, Is, Item
from registry.fields import CodeItem, DateItem, DecimalItem, IntegerItem, TextItem, exactly_one, partial_date_constraint
from registry.models.assessment import ResponseAssessment
from registry.models.base import PatientRecord
from registry.models.infusion import CARTInfusion
from registry.models.relapse import Relapse
from registry.models.transplant import HSCT


def _mrd(label: str, definition: str, privacy: Any = CLINICAL, **more: Any) -> Item:
    return Item(label, definition, privacy, EXTENDED, "data dictionary 4.11", **more)


class MRDTest(PatientRecord):
    """One test for minimal residual disease, with its method and sensitivity."""

    entity = Entity("mrd", "MRD test", "MRD tests", chart=Chart.MRD, dated_by="sample_date")

    response = models.ForeignKey(
        ResponseAssessment, null=True, blank=True, on_delete=models.PROTECT, related_name="mrd_tests"
    )
    relapse = models.ForeignKey(Relapse, null=True, blank=True, on_delete=models.PROTECT, related_name="mrd_tests")
    hsct = models.ForeignKey(HSCT, null=True, blank=True, on_delete=models.PROTECT, related_name="mrd_tests")
    sample_date = DateItem(_mrd("Sample date", "Day of the sample.", DATE, partial=True))
    specimen = CodeItem(_mrd("Specimen", "What was tested.", codes="mrd_specimen"))
    method = CodeItem(_mrd("Method", "How it was tested.", codes="mrd_method"))
    result = CodeItem(_mrd("Result", "What was found.", codes="mrd_result"))
    value_pct = DecimalItem(
        _mrd(
            "Level",
            "Percent of nucleated cells (0.01 % = 1 in 10^4).",
            unit="%",
            possible=(0, 100),
            asked_if=Is("result", "POS_QUANT", "POS_BELOW_QUANT"),
        )
    )
    sensitivity_pct = CodeItem(_mrd("Sensitivity", "Lowest level the test can find.", codes="mrd_sensitivity"))
    clonotype_known = CodeItem(_mrd("Clonotype known", "A marker of the clone was known.", codes="yes_no"))

    class Meta:
        constraints = [partial_date_constraint("mrd", "sample_date")]


def _b_cell(label: str, definition: str, privacy: Any = CLINICAL, **more: Any) -> Item:
    return Item(label, definition, privacy, EXTENDED, "data dictionary 4.12", **more)


class BCellAssessment(PatientRecord):
    """A count of B cells after CAR T: aplasia shows that the cells are still at work."""

    entity = Entity("b_cell", "B-cell assessment", "B-cell assessments", chart=Chart.FLOW, dated_by="sample_date")

    infusion = models.ForeignKey(CARTInfusion, null=True, on_delete=models.PROTECT, related_name="b_cell_rows")
    sample_date = DateItem(_b_cell("Sample date", "Day of the sample.", DATE, partial=True))
    specimen = CodeItem(_b_cell("Specimen", "Blood or marrow.", codes="b_cell_specimen"))
    cd19_pct_lymph = DecimalItem(
        _b_cell("CD19+ of lymphocytes", "Percent of lymphocytes.", unit="%", possible=(0, 100))
    )
    cd19_abs = DecimalItem(
        _b_cell("CD19+ cells", "Absolute count.", unit="/uL", possible=(0, 100000), plausible=(0, 5000))
    )
    marrow_hematogones = CodeItem(_b_cell("Hematogones", "B-cell precursors in marrow.", codes="yes_no"))
    car_transgene_copies = DecimalItem(
        _b_cell(
            "CAR transgene", "Copies per microgram DNA.", unit="copies/ug", possible=(0, 100000000), chart=Chart.LAB
        )
    )
    ivig_last_90d = CodeItem(
        _b_cell("IVIG in the last 90 days", "Immunoglobulins given.", codes="yes_no", chart=Chart.DRUGS)
    )
    interpretation = CodeItem(
        _b_cell("Interpretation", "Blank is computed; a value overrides it.", codes="b_cell_interpretation")
    )

    class Meta:
        constraints = [partial_date_constraint("b_cell", "sample_date")]


def _tox(label: str, definition: str, privacy: Any = CLINICAL, **more: Any) -> Item:
    return Item(label, definition, privacy, EXTENDED, "data dictionary 4.13", **more)


class ToxicityEvent(PatientRecord):
    """One episode of toxicity after an infusion, with its worst grade in a named grading system."""

    entity = Entity("toxicity", "Toxicity event", "Toxicity events", chart=Chart.WARD, dated_by="onset_date")

    infusion = models.ForeignKey(CARTInfusion, null=True, on_delete=models.PROTECT, related_name="toxicity_rows")
    kind = CodeItem(_tox("Kind", "Which toxicity.", codes="toxicity_kind", chart=Chart.DISCHARGE))
    onset_date = DateItem(_tox("Onset", "First symptom.", DATE, partial=True))
    resolved_date = DateItem(_tox("Resolved", "Back to grade 0 or baseline.", DATE, partial=True))
    max_grade = IntegerItem(_tox("Worst grade", "1 to 5.", possible=(0, 5), plausible=(1, 5)))
    grading_system = CodeItem(
        _tox("Grading system", "Grades of different systems are never pooled.", codes="grading_system")
    )
    ice_capd_min_or_max = IntegerItem(
        _tox("ICE (least) or CAPD (most)", "ICE 0-10 from 12 years, CAPD 0-32 below.", possible=(0, 32))
    )
    pressors = CodeItem(_tox("Pressors", "Vasopressors needed.", codes="pressors"))
    max_oxygen = CodeItem(_tox("Oxygen", "Most oxygen support needed.", codes="max_oxygen"))
    seizure = CodeItem(_tox("Seizure", "Any seizure.", codes="yes_no"))
    cerebral_edema = CodeItem(_tox("Cerebral edema", "Any edema.", codes="yes_no", chart=Chart.IMAGING))
    tocilizumab_doses = IntegerItem(
        _tox("Tocilizumab", "Number of doses.", possible=(0, 50), plausible=(0, 4), chart=Chart.DRUGS)
    )
    steroids = CodeItem(_tox("Steroids", "Given for the toxicity.", codes="yes_no", chart=Chart.DRUGS))
    anakinra = CodeItem(_tox("Anakinra", "Given for the toxicity.", codes="yes_no", chart=Chart.DRUGS))
    siltuximab = CodeItem(_tox("Siltuximab", "Given for the toxicity.", codes="yes_no", chart=Chart.DRUGS))
    icu_days = IntegerItem(_tox("ICU days", "Days in intensive care.", unit="d", possible=(0, 1000), plausible=(0, 90)))
    ferritin_peak = DecimalItem(
        _tox(
            "Ferritin peak",
            "Highest ferritin.",
            unit="ug/L",
            possible=(0, 10000000),
            plausible=(1, 500000),
            chart=Chart.LAB,
        )
    )
    fibrinogen_nadir = DecimalItem(
        _tox(
            "Fibrinogen nadir",
            "Lowest fibrinogen.",
            unit="mg/dL",
            possible=(0, 5000),
            plausible=(0, 1000),
            chart=Chart.LAB,
        )
    )

    class Meta:
        constraints = [
            partial_date_constraint("toxicity", "onset_date"),
            partial_date_constraint("toxicity", "resolved_date"),
        ]


def _gvhd(label: str, definition: str, privacy: Any = CLINICAL, **more: Any) -> Item:
    return Item(label, definition, privacy, EXTENDED, "data dictionary 4.9", **more)


class GVHDEvent(PatientRecord):
    """Graft-versus-host disease after a transplant, or after allogeneic CAR T cells."""

    entity = Entity(
        "gvhd", "GVHD event", "GVHD events", chart=Chart.CLINIC, dated_by="onset_date", one_of=("hsct", "infusion")
    )

    hsct = models.ForeignKey(HSCT, null=True, blank=True, on_delete=models.PROTECT, related_name="gvhd_rows")
    infusion = models.ForeignKey(
        CARTInfusion, null=True, blank=True, on_delete=models.PROTECT, related_name="gvhd_rows"
    )
    kind = CodeItem(
        _gvhd(
            "Kind", "Acute or chronic.", codes="gvhd_kind", maps=(("SNOMED CT", "234646005"), ("ICD-10-CM", "D89.81"))
        )
    )
    onset_date = DateItem(_gvhd("Onset", "First signs.", DATE, partial=True))
    max_grade = CodeItem(
        _gvhd(
            "Worst grade",
            "Acute, MAGIC 2016.",
            codes="agvhd_grade",
            asked_if=Is("kind", "ACUTE", "LATE_ACUTE", "OVERLAP"),
        )
    )
    chronic_severity = CodeItem(
        _gvhd("Severity", "Chronic, NIH 2014.", codes="cgvhd_severity", asked_if=Is("kind", "CHRONIC", "OVERLAP"))
    )
    steroid_refractory = CodeItem(_gvhd("Steroid refractory", "Did not respond to steroids.", codes="yes_no"))

    class Meta:
        constraints = [partial_date_constraint("gvhd", "onset_date"), exactly_one("gvhd", "hsct", "infusion")]


def _second(label: str, definition: str, privacy: Any = CLINICAL, **more: Any) -> Item:
    return Item(label, definition, privacy, EXTENDED, "data dictionary 4.18", **more)


class SubsequentMalignancy(PatientRecord):
    """A second cancer; a T-cell malignancy or a CAR-positive clone is reportable."""

    entity = Entity(
        "subsequent_malignancy",
        "Subsequent malignancy",
        "Subsequent malignancies",
        chart=Chart.PATHOLOGY,
        dated_by="diagnosis_date",
    )

    diagnosis_date = DateItem(_second("Diagnosis date", "Day of the diagnosis.", DATE, partial=True))
    type = CodeItem(_second("Type", "Kind of malignancy.", codes="malignancy_type"))
    icdo3 = TextItem(_second("ICD-O-3", "Morphology code.", QUASI, max_length=12))
    car_transgene_tested = CodeItem(
        _second("CAR transgene", "Whether the tumor carries the CAR.", codes="transgene_test", chart=Chart.GENETICS)
    )

    class Meta:
        constraints = [partial_date_constraint("subsequent_malignancy", "diagnosis_date")]

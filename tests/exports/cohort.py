"""A synthetic cohort with what must never leave planted everywhere: names, numbers, prose, rough dates, withdrawals."""

from analytics.synthetic import cohort_bundle
from registry.dictionary.items import DIRECT, FREE_TEXT, Kind
from registry.entities import dictionary

PATIENTS = 40
CANARY = "KANARI"
FORMULA = "=HYPERLINK(1)"
#: Typed text that only a site's own patients (T3) keep; a formula waits in one of them.
KEPT_AT_T3 = {("consent", "irb_ref"): FORMULA}
Rows = list[dict[str, str]]


def planted_bundle() -> dict[str, Rows]:
    """The import bundle: patient 1 does not share, 2 withdrew, 3 and 4 have dates known to the month and year."""
    bundle = {slug: [dict(row) for row in rows] for slug, rows in cohort_bundle(PATIENTS, seed=7).items()}
    patients = [row["patient"] for row in bundle["patient"]]
    bundle["external_id"] = [
        {"patient": who, "system": "CRID", "value": f"{CANARY}{number}"} for number, who in enumerate(patients)
    ]
    for slug, rows in bundle.items():
        spec = dictionary()[slug]
        if not spec.entity.reference:
            _plant(rows, slug)
    first, second, third, fourth = patients[:4]
    for row in bundle["consent"]:
        if row["patient"] == first and row["kind"] == "SHARING_EXTERNAL":
            row["status"] = "DECLINED"
        if row["patient"] == second and row["kind"] == "REGISTRY":
            row |= {"status": "WITHDRAWN", "withdrawn_on": "2021-03-04", "withdrawal_scope": "STOP_COLLECTION"}
    for who, length in ((third, 7), (fourth, 4)):
        for slug, name in (("diagnosis", "diagnosis_date"), ("relapse", "relapse_date"), ("hsct", "hsct_date")):
            for row in bundle[slug]:
                if row["patient"] == who:
                    row[name] = row[name][:length]
    return bundle


def _plant(rows: Rows, slug: str) -> None:
    """Something that names a person into every typed text of every row."""
    for item in dictionary()[slug].items:
        if item.kind is Kind.TEXT and (slug, item.name) != ("external_id", "value"):
            for number, row in enumerate(rows):
                own = item.item.privacy in (DIRECT, FREE_TEXT)
                text = f"{CANARY} {number}" if own else f"{CANARY}{number}"
                row[item.name] = KEPT_AT_T3.get((slug, item.name), text)[: item.item.max_length]

"""Templates of an import bundle: a header per entity, and a small filled example that imports as it stands."""

import csv
from pathlib import Path

from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary
from registry.importing.parse import links

#: A synthetic patient from infusion to death; dates are known to the day, the month or the year, as charts hold them.
EXAMPLE: dict[str, list[dict[str, str]]] = {
    "site": [{"code": "HOSP_A", "name": "Synthetic Hospital A", "country": "US", "active_from": "2012-01-01"}],
    "product": [{"code": "CTL019", "target": "CD19", "scfv": "MURINE", "costim": "41BB"}],
    "protocol": [{"short_code": "TRIAL-1", "registry_number": "NA", "title": "SYNTHETIC example trial", "kind": "TRIAL",
                  "product": "CTL019", "in_founding_cohort": "N"}],
    "patient": [{"patient": "local-001", "site": "HOSP_A", "birth_date": "2005-03", "sex_at_birth": "F",
                 "entry_route": "PROSPECTIVE"}],
    "consent": [{"patient": "local-001", "kind": "REGISTRY", "status": "GIVEN", "effective_date": "2014-12-01"}],
    "enrollment": [{"patient": "local-001", "protocol": "TRIAL-1", "enrolled_on": "2014-12-05"}],
    "diagnosis": [{"patient": "local-001", "diagnosis_date": "2012", "disease": "B_ALL",
                   "n_relapses_before_cart": "2"}],
    "infusion": [{"patient": "local-001", "key": "inf1", "site": "HOSP_A", "protocol": "TRIAL-1", "product": "CTL019",
                  "infusion_date": "2015-01-10", "intent": "PRIMARY", "weight_kg": "31.5", "dose_total_e6": "120"}],
    "response": [{"patient": "local-001", "infusion": "inf1", "context": "CART", "assessment_date": "2015-02-08",
                  "timepoint": "D28", "response": "CR", "mrd_status": "NEG", "marrow_blast_pct": "<1"}],
    "relapse": [{"patient": "local-001", "key": "rel1", "infusion": "inf1", "relapse_date": "2015-08", "level": "MORPH",
                 "site_marrow": "Y", "site_cns": "N", "site_testis": "NA", "site_other": "N", "marrow_blast_pct": "62",
                 "cd19_status": "NEG", "lineage_switch": "N"}],
    "salvage": [{"patient": "local-001", "relapse": "rel1", "trigger": "RELAPSE", "start_date": "2015-09-01",
                 "components": "INO;CHEMO", "intent": "CURATIVE"}],
    "follow_up": [{"patient": "local-001", "contact_date": "2016-01-20", "contact_kind": "CLINIC",
                   "vital_status": "ALIVE", "disease_status": "ACTIVE", "disease_evaluated_on": "2016-01-20",
                   "new_therapy_since_last": "N"}],
    "death": [{"patient": "local-001", "death_date": "2016-04-02", "primary_cause": "ALL",
               "disease_status_at_death": "ACTIVE", "related_to": "NONE"}],
}  # fmt: skip


def columns(spec: EntitySpec) -> list[str]:
    """The columns an import file of this entity may have, in the order of the template."""
    own = [item.name for item in spec.items if item.name not in links(spec)]
    return [*([] if spec.entity.reference else ["patient", "key"]), *links(spec), *own]


def write_templates(directory: Path) -> list[Path]:
    """Write `templates/<slug>.csv` (headers) and `example/<slug>.csv` (one synthetic patient); returns the files."""
    written = []
    for spec in dictionary():
        written.append(_write(directory / "templates" / f"{spec.slug}.csv", columns(spec), []))
        if spec.slug in EXAMPLE:
            named = [name for name in columns(spec) if any(name in row for row in EXAMPLE[spec.slug])]
            written.append(_write(directory / "example" / f"{spec.slug}.csv", named, EXAMPLE[spec.slug]))
    return written


def _write(path: Path, header: list[str], rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path

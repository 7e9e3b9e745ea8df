"""Everything of one export: which patients, the tables, what describes them, and the manifest that lists it all.

Made from the frozen tables of a snapshot alone; the consents that stand today only ever take patients out. The
same snapshot, agreement and consents give the same bytes (RELIABILITY EXP-11).
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings

from analytics import received, thawing
from analytics.freezing import Frozen
from analytics.models import Snapshot
from analytics.report import disclosure
from analytics.snapshots import Refused, answer_of
from exports import consent, profiles
from exports.columns import Table
from exports.consent import Consent
from exports.formats import FORMATS, Format
from exports.profiles import T3
from exports.pseudonyms import Pseudonyms
from registry import models
from registry.access import scoped, system_scope
from registry.entities import dictionary
from registry.models import Agreement

ELSEWHERE = "enrolled at a site that the agreement does not cover"
SINCE = "consent withdrawn since the snapshot was taken"
#: What a person who waits is told, in order.
STEPS = ("reading the snapshot", "treating the tables", "observing the endpoints", "writing the files")
SYNTHETIC = "SYNTHETIC DATA: not real patients, no evidence about any."


@dataclass(frozen=True)
class Part:
    """One file of an export; rows is None where it is no table."""

    path: str
    file: Frozen
    rows: int | None = None
    columns: tuple[str, ...] = ()

    @property
    def body(self) -> bytes:
        return self.file.body

    @property
    def facts(self) -> dict[str, Any]:
        """What manifest and ledger say of the file."""
        told = {"sha256": self.file.sha256, "bytes": len(self.body)}
        return told if self.rows is None else {**told, "rows": self.rows, "columns": list(self.columns)}


@dataclass(frozen=True)
class Composed:
    """A finished export: its files, the manifest last, how many patients it holds, and its k (`exports.risk`)."""

    parts: tuple[Part, ...]
    patients: int
    k: int | None

    @property
    def manifest_sha256(self) -> str:
        return self.parts[-1].file.sha256


def compose(
    snapshot: Snapshot, agreement: Agreement, file_format: str, *, progress: Callable[[str], None] = lambda step: None
) -> Composed:
    """The files of an export of a snapshot under an agreement, at its tier."""
    progress(STEPS[0])
    tables = thawing.tables_of(snapshot)
    with scoped(system_scope("export")):
        covered = frozenset(agreement.sites.values_list("code", flat=True))
        sites, attrition = _admitted(tables, snapshot, agreement.tier, covered)
    ids = Pseudonyms.under(agreement.code, field_key=settings.FIELD_KEY, plain=agreement.tier == T3)
    made, endpoints = _tables(snapshot, tables, sites, agreement.tier, ids, progress)
    progress(STEPS[3])
    form = FORMATS[file_format]
    parts = [_part(table, form) for table in made]
    parts.append(_json("dictionary.json", _dictionary(made, snapshot)))
    found = _risk(made)
    left = attrition[0]["n"] - attrition[-1]["n"]
    if agreement.tier != T3 and not covered and not disclosure.DEFAULT.small(left):
        # Otherwise the difference between these results and the rows would tell about the few who are not here.
        parts += _results(snapshot, _coded_names(tables, agreement.tier, ids))
    manifest = {
        "format": 1,
        **({"notice": SYNTHETIC} if snapshot.synthetic else {}),
        "agreement": agreement.code,
        "tier": agreement.tier,
        "file_format": file_format,
        "snapshot": received.head(snapshot, agreement.tier),
        "rules": profiles.describe(agreement.tier),
        "patients": disclosure.attrition(attrition, disclosure.DEFAULT),
        "endpoints": endpoints,
        "disclosure_risk": found,
        "files": {part.path: part.facts for part in parts},
    }
    return Composed((*parts, _json("manifest.json", manifest)), len(sites), found["k"])


# Patients -----------------------------------------------------------------------------------------


def _admitted(
    tables: Mapping[str, str], snapshot: Snapshot, tier: str, covered: frozenset[str]
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Registry id -> enrolling site of the patients in the export, and why the others are not."""
    everyone = {row["patient"]: row["site"] for row in _rows(tables, "patient")}
    frozen = consent.gate(_frozen_consents(tables, snapshot), tier=tier)
    today = consent.gate(_consents_today(), tier=tier)
    reasons: dict[str, int] = {}
    inside = {}
    for patient, site in everyone.items():
        if covered and site not in covered:
            reason = ELSEWHERE
        elif why := frozen.get(patient, consent.NO_CONSENT):
            reason = why
        else:
            reason = SINCE if today.get(patient, consent.NO_CONSENT) else ""
        if reason:
            reasons[reason] = reasons.get(reason, 0) + 1
        else:
            inside[patient] = site
    left = [{"reason": reason, "n": n} for reason, n in sorted(reasons.items())]
    steps = [
        {"step": "patients in the snapshot", "n": len(everyone), "left": []},
        {"step": "patients in the export", "n": len(inside), "left": left},
    ]
    return inside, steps


def _rows(tables: Mapping[str, str], slug: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(tables.get(slug, ""), newline="")))


def _frozen_consents(tables: Mapping[str, str], snapshot: Snapshot) -> list[Consent]:
    """The consents of the snapshot; one that takes effect after the cut-off does not count yet."""
    last = snapshot.cutoff.isoformat()
    return [
        Consent(row["patient"], row["kind"], row["status"], _day(row["effective_date"]), _day(row["withdrawn_on"]))
        for row in _rows(tables, "consent")
        if row["effective_date"] <= last
    ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _consents_today() -> list[Consent]:
    columns = ("patient__registry_id", "kind", "status", "effective_date", "withdrawn_on")
    kept = models.Consent.objects.filter(voided=False, patient__voided=False)
    return [Consent(*row) for row in kept.values_list(*columns)]


# Files --------------------------------------------------------------------------------------------


def _tables(
    snapshot: Snapshot,
    tables: Mapping[str, str],
    sites: dict[str, str],
    tier: str,
    ids: Pseudonyms,
    progress: Callable[[str], None],
) -> tuple[list[Table], dict[str, Any]]:
    """The table of every entity and every endpoint, and what became of each endpoint's population."""
    from analytics.study.run import study_of
    from exports.endpoints import endpoint_tables
    from exports.entities import Writer, frozen_rows, numbers_of
    from exports.subjects import subjects

    progress(STEPS[1])
    cutoff = snapshot.cutoff
    try:
        study = study_of(snapshot.plan, tables, cutoff, conventions=thawing.conventions_of(snapshot))
    except ValueError as fault:
        raise Refused(f"Snapshot {snapshot.pk} cannot be read by this version: {fault}; take a new one.") from None
    people = subjects(study, sites, ids)
    frozen = frozen_rows(dictionary(), tables, people, cutoff)
    writer = Writer(tier=tier, cutoff=cutoff, ids=ids, rows=numbers_of(frozen))
    made = [writer.table(one) for one in frozen.values()]
    progress(STEPS[2])
    followed = endpoint_tables(study, tier=tier, subjects=people, ids=ids)
    summaries = {one.table.path.removeprefix("adtte/"): one.summary for one in followed}
    return [*made, *(one.table for one in followed)], summaries


def _coded_names(tables: Mapping[str, str], tier: str, ids: Pseudonyms) -> dict[str, str]:
    """Every name of a site or protocol that is a code in the export -> that code."""
    keys = [(spec, spec.by_name.get(spec.entity.natural_key)) for spec in dictionary() if spec.entity.reference]
    return {
        row[item.name]: ids.place(spec.slug, row[item.name])
        for spec, item in keys
        if profiles.treatment(spec, item, tier) is profiles.CODED
        for row in _rows(tables, spec.slug)
    }


def _results(snapshot: Snapshot, coded: Mapping[str, str]) -> list[Part]:
    """The disclosed results of the snapshot, places by their codes; none if a name would still stand in them."""

    def told(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: told(one) for key, one in value.items()}
        if isinstance(value, list):
            return [told(one) for one in value]
        return coded.get(value, value) if isinstance(value, str) else value

    part = _json("results.json", told(answer_of(snapshot, disclosed=True)))
    return [] if any(name.encode() in part.body for name in coded) else [part]


def _part(table: Table, form: Format) -> Part:
    return Part(f"{table.path}.{form.key}", Frozen(form.write(table)), table.rows, tuple(table.names))


def _json(path: str, value: Any) -> Part:
    return Part(path, Frozen.text(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"))


def _dictionary(made: list[Table], snapshot: Snapshot) -> dict[str, Any]:
    """Every table and column in words."""
    return {
        **({"notice": SYNTHETIC} if snapshot.synthetic else {}),
        "types": {"string": "text", "int": "whole number", "float": "number", "date": "YYYY-MM-DD"},
        "tables": [table.as_json() for table in made],
    }


def _risk(made: list[Table]) -> dict[str, Any]:
    from exports.risk import risk

    by_path = {table.path: table for table in made}
    return risk(by_path["tables/patient"], by_path["tables/death"])

"""The one bulk door out of the database: cases for the checks, canonical tables for snapshots.

Every entity is read once per call, in the scope in force. Tables are text in one canonical form (docs: frozen tables),
so that the same rows give the same bytes on SQLite and PostgreSQL. No birth date, no direct identifier leaves here:
dated rows carry the age in days instead. Rows come from a `Source`: the registry as it stands (here), or as it stood
(`registry.replay`).
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from typing import Any
from typing import Protocol as Shape

from django.db.models import ExpressionWrapper, F, JSONField, Model, TextField
from django.utils import timezone

from registry import canonical
from registry.checks.case import Case, References, Row, build_case, dated
from registry.checks.plausible import Ranges, plausible_ranges
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import DIRECT, FREE_TEXT, Kind
from registry.entities import dictionary, model_of
from registry.models import CARTProduct, Finding, Patient, Protocol, Site, SubjectIdentity

BATCH = 2000
#: Columns that every table is read with, before its own.
HEAD = ("id", "record_status", "missing", "comparators", "voided")
VOIDED = HEAD.index("voided")
#: What `findings.csv` tells of a finding.
FINDING = ("patient_id", "rule", "severity", "columns", "rows")


class Source(Shape):
    """Where rows are read from; every row of every model, voided ones included."""

    def lists(self, model: type[Model], columns: Iterable[str]) -> Iterable[tuple]:
        """These columns of every row."""

    def dicts(self, model: type[Model], patients: list[int]) -> Iterable[dict[str, Any]]:
        """Every column of the rows of these patients."""

    def findings(self) -> Iterable[tuple]:
        """The open findings of the edit checks, as `FINDING`."""


class Live:
    """The registry as it stands, in the scope in force."""

    def lists(self, model: type[Model], columns: Iterable[str]) -> Iterable[tuple]:
        """JSON is read once per text, so rows share the values; they are for reading only."""
        asked: list[Any] = list(columns)
        fields = (model._meta.get_field(name) for name in asked)
        structured = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]
        for place in structured:
            asked[place] = ExpressionWrapper(F(asked[place]), TextField())
        return _structured(model.objects.values_list(*asked), structured)

    def dicts(self, model: type[Model], patients: list[int]) -> Iterable[dict[str, Any]]:
        return model.objects.filter(**{f"{owner(model)}__in": patients}).values()

    def findings(self) -> Iterable[tuple]:
        return Finding.objects.values_list(*FINDING)


LIVE = Live()


def _structured(rows: Iterable[tuple], places: list[int]) -> Iterator[tuple]:
    """Rows whose JSON texts at these places are read."""
    known = canonical.Known(lambda text: None if text is None else json.loads(text))
    for row in rows:
        cells = list(row)
        for place in places:
            cells[place] = known[cells[place]]
        yield tuple(cells)


def owner(model: type[Model]) -> str:
    """The column that names the patient of a row."""
    return "id" if model is Patient else "patient_id"


def reference_codes(source: Source = LIVE) -> dict[str, dict[int, str]]:
    """Ids of sites, protocols and products -> the code that files and checks use."""
    return {
        "site": dict(source.lists(Site, ("id", "code"))),
        "protocol": dict(source.lists(Protocol, ("id", "short_code"))),
        "product": dict(source.lists(CARTProduct, ("id", "code"))),
    }


#: What checks read of the rows that several patients share; the first column is the code others name them by.
REFERENCE_COLUMNS = {
    "site": ("code", "active_from", "active_to", "country"),
    "protocol": ("short_code", "registry_number", "opened_on", "closed_on"),
}
#: Rows that are no clinical record: the day they were entered does not start the entry of a chart.
PAPERWORK = frozenset({"consent", "enrollment", "external_id"})


@cache
def ranges() -> Ranges:
    """The plausible range of every number, for rule W00."""
    return plausible_ranges(dictionary())


def reference_row(slug: str, pk: int, values: Iterable[Any]) -> Row:
    """A site or protocol as checks read it, from its `REFERENCE_COLUMNS`."""
    told = zip(REFERENCE_COLUMNS[slug], values, strict=True)
    return Row(slug, pk, {name: dated(value) if isinstance(value, date) else value for name, value in told})


def references(source: Source = LIVE) -> References:
    """Every site and protocol as checks read them, by code."""
    found: dict[str, dict[str, Row]] = {}
    for slug, columns in REFERENCE_COLUMNS.items():
        rows = source.lists(model_of(slug), ("id", *columns))
        found[slug] = {code: reference_row(slug, pk, (code, *values)) for pk, code, *values in rows}
    return found


def entry_day(stamps: Iterable[tuple[str, datetime | None]]) -> date | None:
    """The day the first clinical row of a chart was entered, from (slug, created at) of its rows."""
    entered = [at for slug, at in stamps if at is not None and slug not in PAPERWORK]
    return timezone.localdate(min(entered)) if entered else None


def case_row(spec: EntitySpec, raw: dict[str, Any], codes: dict[str, dict[int, str]]) -> Row:
    """One database row (column -> value) as the plain row that checks read."""
    missing = raw.get("missing") or {}
    values = {item.name: _case_value(item, raw, codes) for item in spec.items if _column(item) in raw}
    parents = {name: raw.get(f"{name}_id") for name, _slug in spec.parents}
    return Row(spec.slug, raw["id"], values, missing, parents, raw.get("comparators") or {})


def _column(item: ItemSpec) -> str:
    return f"{item.name}_id" if item.kind is Kind.REFERENCE else item.name


def _case_value(item: ItemSpec, raw: dict[str, Any], codes: dict[str, dict[int, str]]) -> Any:
    value = raw[_column(item)]
    if item.kind is Kind.DATE:
        return dated(value, raw.get(f"{item.name}_precision", ""))
    if item.kind is Kind.CODES:
        return tuple(value or ()) or None
    if item.kind is Kind.REFERENCE:
        return codes[item.target].get(value, value) if item.target in codes else value
    return None if value == "" else value


def cases(patient_ids: Iterable[int], source: Source = LIVE) -> Iterator[Case]:
    """The cases of these patients, read in batches: one query per entity and batch."""
    ids = list(patient_ids)
    codes = reference_codes(source)
    targets = {code: tuple(target or ()) for code, target in source.lists(CARTProduct, ("code", "target"))}
    specs = [spec for spec in dictionary() if spec.of_patient]
    dated_by = {spec.slug: spec.entity.dated_by for spec in specs}
    shared = references(source)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        rows: dict[int, list[Row]] = {patient: [] for patient in batch}
        stamps: dict[int, list[tuple[str, datetime]]] = {patient: [] for patient in batch}
        for spec in specs:
            for raw in source.dicts(model_of(spec.slug), batch):
                if raw["voided"]:
                    continue
                row = case_row(spec, raw, codes)
                if spec.slug == "infusion":
                    row.values["product_target"] = targets.get(row.values.get("product"), ())
                rows[raw["patient_id"]].append(row)
                stamps[raw["patient_id"]].append((spec.slug, raw["created_at"]))
        for patient, raw in _patients(batch, source).items():
            if patient in rows:
                yield build_case(
                    case_row(dictionary()["patient"], raw, codes),
                    rows[patient],
                    dated_by,
                    plausible=ranges(),
                    references=shared,
                    entered_on=entry_day(stamps[patient]),
                )


def _patients(ids: list[int], source: Source) -> dict[int, dict[str, Any]]:
    births = {row["patient_id"]: row for row in source.dicts(SubjectIdentity, ids)}
    unknown = {"birth_date": None, "birth_date_precision": "", "missing": {}}
    found = {}
    for raw in sorted(source.dicts(Patient, ids), key=lambda row: row["id"]):
        if raw["voided"] or raw["merged_into_id"] is not None:
            continue
        found[raw["id"]] = with_birth(raw, births.get(raw["id"], unknown))
    return found


def with_birth(patient: dict[str, Any], identity: dict[str, Any]) -> dict[str, Any]:
    """The columns of a patient together with the birth date that is kept apart, as one row for the checks."""
    births = {name: value for name, value in identity.items() if name.startswith("birth")}
    return {**patient, **births, "missing": {**(patient["missing"] or {}), **(identity["missing"] or {})}}


# Tables for snapshots -----------------------------------------------------------------------------------------------


def frozen_items(spec: EntitySpec) -> list[ItemSpec]:
    """Items that a snapshot may hold: no direct identifiers, no typed prose."""
    return [item for item in spec.items if item.item.privacy not in (DIRECT, FREE_TEXT)]


def tables(source: Source = LIVE) -> dict[str, str]:
    """Every entity of the scope as canonical CSV text, keyed by slug, and the open findings as `findings`."""
    codes = reference_codes(source)
    patients = patient_ids(source)
    births = dict(source.lists(SubjectIdentity, ("patient_id", "birth_date")))
    result = {spec.slug: _table(spec, source, codes, patients, births) for spec in dictionary()}
    result["findings"] = _findings(source, patients)
    return result


def reference_tables(source: Source = LIVE) -> dict[str, str]:
    """Sites, protocols and products as canonical CSV text, keyed by slug."""
    codes = reference_codes(source)
    return {spec.slug: _table(spec, source, codes, {}, {}) for spec in dictionary() if spec.entity.reference}


def patient_ids(source: Source = LIVE) -> dict[int, str]:
    """Database id -> registry id of every patient that counts: neither voided nor merged into another."""
    columns = ("id", "registry_id", "voided", "merged_into_id")
    return {row[0]: row[1] for row in source.lists(Patient, columns) if not row[2] and row[3] is None}


def _columns(spec: EntitySpec) -> list[tuple[str, str, ItemSpec | None]]:
    """(header, database column, item) in the order of the frozen table."""
    columns: list[tuple[str, str, ItemSpec | None]] = [(name, f"{name}_id", None) for name, _ in spec.parents]
    for item in frozen_items(spec):
        columns.append((item.name, _column(item), item))
        if item.kind is Kind.DATE and item.item.partial:
            columns.append((f"{item.name}_precision", f"{item.name}_precision", None))
    return columns


def _table(
    spec: EntitySpec,
    source: Source,
    codes: dict[str, dict[int, str]],
    patients: dict[int, str],
    births: dict[int, date | None],
) -> str:
    """One entity as canonical text, built column by column."""
    columns = _columns(spec)
    headers = [header for header, _column, _item in columns]
    asked = [*HEAD, "patient_id" if spec.of_patient else "id", *(column for _header, column, _item in columns)]
    kept = [
        row
        for row in source.lists(model_of(spec.slug), asked)
        if not row[VOIDED] and (spec.entity.reference or row[len(HEAD)] in patients)
    ]
    ids, statuses, missing, comparators, _voided, owners, *values = (
        zip(*kept, strict=True) if kept else [()] * len(asked)
    )
    who = [""] * len(kept) if spec.entity.reference else [patients[owner] for owner in owners]
    moments = values[headers.index(spec.entity.dated_by)] if spec.entity.dated_by else [None] * len(kept)
    cells = [[str(pk) for pk in ids], who, statuses, canonical.ages(moments, owners, births)]
    for (_header, _column, item), column in zip(columns, values, strict=True):
        cells.append(canonical.texts(column, item, codes))
    cells += [[canonical.pairs(one) if one else "" for one in column] for column in (missing, comparators)]
    order = sorted(range(len(kept)), key=lambda place: (who[place], moments[place] or date.max, ids[place]))
    lines = list(zip(*cells, strict=True))
    header = ["id", "patient", "record_status", "age_days", *headers, "missing", "comparators"]
    return canonical.csv_text(header, (lines[place] for place in order))


def _findings(source: Source, patients: dict[int, str]) -> str:
    lines = sorted(
        [patients[patient], rule, severity, ";".join(columns), ";".join(rows)]
        for patient, rule, severity, columns, rows in source.findings()
        if patient in patients
    )
    return canonical.csv_text(["patient", "rule", "severity", "columns", "rows"], lines)

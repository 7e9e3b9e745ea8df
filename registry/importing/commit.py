"""From tied rows to stored rows: checks in memory, then one bulk insert per entity, then the findings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from registry import duplicates
from registry.accepted import held_for
from registry.checks import engine
from registry.checks.case import Case, References, build_case
from registry.dictionary.compiled import EntitySpec
from registry.due import attempts_of, store_courses
from registry.entities import dictionary, model_of
from registry.extract import REFERENCE_COLUMNS, case_row, entry_day, ranges, reference_row, with_birth
from registry.importing.bundle import CREATED, Bundle, state
from registry.importing.parse import ParsedRow, links
from registry.importing.report import Fault
from registry.importing.resolve import Target
from registry.mending import mend
from registry.models import CareSite, Record, Status, SubjectIdentity
from registry.status import Judged, hold, judge, refresh, row_status, store_findings

Progress = Callable[[str, int], None]
BATCH = 500


def check(bundle: Bundle, today: date, progress: Progress) -> dict[Target, Judged]:
    """Run every check on every patient of the bundle, stored rows included, before anything is written."""
    stored = [target.instance.pk for target in bundle.patients.all() if target.instance.pk]
    hold(stored)
    held, attempts, alike = held_for(stored), attempts_of(stored), duplicates.findings(stored)
    codes = {slug: {one.pk: code for code, one in rows.items()} for slug, rows in bundle.known.items()}
    targets = {code: tuple(one.target or ()) for code, one in bundle.known["product"].items()}
    shared = _references(bundle)
    return {
        target: judge(
            _case(target, codes, targets, shared), today, held.get(pk, {}), attempts.get(pk, ()), alike.get(pk, ())
        )
        for target in _counted(bundle, progress)
        for pk in [target.instance.pk]
    }


def _counted(bundle: Bundle, progress: Progress) -> Iterator[Target]:
    for target in bundle.patients.all():
        yield target
        progress("checked", sum(len(rows) for rows in target.rows.values()))


def _references(bundle: Bundle) -> References:
    return {
        slug: {
            code: reference_row(slug, one.pk, (getattr(one, name) for name in columns))
            for code, one in bundle.known[slug].items()
        }
        for slug, columns in REFERENCE_COLUMNS.items()
    }


def _case(
    target: Target, codes: dict[str, dict[int, str]], product_targets: dict[str, tuple], shared: References
) -> Case:
    specs = [spec for spec in dictionary() if spec.of_patient]
    rows, stamps = [], []
    for spec in specs:
        for ref, instance in current_rows(target, spec):
            row = case_row(spec, {**instance.__dict__, "id": ref}, codes)
            if spec.slug == "infusion":
                row.values["product_target"] = product_targets.get(row.values.get("product"), ())
            rows.append(row)
            stamps.append((spec.slug, instance.created_at))
    raw = with_birth(target.instance.__dict__, target.instance.identity.__dict__) | {"id": patient_ref(target)}
    return build_case(
        case_row(dictionary()["patient"], raw, codes),
        rows,
        {spec.slug: spec.entity.dated_by for spec in specs},
        plausible=ranges(),
        references=shared,
        entered_on=entry_day(stamps),
    )


def patient_ref(target: Target) -> int:
    parsed = target.rows["patient"]
    return parsed[0].ref if parsed else target.instance.pk


def current_rows(target: Target, spec: EntitySpec) -> list[tuple[int, Record]]:
    """Every row the patient will have after the import: (ref, instance)."""
    parsed = target.rows[spec.slug]
    matched = {row.ref for row in parsed}
    stored = [(one.pk, one) for one in target.stored[spec.slug] if one.pk not in matched]
    return stored + [(row.ref, row.instance) for row in parsed]


def settle(bundle: Bundle, judged: dict[Target, Judged]) -> list[tuple[EntitySpec, Record, dict]]:
    """Set the status of every row; returns stored rows outside the file whose status changes, and how they were."""
    turned = []
    for target, told in judged.items():
        stopped = told.stopped
        for spec in dictionary():
            rows = current_rows(target, spec) if spec.of_patient else []
            if spec.slug == "patient":
                rows = [(patient_ref(target), target.instance)]
            in_file = {id(row.instance) for row in target.rows[spec.slug]}
            for ref, instance in rows:
                wanted = row_status(spec, instance, stopped=(spec.slug, ref) in stopped)
                if instance.record_status != wanted:
                    if id(instance) not in in_file:
                        turned.append((spec, instance, state(instance)))
                    instance.record_status = wanted
    return turned


def write(bundle: Bundle, turned: list[tuple[EntitySpec, Record, dict]], progress: Progress) -> dict[str, int]:
    """Insert and update everything; returns where each stand-in id ended: 'slug:-3' -> database id."""
    ended: dict[str, int] = {}
    _write_patients(bundle, ended, progress)
    for spec in dictionary():
        if spec.of_patient:
            rows = bundle.rows.get(spec.slug, ())
            for row in rows:
                _hang(row, spec, ended)
            _insert(bundle, spec, [row for row in rows if row.before is None], ended, progress)
            for row in rows:
                if row.before is not None:
                    bundle.write_row(row, spec)
                    progress(spec.entity.plural, 1)
    for _spec, instance, before in turned:
        bundle.update(instance, before)
    _care(bundle)
    return ended


def _hang(row: ParsedRow, spec: EntitySpec, ended: dict[str, int]) -> None:
    row.instance.patient_id = row.target.instance.pk
    for name, slug in links(spec).items():
        held = getattr(row.instance, f"{name}_id")
        if held is not None and held < 0:
            setattr(row.instance, f"{name}_id", ended[f"{slug}:{held}"])


def _insert(bundle: Bundle, spec: EntitySpec, rows: list[ParsedRow], ended: dict[str, int], progress: Progress) -> None:
    model = model_of(spec.slug)
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        model._base_manager.bulk_create([row.instance for row in batch])
        for row in batch:
            ended[f"{spec.slug}:{row.ref}"] = row.instance.pk
        progress(spec.entity.plural, len(batch))
    if rows:
        bundle.outcome[CREATED][spec.slug] += len(rows)


def _write_patients(bundle: Bundle, ended: dict[str, int], progress: Progress) -> None:
    spec = dictionary()["patient"]
    rows = bundle.rows.get("patient", ())
    new = [row for row in rows if row.before is None]
    _insert(bundle, spec, new, ended, progress)
    identities = []
    for row in new:
        identity = row.instance.identity
        identity.patient, identity.site_id, identity.record_status = row.instance, row.instance.site_id, Status.COMPLETE
        identities.append(identity)
    SubjectIdentity._base_manager.bulk_create(identities, batch_size=BATCH)
    for row in rows:
        if row.before is not None:
            bundle.write_row(row, spec)
            progress(spec.entity.plural, 1)


def _care(bundle: Bundle) -> None:
    """Every site that enrolls or treats a patient sees the chart."""
    wanted: set[tuple[int, int]] = set()
    for target in bundle.patients.all():
        wanted.add((target.instance.pk, target.instance.site_id))
        for slug in ("infusion", "hsct"):
            wanted |= {(target.instance.pk, row.instance.site_id) for row in target.rows[slug] if row.instance.site_id}
    held = set(CareSite._base_manager.values_list("patient_id", "site_id"))  # care that ended is not taken up again
    new = [CareSite(patient_id=patient, site_id=site, since=bundle.now) for patient, site in sorted(wanted - held)]
    CareSite.objects.bulk_create(new, batch_size=BATCH)


def keep_findings(judged: dict[Target, Judged], ended: dict[str, int], now: datetime) -> None:
    """Store the findings under the ids the rows have now; queries and due items follow."""

    def moved(key: str) -> str:
        return f"{key.split(':')[0]}:{ended[key]}" if key in ended else key

    def renamed(one: engine.Finding) -> engine.Finding:
        record = ended.get(f"{one.entity}:{one.record_id}", one.record_id)
        return replace(one, record_id=record, rows=tuple(sorted(moved(key) for key in one.rows)))

    stored = {}
    for target, told in judged.items():
        accepted = {renamed(one): pk for one, pk in told.accepted.items()}
        stored[target.instance.pk] = Judged(tuple(renamed(one) for one in told.findings), accepted)
    store_findings(stored, now=now)
    mend(stored, now=now)
    store_courses({target.instance.pk: told.course for target, told in judged.items()})
    refresh(duplicates.twins(stored), today=now.date(), now=now)  # who may have been entered twice is known now only


def told(judged: dict[Target, Judged]) -> Iterable[Fault]:
    """The findings as the report lists them: with file, line and cell where the row stands in the source."""
    for target, found in judged.items():
        rows: dict[tuple[str, Any], ParsedRow] = {
            (slug, row.ref): row for slug, parsed in target.rows.items() for row in parsed
        }
        for one in found.findings:
            row = rows.get((one.entity, one.record_id))
            if row is not None:
                yield row.fault(one.rule, one.message, column=one.column, severity=one.severity)
            else:
                message = f"{model_of(one.entity).entity.label} on file: {one.message}"
                yield Fault("", None, target.source_id, one.column, "", one.rule, one.severity, message)

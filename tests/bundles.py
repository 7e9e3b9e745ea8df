"""Import bundles (entity -> rows of text) as cases, without a database: for checks on whole cohorts."""

from collections.abc import Iterator, Mapping, Sequence

from registry.checks.case import Case, Row, build_case
from registry.checks.plausible import plausible_ranges
from registry.dictionary.compiled import Dictionary, EntitySpec
from registry.entities import dictionary
from tests.cases import row_of

Bundle = Mapping[str, Sequence[Mapping[str, str]]]


def cases_of(bundle: Bundle) -> Iterator[Case]:
    """One case per patient of a bundle. Entities the dictionary does not have yet are left aside."""
    known = dictionary()
    rows = _by_patient(bundle, known)
    dated_by = {spec.slug: spec.entity.dated_by for spec in known}
    ranges = plausible_ranges(known)
    shared = {slug: _references(bundle.get(slug, ()), known[slug], known) for slug in ("site", "protocol")}
    for number, cells in enumerate(bundle["patient"], start=1):
        patient = row_of("patient", number, _cells(cells, "patient", known))
        yield build_case(patient, rows.get(cells["patient"], []), dated_by, plausible=ranges, references=shared)


def _references(table: Sequence[Mapping[str, str]], spec: EntitySpec, known: Dictionary) -> dict[str, Row]:
    rows = enumerate(table, start=1)
    return {cells[spec.entity.natural_key]: row_of(spec.slug, n, _cells(cells, spec.slug, known)) for n, cells in rows}


def _by_patient(bundle: Bundle, known: Dictionary) -> dict[str, list[Row]]:
    numbers = {
        (slug, cells["key"]): str(number)
        for slug, table in bundle.items()
        for number, cells in enumerate(table, start=1)
        if cells.get("key")
    }
    only: dict[tuple[str, str], list[str]] = {}
    for slug, table in bundle.items():
        for number, cells in enumerate(table, start=1):
            only.setdefault((slug, cells.get("patient", "")), []).append(str(number))
    rows: dict[str, list[Row]] = {}
    for slug, table in bundle.items():
        if slug not in known or not known[slug].of_patient:
            continue
        links = [
            *known[slug].parents,
            *((s.name, s.target) for s in known[slug].items if s.target == "infusion"),
        ]
        for number, cells in enumerate(table, start=1):
            found = _cells(cells, slug, known)
            for column, target in links:
                if found.get(column):
                    found[column] = numbers[target, cells[column]]
                elif column not in cells and len(links) == 1 and len(only.get((target, cells["patient"]), [])) == 1:
                    found[column] = only[target, cells["patient"]][0]
            rows.setdefault(cells["patient"], []).append(row_of(slug, number, found))
    return rows


def _cells(cells: Mapping[str, str], slug: str, known: Dictionary) -> dict[str, str]:
    columns = {*known[slug].by_name, *dict(known[slug].parents)}
    return {name: text for name, text in cells.items() if name in columns and text}

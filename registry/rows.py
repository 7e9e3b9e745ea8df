"""Rows as the generic screens show them: table cells, sections, what hangs on a record, what changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q

from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import CORE, DIRECT, FREE_TEXT
from registry.entities import dictionary, model_of
from registry.history import Told
from registry.models import Finding, Patient, Record
from registry.places import Place, Role
from registry.shown import Shown, ToldField, dated_on, row_title, shown_answer, target_words, told_fields

TABLE_COLUMNS = 6


@dataclass(frozen=True)
class TableRow:
    """One record in a list: the cells in column order, the first of which links to it."""

    record: Record
    url: str
    cells: list[tuple[str, Shown]]


@dataclass(frozen=True)
class DetailRow:
    """One answer on the page of a record."""

    name: str
    label: str
    shown: Shown
    definition: str
    wanted: bool = False
    kept: bool = False
    notes: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Branch:
    """Rows of one entity that hang on a record, and where one more is entered."""

    spec: EntitySpec
    rows: list[tuple[str, str, Record]]
    add_url: str = ""


@dataclass(frozen=True)
class ChangeRow:
    """One remembered change in words."""

    at: datetime
    actor: str
    reason: str
    request_id: str
    what: str
    operation: str
    fields: list[ToldField]

    @property
    def entered(self) -> bool:
        """A new row has no values before: its fields are simply listed."""
        return not any(one.old for one in self.fields)


def visible(place: Place, item: ItemSpec) -> bool:
    """Whether this reader may see the item: direct identifiers need a right of their own."""
    return item.item.privacy is not DIRECT or "identity" in place.may


def table_items(place: Place) -> list[ItemSpec]:
    """The columns of a list: the date rows are ordered by, then core items in form order."""
    spec = place.spec
    inside = [item for _heading, items in spec.sections() for item in items]
    core = [item for item in inside if item.item.level is CORE and item.item.privacy is not FREE_TEXT]
    first = [item for item in inside if item.name in (spec.entity.dated_by, spec.entity.natural_key)]
    ordered = first + [item for item in core if item not in first]
    return [item for item in ordered if visible(place, item)][:TABLE_COLUMNS]


def table_rows(place: Place, records: Iterable[Record]) -> list[TableRow]:
    items = table_items(place)
    return [
        TableRow(
            record,
            place.url(Role.DETAIL, record),
            [(item.item.label, shown_answer(item, record.answer(item.name), record)) for item in items],
        )
        for record in records
    ]


def detail_sections(place: Place, record: Record, findings: list[Finding]) -> list[tuple[str, list[DetailRow]]]:
    """Every question with its answer; a question that is not asked stands only when it kept an answer."""
    values = {item.name: record.answer(item.name).value for item in place.spec.items}
    result = []
    for heading, items in place.spec.sections():
        rows = [_detail(place.spec, item, record, values, findings) for item in items if visible(place, item)]
        rows = [row for row in rows if row is not None]
        if rows:
            result.append((heading, rows))
    return result


def _detail(
    spec: EntitySpec, item: ItemSpec, record: Record, values: dict, findings: list[Finding]
) -> DetailRow | None:
    answer = record.answer(item.name)
    asked = item.item.asked_if is None or item.item.asked_if.holds(values)
    companion = item.name.endswith("_source") and item.name.removesuffix("_source") in spec.by_name
    if answer.blank and (not asked or companion):
        return None
    return DetailRow(
        item.name,
        item.item.label,
        shown_answer(item, answer, record),
        item.item.definition,
        wanted=answer.blank and item.item.is_required(values),
        kept=not asked,
        notes=[one for one in findings if one.column == item.name],
    )


def parents_of(place: Place, record: Record) -> list[tuple[str, str, str]]:
    """(kind, title, address) of what the record hangs on."""
    found = []
    for column, slug in place.spec.parents:
        parent = getattr(record, column)
        if parent is not None:
            spec = dictionary()[slug]
            there = Place(spec, place.patient, place.may)
            found.append((spec.entity.label, row_title(spec, parent), there.url(Role.DETAIL, parent)))
    return found


def children_of(place: Place, record: Record) -> list[Branch]:
    """What hangs on the record, by entity, each with the address for one more."""
    if isinstance(record, Patient) or place.spec.entity.reference:
        return []
    branches = []
    for spec in dictionary():
        columns = [column for column, slug in spec.parents if slug == place.spec.slug]
        if not columns:
            continue
        there = Place(spec, place.patient, place.may)
        rows = there.rows().filter(Q(**{columns[0]: record.pk}), voided=False)
        shown = [(row_title(spec, row), there.url(Role.DETAIL, row), row) for row in in_time(spec, rows)]
        branches.append(Branch(spec, shown, "" if record.voided else add_url(there, place.spec.slug, record)))
    return branches


def add_url(place: Place, parent_slug: str = "", parent: Record | None = None) -> str:
    """Where one more row is entered, with its parent already chosen; empty when the actor may not."""
    if not place.allows(Role.CREATE):
        return ""
    address = place.url(Role.CREATE)
    columns = [column for column, slug in place.spec.parents if slug == parent_slug]
    if parent is None or not columns:
        return address
    name = "parent" if place.spec.entity.one_of else f"parent_{columns[0]}"
    presets = {name: f"{columns[0]}:{parent.pk}"}
    if place.spec.slug == "response":
        presets["context"] = {"infusion": "CART", "salvage": "SALVAGE", "hsct": "HSCT"}[columns[0]]
    return f"{address}?{urlencode(presets)}"


def in_time(spec: EntitySpec, rows: Iterable[Record]) -> list[Record]:
    """Rows by their date, the undated last."""
    return sorted(rows, key=lambda row: (str(getattr(dated_on(spec, row), "value", "9999")), row.pk))


def names_of_rows(place: Place) -> dict[str, dict[int, str]]:
    """Words for the ids in a remembered change: reference rows by their code, the patient's rows by title."""
    names = {}
    for spec in dictionary():
        if spec.entity.reference:
            names[spec.slug] = {row.pk: target_words(row) for row in model_of(spec.slug).objects.all()}
    targets = {slug for spec in dictionary() for _column, slug in spec.parents} if place.patient else set()
    for slug in targets:
        spec = dictionary()[slug]
        rows = Place(spec, place.patient, place.may).rows()
        names[slug] = {row.pk: row_title(spec, row) for row in rows}
    return names


def told_rows(place: Place, told: Iterable[Told]) -> list[ChangeRow]:
    """Changes in words; a change of which this reader may see no field is still told."""
    identity, names = "identity" in place.may, names_of_rows(place)
    rows = []
    for one in told:
        slug = "patient" if one.entity == "identity" else one.entity
        spec = dictionary()[slug] if slug in dictionary() else None  # noqa: SIM401 - not a dict
        what = spec.entity.label if spec and one.entity != "identity" else one.entity.replace("_", " ").capitalize()
        rows.append(ChangeRow(one.at, one.actor, one.reason, one.request_id, what, one.operation,
                              told_fields(spec, one, identity=identity, names=names)))  # fmt: skip
    return rows

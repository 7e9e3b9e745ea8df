"""One patient's rows as frozen plain objects: what every edit check reads.

A `Case` is built from database rows, from a form's candidate or from an import in memory, so that one set of
checks serves all three. Dates are `PartialDate`, an unknown or blank date is None; codes are text, several
codes a tuple.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from registry.dictionary.partial_date import DAY, PartialDate

#: Responses that count as complete remission (data dictionary 6.1).
CR_ANY = frozenset({"CR", "CRi", "MLFS"})
#: Products without a CD19 binder, or with none we can name; used where the product's targets are not on file.
NOT_SURELY_CD19 = frozenset({"CD22", "OTHER"})


@dataclass(frozen=True, eq=False)
class Row:
    """One row: `row.relapse_date`, `row.level`; an item without a value is None.

    `parents` maps a parent column to the parent's id. A reference to a site, protocol or product holds its
    code, one to another clinical row (`cart_infusion`) its id. An infusion also has `product_target`, the
    antigens of its product.
    """

    entity: str
    id: int
    values: Mapping[str, Any]
    missing: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, int | None] = field(default_factory=dict)
    comparators: Mapping[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        held = self.__dict__
        try:
            return held["values"][name]
        except KeyError:
            pass
        if name in held.get("parents", ()):
            return held["parents"][name]
        raise AttributeError(f"{held.get('entity')} has no item '{name}'")

    @property
    def key(self) -> str:
        return f"{self.entity}:{self.id}"

    def why_missing(self, name: str) -> str:
        """The missing-value code of an item, or an empty text."""
        return self.missing.get(name, "")


#: entity -> code -> the reference row: sites and protocols.
References = Mapping[str, Mapping[str, Row]]


def dated(value: date | None, precision: str = "") -> PartialDate | None:
    """A stored date column and its precision as the value checks compare."""
    return PartialDate(value, precision or DAY) if value is not None else None


def targets_cd19(infusion: Row) -> bool:
    """Whether the infused product is known to target CD19: by its antigens on file, else by its code."""
    antigens = infusion.values.get("product_target")
    if antigens:
        return "CD19" in antigens
    return infusion.product is not None and infusion.product not in NOT_SURELY_CD19


@dataclass(frozen=True, eq=False)
class Case:
    """One patient with every row that is not voided, each entity in order of its date.

    `references` are the sites and protocols the rows may name: entity -> code -> row. `entered_on` is the day on
    which the first clinical row was entered, where that is known.
    """

    patient: Row
    rows: Mapping[str, tuple[Row, ...]]
    dated_by: Mapping[str, str]
    plausible: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    references: References = field(default_factory=dict)
    entered_on: date | None = None

    def of(self, entity: str) -> tuple[Row, ...]:
        """The rows of an entity, ordered by the date they are dated by (undated ones last)."""
        return self.rows.get(entity, ())

    def every(self, entity: str) -> tuple[Row, ...]:
        """The rows of any entity a check may read: the patient, clinical rows, sites and protocols."""
        if entity == self.patient.entity:
            return (self.patient,)
        return tuple(self.references[entity].values()) if entity in self.references else self.of(entity)

    def reference(self, entity: str, code: str | None) -> Row | None:
        """The site or protocol that a row names by its code, if it is on file."""
        return self.references.get(entity, {}).get(code) if code is not None else None

    def children(self, entity: str, parent: Row) -> tuple[Row, ...]:
        """Rows of an entity that hang on this parent row."""
        return tuple(row for row in self.of(entity) if row.parents.get(parent.entity) == parent.id)

    def parent(self, row: Row, column: str) -> Row | None:
        """The parent row named by a column, if it is set and present."""
        return self.row(column, row.parents.get(column))

    def row(self, entity: str, row_id: int | None) -> Row | None:
        """A row by its entity and id, if it is on file."""
        return self._by_key.get(f"{entity}:{row_id}") if row_id is not None else None

    @cached_property
    def _by_key(self) -> dict[str, Row]:
        return {row.key: row for rows in self.rows.values() for row in rows}

    def date_of(self, row: Row) -> PartialDate | None:
        """The date a row is dated by."""
        return row.values.get(self.dated_by.get(row.entity, ""))

    @cached_property
    def dates(self) -> tuple[tuple[Row, str, PartialDate], ...]:
        """Every date of the patient as (row, column, date) of any entity; blank and unknown are none."""
        every = (self.patient, *(row for rows in self.rows.values() for row in rows))
        return tuple(
            (row, column, value)
            for row in every
            for column, value in row.values.items()
            if value.__class__ is PartialDate
        )

    @cached_property
    def remissions(self) -> tuple[Row, ...]:
        """Response assessments that show a remission (CR, CRi, MLFS), in order of date."""
        return tuple(row for row in self.of("response") if row.values.get("response") in CR_ANY)

    @cached_property
    def index_infusion(self) -> Row | None:
        """The first dated PRIMARY infusion of a CD19 product (ENDPOINTS 2.2 without a cohort's filters)."""
        found = (row for row in self.infusions if row.intent == "PRIMARY" and targets_cd19(row))
        return next((row for row in found if row.infusion_date is not None), None)

    @property
    def death(self) -> Row | None:
        return next(iter(self.of("death")), None)

    @property
    def diagnosis(self) -> Row | None:
        return next(iter(self.of("diagnosis")), None)

    @property
    def infusions(self) -> tuple[Row, ...]:
        return self.of("infusion")


def build_case(
    patient: Row,
    rows: Iterable[Row],
    dated_by: Mapping[str, str],
    *,
    plausible: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
    references: References | None = None,
    entered_on: date | None = None,
) -> Case:
    """Group the rows by entity and order each group by date, then id.

    `plausible` are the ranges of `registry.checks.plausible.plausible_ranges`; without them rule W00 is silent, as
    are the rules on sites and protocols without `references`, and W96 without `entered_on`.
    """
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.entity, []).append(row)

    def order(row: Row) -> tuple:
        moment = row.values.get(dated_by.get(row.entity, ""))
        return (moment is None, moment.value if moment else date.max, row.id)

    ordered = {entity: tuple(sorted(members, key=order)) for entity, members in grouped.items()}
    return Case(patient, ordered, dated_by, plausible or {}, references or {}, entered_on)

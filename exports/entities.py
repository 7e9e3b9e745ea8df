"""The tidy table of an entity: one row per row of the snapshot, each value treated as its privacy class demands.

Beside a value stand its reason for absence (`x_missing`), the comparator of a number (`x_comparator`) and the
precision of a date (`x_precision`). Rows dated after the cut-off do not exist, later dates inside a row are blank.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports import profiles
from exports.columns import DATE, FLOAT, INT, STRING, Column, Table
from exports.profiles import T1, T3, Treatment
from exports.pseudonyms import Pseudonyms
from exports.subjects import DAY_ZERO, ROUGHNESS, Subject, day_between, five_years, whole_years
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import Dictionary, EntitySpec, ItemSpec
from registry.dictionary.items import MISSING, Kind

NUMBERS = {Kind.INTEGER: INT, Kind.DECIMAL: FLOAT}
PRECISIONS = {"D": "exact day", "M": "month known", "Y": "year known", "U": "unknown"}
COMPARATORS = {"<": "less than", "<=": "at most", ">=": "at least", ">": "more than"}
Made = tuple[Column, Sequence[Any]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Frozen:
    """The frozen lines of one entity that are in the export, and the patient of each (None: table of reference)."""

    spec: EntitySpec
    lines: list[dict[str, str]]
    whose: list[Subject | None]

    def texts(self, name: str) -> list[str]:
        return [line.get(name, "") for line in self.lines]

    def told(self, column: str, name: str) -> list[str | None]:
        """What `missing` or `comparators` says of an item, row by row."""
        mark = f"{name}="
        pairs = (next((one for one in text.split(";") if one.startswith(mark)), "") for text in self.texts(column))
        return [pair.removeprefix(mark) or None for pair in pairs]


@dataclass(frozen=True, kw_only=True, eq=False)
class Writer:
    """Writes the tables of one export. rows: the numbers of the rows in it, by entity: a link elsewhere is blank."""

    tier: str
    cutoff: date
    ids: Pseudonyms
    rows: Mapping[str, frozenset[str]]

    def table(self, frozen: Frozen) -> Table:
        """The table of an entity as it leaves, rows by patient and date."""
        spec, made = frozen.spec, list(self._keys(frozen))
        for item in spec.items:
            chosen = profiles.treatment(spec, item, self.tier)
            if chosen is not profiles.DROP:
                made += self._answer(frozen, item, chosen)
        columns = tuple(column for column, _values in made)
        table = Table(f"tables/{spec.slug}", spec.entity.plural, spec.doc, columns, tuple(kept for _c, kept in made))
        dated = [name for name in (spec.entity.dated_by, _name_of_day(spec.entity.dated_by)) if name in table.names]
        return table.sorted_by(*(() if spec.entity.reference else ("patient",)), *dated, "id")

    def _keys(self, frozen: Frozen) -> Iterator[Made]:
        """What says which row it is, whose, what it hangs on, where it stands, how old the patient was."""
        spec = frozen.spec
        own = Column("id", STRING, "Row", "Id of the row in exports under this agreement.")
        yield own, [self.ids.row(spec.slug, number) for number in frozen.texts("id")]
        if not spec.entity.reference:
            yield PATIENT, [subject.patient for subject in frozen.whose]
        if spec.slug == "patient":
            yield from self._day_zero(frozen)
        for name, slug in spec.parents:
            link = Column(f"{name}_id", STRING, f"{name} it belongs to", f"`id` of a row of `{slug}`.")
            there = self.rows.get(slug, frozenset())
            yield link, [self.ids.row(slug, text) if text in there else None for text in frozen.texts(name)]
        yield STATUS, [text or None for text in frozen.texts("record_status")]
        if spec.entity.dated_by:
            ages = [int(text) if text else None for text in frozen.texts("age_days")]
            yield (AGE_DAYS, ages) if self.tier == T3 else (AGE, [whole_years(age) for age in ages])

    def _day_zero(self, frozen: Frozen) -> Iterator[Made]:
        yield EVENT, [subject.event or None for subject in frozen.whose]
        yield AGE_ZERO, [subject.age_years for subject in frozen.whose]
        if self.tier == T1:
            yield YEARS, [five_years(subject.day0) for subject in frozen.whose]
        else:
            days = [subject.day0 for subject in frozen.whose]
            yield DAY_0, [None if day is None else date.fromordinal(day) for day in days]

    def _answer(self, frozen: Frozen, item: ItemSpec, chosen: Treatment) -> Iterator[Made]:
        """The columns of one item: the value, why there is none, and what else belongs to it."""
        if item.kind is Kind.DATE:
            made = list(self._date(frozen, item, chosen))
        else:
            column = _column(item, item.name, NUMBERS.get(item.kind, STRING), chosen)
            named = item.target or frozen.spec.slug
            made = [(column, [self._value(item, text, chosen, named) for text in frozen.texts(item.name)])]
        yield from made
        name, label = made[0][0].name, item.item.label
        words = f"Why there is no value in `{name}`."
        why = Column(f"{name}_missing", STRING, f"{label}: why missing", words, codes=tuple(MISSING.items()))
        yield why, frozen.told("missing", item.name)
        if item.kind in NUMBERS:
            words = f"How the true number compares with `{name}`; none: it is that number."
            sign = Column(f"{name}_comparator", STRING, f"{label}: comparator", words, codes=tuple(COMPARATORS.items()))
            yield sign, frozen.told("comparators", item.name)

    def _value(self, item: ItemSpec, text: str, chosen: Treatment, named: str) -> Any:
        if not text:
            return None
        if chosen is profiles.CODED:
            return self.ids.place(named, text)
        if item.kind is Kind.INTEGER:
            return int(text)
        if item.kind is Kind.DECIMAL:
            return CHANGED[chosen](float(text)) if chosen in CHANGED else float(text)
        return text

    def _date(self, frozen: Frozen, item: ItemSpec, chosen: Treatment) -> Iterator[Made]:
        last = self.cutoff.isoformat()
        texts = [text if text <= last else "" for text in frozen.texts(item.name)]
        stated = frozen.texts(f"{item.name}_precision") if item.item.partial else ["D"] * len(texts)
        known = zip(texts, stated, strict=True)
        exact = [precision or "D" if text else "U" if precision == "U" else "" for text, precision in known]
        name = item.name
        if chosen is profiles.DAYS:
            name = _name_of_day(item.name)
            told = list(zip(texts, exact, frozen.whose, strict=True))
            values = [_day(text, precision, subject) for text, precision, subject in told]
            exact = [_rougher(precision, subject) for _text, precision, subject in told]
            yield _column(item, name, INT, chosen, unit="d"), values
        else:
            yield _column(item, name, DATE, chosen), [date.fromisoformat(text) if text else None for text in texts]
        if item.item.partial or chosen is profiles.DAYS:
            words = f"How exactly `{name}` is known."
            label = f"{item.item.label}: precision"
            yield (
                Column(f"{name}_precision", STRING, label, words, codes=tuple(PRECISIONS.items())),
                [precision or None for precision in exact],
            )


PATIENT = Column("patient", STRING, "Patient", "The patient, under this agreement; joins all tables.")
STATUS = Column("record_status", STRING, "Status of the record", "How far the row has been checked.")
AGE = Column("age_years", INT, "Age", "Age on the day that dates the row.", profiles.YEARS.words, "a")
AGE_DAYS = Column("age_days", INT, "Age", "Age on the day that dates the row.", unit="d")
EVENT = Column("day0_event", STRING, "Day 0", "What day 0 of the patient is.", codes=tuple(DAY_ZERO.items()))
AGE_ZERO = Column("day0_age_years", INT, "Age at day 0", "Age on day 0.", profiles.YEARS.words, "a")
YEARS = Column("day0_years", STRING, "Years of day 0", "The five calendar years that day 0 lies in.", "a band of years")
DAY_0 = Column("day0_date", DATE, "Date of day 0", "The day that day 0 is.")
#: What rounds a number.
CHANGED = {profiles.FIVES: lambda number: max(5.0, 5.0 * round(number / 5)),
           profiles.YEARS: lambda number: float(min(90, int(number)))}  # fmt: skip


def _column(item: ItemSpec, name: str, kind: str, chosen: Treatment, unit: str = "") -> Column:
    told = item.item
    codes = tuple((entry.code, entry.label) for entry in code_list(told.codes).codes) if told.codes else ()
    return Column(name, kind, told.label, told.definition, chosen.words, unit or told.unit, codes)


def _name_of_day(name: str) -> str:
    """`infusion_date` and `withdrawn_on` as the days they become."""
    return f"{name.removesuffix('_date').removesuffix('_on')}_day"


def _day(text: str, precision: str, subject: Subject | None) -> int | None:
    if not text or subject is None:
        return None
    return day_between(subject.day0, date.fromisoformat(text).toordinal(), precision, subject.precision)


def _rougher(precision: str, subject: Subject | None) -> str:
    """The precision of a difference: that of the rougher date."""
    if precision not in ROUGHNESS or subject is None or subject.day0 is None:
        return "U" if precision == "U" else ""
    return max(precision, subject.precision, key=ROUGHNESS.__getitem__)


# Reading ------------------------------------------------------------------------------------------


def frozen_rows(
    dictionary: Dictionary, tables: Mapping[str, str], subjects: Mapping[str, Subject], cutoff: date
) -> dict[str, Frozen]:
    """The rows that are in an export: of its patients, up to the cut-off, and the sites, protocols and products
    these rows name."""
    found = {spec.slug: _lines(spec, tables.get(spec.slug, ""), subjects, cutoff) for spec in dictionary}
    named: dict[str, set[str]] = {}
    for spec in reversed(list(dictionary)):  # tables of reference last, and products after the protocols that name them
        frozen = found[spec.slug]
        if spec.entity.reference:
            kept = [line for line in frozen.lines if line[spec.entity.natural_key] in named.get(spec.slug, ())]
            frozen = found[spec.slug] = Frozen(spec=spec, lines=kept, whose=[None] * len(kept))
        for item in spec.items:
            if item.target:
                named.setdefault(item.target, set()).update(frozen.texts(item.name))
    return found


def _lines(spec: EntitySpec, text: str, subjects: Mapping[str, Subject], cutoff: date) -> Frozen:
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    if spec.entity.reference:
        return Frozen(spec=spec, lines=lines, whose=[None] * len(lines))
    dated_by, last = spec.entity.dated_by, cutoff.isoformat()
    lines = [line for line in lines if line["patient"] in subjects and line.get(dated_by, "") <= last]
    return Frozen(spec=spec, lines=lines, whose=[subjects[line["patient"]] for line in lines])


def numbers_of(frozen: Mapping[str, Frozen]) -> dict[str, frozenset[str]]:
    """The numbers of the rows in an export, by entity."""
    return {slug: frozenset(one.texts("id")) for slug, one in frozen.items()}

"""CAR T infusions: their order, their intent and the course of one (data dictionary 4.6)."""

from collections.abc import Iterator
from datetime import date

from registry.checks.case import Case, Row, targets_cd19
from registry.checks.compare import DAYS_PER_YEAR, fewest_days, most_days, surely_above, surely_below
from registry.checks.engine import ERROR, WARNING, Hit, check, hit
from registry.checks.said import on, product

#: Infusions before this day are unusual: the first children were infused in 2012.
FIRST_INFUSION = date(2010, 1, 1)
#: Years of age from which a band holds (up to the next one) -> weights in kg that are ordinary. Generous bounds
#: against slips of the pen (pounds, grams, a shifted point); expert knowledge, no growth chart.
WEIGHTS = (
    (0, (2, 14)),
    (1, (5, 19)),
    (2, (7, 28)),
    (4, (10, 42)),
    (6, (13, 65)),
    (9, (17, 95)),
    (12, (22, 125)),
    (15, (28, 155)),
    (18, (32, 180)),
)
#: Longest course of one infusion, and longest storage of the cells that is ordinary (data dictionary 4.6).
LONGEST_COURSE = 28
LONGEST_STORAGE = 18 * DAYS_PER_YEAR / 12


@check(
    "H20",
    ERROR,
    "The first infusion is PRIMARY; a later PRIMARY infusion uses another product.",
    source="data dictionary 4.6, 5",
)
def first_infusion_is_primary(case: Case) -> Iterator[Hit]:
    """Several infusions of which one is undated have no known order and are not judged."""
    infusions = case.infusions
    if len(infusions) > 1 and any(row.infusion_date is None for row in infusions):
        return
    first = infusions[:1]
    if len(infusions) > 1:
        first = tuple(row for row in infusions if row.infusion_date == infusions[0].infusion_date)
    if first and all(row.intent not in (None, "PRIMARY") for row in first):
        words = f"The first infusion is PRIMARY, not {first[0].intent}. Is an earlier infusion missing?"
        yield hit(first[0], "intent", words, (first[0], "infusion_date"))
    for row, earlier in later_primaries(case):
        if row.product is not None and row.product == earlier.product:
            words = f"A second PRIMARY infusion of {row.product}: say as intent why it was given again."
            cells = (
                (earlier, "product"),
                (row, "product"),
                (row, "infusion_date"),
                (earlier, "infusion_date"),
            )
            yield hit(row, "intent", words, *cells)


def later_primaries(case: Case) -> Iterator[tuple[Row, Row]]:
    """Every later PRIMARY infusion with an earlier infusion, of the same product if there is one."""
    for row in case.infusions:
        if row.intent == "PRIMARY" and row.infusion_date is not None:
            earlier = [one for one in case.infusions if _before(one, row)]
            if earlier:
                same = [one for one in earlier if one.product == row.product]
                yield row, (same or earlier)[0]


def _before(one: Row, other: Row) -> bool:
    return one.infusion_date is not None and one.infusion_date.value < other.infusion_date.value


@check(
    "W80",
    WARNING,
    "A second PRIMARY infusion, of another product, is unusual.",
    source="data dictionary 5 (H20)",
)
def second_primary(case: Case) -> Iterator[Hit]:
    """Allowed, with a reason: a new product may be a new start. The same product again is H20."""
    for row, earlier in later_primaries(case):
        if row.product is None or row.product != earlier.product:
            one, other = product(row.product), product(earlier.product)
            words = f"PRIMARY once more, of {one}, after {other} {on(earlier.infusion_date)}."
            yield hit(row, "intent", words, *_cells((row, earlier), ("intent", "infusion_date", "product")))


def _cells(rows: tuple[Row, ...], columns: tuple[str, ...]) -> Iterator[tuple[Row, str]]:
    return ((row, column) for row in rows for column in columns)


@check("W12", WARNING, "A CD19 CAR T before the index infusion is unusual.", source="data dictionary 4.5, 5")
def cd19_before_index(case: Case) -> Iterator[Hit]:
    """Infused, or told as earlier therapy: not CAR-naive. Index is the first PRIMARY infusion of a CD19 product."""
    index = case.index_infusion
    for row in case.of("prior_therapy") if index is not None else ():
        if row.prior_car == "CD19":
            words = f"CD19 CAR T as earlier therapy, before the index infusion on {index.infusion_date}."
            yield hit(row, "prior_car", words, *_cells((index,), ("infusion_date", "intent", "product")))
    for row in case.infusions:
        if index is not None and targets_cd19(row) and _before(row, index):
            told = row.product or "A CD19 product"
            words = f"{told} on {row.infusion_date} precedes the index infusion on {index.infusion_date}."
            yield hit(row, "infusion_date", words, *_cells((row, index), ("infusion_date", "intent", "product")))


@check("W86", WARNING, "The last fraction follows the first within 28 days.", source="data dictionary 4.6")
def course_within_28_days(case: Case) -> Iterator[Hit]:
    """A later decision to infuse again is a new infusion row."""
    for row in case.infusions:
        least = fewest_days(row.infusion_date, row.last_fraction_date)
        most = most_days(row.infusion_date, row.last_fraction_date)
        if least is not None and (least > LONGEST_COURSE or most < 0):
            words = f"The last fraction on {row.last_fraction_date} is not within 28 days of {row.infusion_date}."
            yield hit(row, "last_fraction_date", words, (row, "infusion_date"))


@check("W87", WARNING, "Apheresis lies before the infusion, at most 18 months.", source="data dictionary 4.6")
def apheresis_before_infusion(case: Case) -> Iterator[Hit]:
    """Cells collected on the day of infusion, after it or long before it are worth a second look."""
    for row in case.infusions:
        least = fewest_days(row.apheresis_date, row.infusion_date)
        most = most_days(row.apheresis_date, row.infusion_date)
        if least is not None and (least > LONGEST_STORAGE or most < 1):
            words = f"Apheresis on {row.apheresis_date}, infusion on {row.infusion_date}."
            yield hit(row, "apheresis_date", words, (row, "infusion_date"))


@check("W98", WARNING, "A CAR T infusion before 2010 is unusual.", source="data dictionary 4.6")
def infused_since_2010(case: Case) -> Iterator[Hit]:
    """The range of the infusion date; its end is today (H01)."""
    for row in case.infusions:
        if row.infusion_date is not None and row.infusion_date.latest < FIRST_INFUSION:
            yield hit(row, "infusion_date", f"Infused on {row.infusion_date}, before 2010.")


@check("W99", WARNING, "The weight at infusion is ordinary for the age.", source="data dictionary 4.6")
def weight_fits_age(case: Case) -> Iterator[Hit]:
    """Generous bounds by age, against slips of the pen; an age that the dates leave open may take either band."""
    birth = case.patient.birth_date
    for row in case.infusions:
        days = fewest_days(birth, row.infusion_date)
        if row.weight_kg is None or days is None or days < 0:
            continue
        light = ordinary_weight(days / DAYS_PER_YEAR)[0]
        heavy = ordinary_weight(most_days(birth, row.infusion_date) / DAYS_PER_YEAR)[1]
        if surely_below(row, "weight_kg", light) or surely_above(row, "weight_kg", heavy):
            words = f"{row.weight_kg:f} kg at {days / DAYS_PER_YEAR:.1f} years; ordinary is {light} to {heavy} kg."
            yield hit(row, "weight_kg", words, (row, "infusion_date"), (case.patient, "birth_date"))


def ordinary_weight(years: float) -> tuple[int, int]:
    """The least and greatest ordinary weight in kg at an age."""
    return next(bounds for start, bounds in reversed(WEIGHTS) if years >= start)

"""Laws of the edit checks: valid histories are silent, only distances matter, no draft makes a check fail."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.checks.case import Case, Row, build_case
from registry.checks.derived import DERIVATIONS
from registry.checks.engine import ERROR, Finding, run
from registry.checks.plausible import plausible_ranges
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import MISSING, Kind
from registry.dictionary.partial_date import DAY, MONTH, YEAR, PartialDate
from registry.entities import dictionary

#: Rows of a patient: (entity, day of the date it is dated by, its other cells); day 0 is the infusion.
Life = list[tuple[str, int, dict[str, Any]]]

DAY_0 = date(2015, 1, 1)
TODAY = DAY_0 + timedelta(6000)
DATED_BY = {spec.slug: spec.entity.dated_by for spec in dictionary()}
RANGES = plausible_ranges(dictionary())
CLINICAL = [spec for spec in dictionary() if spec.of_patient]
LAWFUL = settings(max_examples=80, deadline=None, derandomize=True)

#: Rules that look at the calendar or count back from today, so that moving a history may change them.
BOUND_TO_THE_CALENDAR = {"W83", "W98"}
BOUND_TO_TODAY = {"H01", "W71", "W73"}


def gap(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """A coherent course: diagnosed, infused, in remission; perhaps relapse, salvage, transplant, death."""
    life: Life = [
        ("diagnosis", -draw(gap(1, 3000)), {"disease": "B_ALL", "n_relapses_before_cart": 1}),
        ("enrollment", -draw(gap(0, 90)), {"protocol": "P1"}),
        ("infusion", 0, {"protocol": "P1", "intent": "PRIMARY", "product": "CTL019"}),
    ]
    day = draw(gap(21, 42))
    cr = {"response": "CR", "mrd_status": "NEG"}
    life.append(("response", day, cr | {"context": "CART", "timepoint": "D28", "infusion": 1}))
    if draw(st.booleans()):
        day = _relapse(draw, life, day)
    life.append(("follow_up", day + draw(gap(0, 400)), {"vital_status": "ALIVE", "disease_status": "CR"}))
    if draw(st.booleans()):
        cause = {
            "disease_status_at_death": "REMISSION",
            "primary_cause": "INFECTION",
            "related_to": ("NONE",),
        }
        life.append(("death", life[-1][1] + draw(gap(0, 300)), cause))
    return life


def _relapse(draw: st.DrawFn, life: Life, day: int) -> int:
    sites = {"site_marrow": "Y", "site_cns": "N", "site_testis": "N", "site_other": "N"}
    relapse = day + draw(gap(7, 1500))
    life.append(("relapse", relapse, sites | {"level": "MORPH", "infusion": 1}))
    start = relapse + draw(gap(0, 50))
    life.append(("salvage", start, {"trigger": "RELAPSE", "components": ("INO",), "relapse": 1}))
    again = start + draw(gap(1, 60))
    life.append(("response", again, {"context": "SALVAGE", "response": "CR", "mrd_status": "NEG", "salvage": 1}))
    if draw(st.booleans()):
        again += draw(gap(0, 90))
        graft = {"hsct_type": "ALLO", "status_at_hsct": "CR_MRDNEG", "reason": "AFTER_SALVAGE"}
        life.append(("hsct", again, graft))
    return again


def case_of(life: Life, *, shift: int = 0) -> Case:
    """The chart of a life, its dates moved by whole days."""
    counted: dict[str, int] = {}
    rows = []
    for entity, day, cells in life:
        counted[entity] = counted.get(entity, 0) + 1
        moment = PartialDate(DAY_0 + timedelta(day + shift))
        rows.append(row_of(dictionary()[entity], counted[entity], {DATED_BY[entity]: moment} | cells))
    birth = {"birth_date": PartialDate(DAY_0 + timedelta(shift - 4500)), "sex_at_birth": "F"}
    return build_case(row_of(dictionary()["patient"], 1, birth), rows, DATED_BY, plausible=RANGES)


def row_of(spec: EntitySpec, number: int, cells: dict[str, Any]) -> Row:
    values = {item.name: cells.get(item.name) for item in spec.items}
    return Row(spec.slug, number, values, {}, {name: cells.get(name) for name, _slug in spec.parents})


def places(findings: list[Finding], *, but: set[str] = frozenset()) -> list[tuple]:
    return [(one.rule, one.entity, one.record_id, one.column) for one in findings if one.rule not in but]


@given(life=lives())
@LAWFUL
def test_valid_history_has_no_finding_but_stale(life: Life) -> None:
    """A coherent chart has no error and no warning but W73, whatever its distances."""
    found = run(case_of(life), TODAY)

    assert [one for one in found if one.severity == ERROR] == []
    assert {one.rule for one in found} <= {"W73"}


@given(life=lives(), days=st.integers(-4000, 4000), late=st.integers(0, 400))
@LAWFUL
def test_moving_history_and_today_changes_nothing(life: Life, days: int, late: int) -> None:
    """Moving all dates and today by the same number of days leaves every finding in place."""
    spoiled = [*life, ("follow_up", late, {"vital_status": "DEAD", "disease_status": "ACTIVE"})]

    here = run(case_of(spoiled), TODAY)
    there = run(case_of(spoiled, shift=days), TODAY + timedelta(days))

    assert places(here, but=BOUND_TO_THE_CALENDAR) == places(there, but=BOUND_TO_THE_CALENDAR)


@given(life=lives(), late=st.integers(0, 400))
@LAWFUL
def test_moving_history_into_the_future_adds_only_h01(life: Life, late: int) -> None:
    """With today fixed, a history moved into the future gains H01; only what counts from today goes."""
    spoiled = [*life, ("response", late, {"response": "RELAPSE", "infusion": 1})]
    bound = BOUND_TO_THE_CALENDAR | BOUND_TO_TODAY

    here = run(case_of(spoiled), TODAY)
    there = run(case_of(spoiled, shift=12000), TODAY)

    assert places(here, but=bound) == places(there, but=bound)
    assert "H01" in {one.rule for one in there} - {one.rule for one in here}


def draft(seed: int) -> Case:
    """Any rows with any answers, half of them blank: what a draft or a careless file can hold."""
    dice = Random(seed)
    rows = [_any_row(dice, spec, number) for spec in CLINICAL for number in (1, 2) if dice.random() < 0.7]
    places = {slug: {code: _any_row(dice, dictionary()[slug], 1) for code in "AB"} for slug in ("site", "protocol")}
    patient = _any_row(dice, dictionary()["patient"], 1)
    return build_case(patient, rows, DATED_BY, plausible=RANGES, references=places, entered_on=DAY_0)


def _any_row(dice: Random, spec: EntitySpec, number: int) -> Row:
    values = {item.name: _answer(dice, item) if dice.random() < 0.5 else None for item in spec.items}
    missing = {name: dice.choice(sorted(MISSING)) for name, value in values.items() if value is None}
    parents = {name: dice.choice([None, 1, 2]) for name, _slug in spec.parents}
    numbers = [item.name for item in spec.items if item.kind in (Kind.DECIMAL, Kind.INTEGER)]
    comparators = {name: dice.choice(["<", "<=", ">=", ">"]) for name in numbers if dice.random() < 0.5}
    return Row(spec.slug, number, values, missing, parents, comparators)


def _answer(dice: Random, item: ItemSpec) -> Any:
    if item.kind is Kind.DATE:
        known = dice.choice([DAY, MONTH, YEAR]) if item.item.partial else DAY
        return PartialDate(DAY_0 + timedelta(dice.randint(-900, 2500))).coarsened(known)
    if item.kind is Kind.CODE:
        return dice.choice(code_list(item.item.codes).keys())
    if item.kind is Kind.CODES:
        return tuple(dice.choices(code_list(item.item.codes).keys(), k=2))
    if item.kind is Kind.DECIMAL:
        return Decimal(dice.randint(0, 2000)) / 10
    if item.kind is Kind.REFERENCE:
        return dice.choice([1, 2] if item.target == "infusion" else ["A", "B"])
    return dice.randint(0, 9) if item.kind is Kind.INTEGER else "text"


@given(seed=st.integers(0, 1_000_000))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_checks_read_any_draft(seed: int) -> None:
    """No draft makes a check fail, and the order in which its rows were entered changes nothing."""
    case = draft(seed)
    turned = [row for rows in case.rows.values() for row in reversed(rows)]

    again = build_case(
        case.patient, turned, DATED_BY, plausible=RANGES, references=case.references, entered_on=case.entered_on
    )
    assert run(case, TODAY) == run(again, TODAY)


@given(seed=st.integers(0, 1_000_000))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_values_are_derived_from_any_draft(seed: int) -> None:
    """No draft makes a derived value fail; a code it gives has its words."""
    case = draft(seed)

    for row in (row for rows in case.rows.values() for row in rows):
        for one in DERIVATIONS.get(row.entity, {}).values():
            value = one.of(case, row)
            assert not one.words or value is None or value in one.words

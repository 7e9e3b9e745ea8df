"""What a report withholds beside the results: states few patients are in, findings few patients carry."""

from typing import Any

from analytics.report import disclosure
from analytics.report.quality import quality, safer

STATES = ["in_remission", "relapsed", "dead"]


def reading(months: int, n_risk: int, *shares: float) -> dict[str, Any]:
    return {"months": months, "n_risk": n_risk, **dict(zip(STATES, shares, strict=True))}


def told(*at: dict[str, Any], n: int = 100) -> list[dict[str, Any]]:
    result = {"states": STATES, "n": n, "at": list(at), "left_out": [{"reason": "A02", "n": 3}]}
    safe = disclosure.occupancy(result)
    assert safe["left_out"] == [{"reason": "A02", "n": None}]
    return safe["at"]


def test_a_state_few_are_in_is_withheld_with_its_smallest_neighbour():
    [at] = told(reading(12, 80, 0.70, 0.02, 0.28))

    assert (at["in_remission"], at["relapsed"], at["dead"]) == (0.70, None, None)


def test_states_that_nobody_or_many_are_in_are_told():
    [at] = told(reading(0, 100, 1.0, 0.0, 0.0))

    assert [at[state] for state in STATES] == [1.0, 0.0, 0.0]


def test_months_at_which_few_are_followed_are_not_told():
    assert [at["months"] for at in told(reading(0, 100, 1, 0, 0), reading(6, 5, 1, 0, 0), reading(12, 4, 1, 0, 0))] == [
        0,
        6,
    ]


FINDINGS = "patient,rule,severity,columns,rows\n" + "".join(
    f"P{number},{rule},{severity},a.b,a:1\n"
    for rule, severity, patients in (("H10", "ERROR", 2), ("W73", "WARNING", 7))
    for number in range(patients)
)
DEATHS = "id,patient,record_status,death_date,primary_cause,missing\n" + "".join(
    f"{number},P{number},{'DRAFT' if number < 2 else 'COMPLETE'},2020-01-01,{'ALL' if number < 6 else ''},"
    f"{'' if number < 6 else 'primary_cause=UNK'}\n"
    for number in range(20)
)
STATE = quality({"findings": FINDINGS, "death": DEATHS}, ["death.death_date", "death.primary_cause", "hsct.donor"])


def test_the_state_of_the_data_is_counted_from_the_frozen_tables():
    assert [(row["severity"], row["n"], row["patients"]) for row in STATE["severities"]] == [
        ("ERROR", 2, 2), ("WARNING", 7, 7), ("FLAG", 0, 0)]  # fmt: skip
    assert [row["rule"] for row in STATE["findings"]] == ["H10", "W73"]
    assert STATE["drafts"] == [{"table": "death", "rows": 20, "n": 2}]
    assert STATE["columns"] == [
        {"column": "death.death_date", "rows": 20, "n": 20, "excused": 0},
        {"column": "death.primary_cause", "rows": 20, "n": 6, "excused": 14},
    ]


def test_findings_and_drafts_of_few_are_withheld():
    safe = safer(STATE, disclosure.DEFAULT.small)

    assert [(row["n"], row["patients"]) for row in safe["findings"]] == [(None, None), (7, 7)]
    assert safe["drafts"][0]["n"] is None
    assert safe["columns"] == STATE["columns"]

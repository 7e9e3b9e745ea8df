"""The synthetic founding cohort meets every published figure, read from its rows by the endpoints' rules.

The derivations here are written out literally from the bundle's own rows (milestones, durations); curves,
limits and P values come from the product's statistics. Targets: `analytics/synthetic/targets.json`.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from analytics.stats.compare import logrank
from analytics.stats.curves import kaplan_meier
from analytics.stats.followup import reverse_kaplan_meier
from analytics.synthetic import CUTOFF, founding_bundle

MONTH, YEAR = 30.4375, 365.25
TARGETS = json.loads((Path(__file__).parents[3] / "analytics" / "synthetic" / "targets.json").read_text("utf-8"))
COUNTS = TARGETS["counts_exact"]
Rows = list[dict[str, str]]


def day(cell: str) -> date:
    """A date of the bundle; the stand-in of a date known to the month is the 15th."""
    return date.fromisoformat(cell if len(cell) == 10 else f"{cell}-15")


class Reading:
    """The founding cohort's milestones per patient, straight from the rows."""

    def __init__(self, bundle: dict[str, Rows]) -> None:
        self.bundle = bundle
        self.birth = {row["patient"]: day(row["birth_date"]) for row in bundle["patient"]}
        self.index = {
            row["patient"]: day(row["infusion_date"]) for row in bundle["infusion"] if row["intent"] == "PRIMARY"
        }
        self.index_key = {row["patient"]: row["key"] for row in bundle["infusion"] if row["intent"] == "PRIMARY"}
        self.death = {row["patient"]: row for row in bundle["death"]}
        self.died = {who: day(row["death_date"]) for who, row in self.death.items()}
        self.cr = self._remissions()
        self.relapse1 = self._first_relapses()
        self.last_alive = self._last_alive()

    def rows(self, slug: str, who: str) -> Rows:
        return [row for row in self.bundle[slug] if row["patient"] == who]

    def _remissions(self) -> dict[str, date]:
        found: dict[str, date] = {}
        for row in self.bundle["response"]:
            who, on = row["patient"], day(row["assessment_date"])
            good = row["response"] in {"CR", "CRi", "MLFS"} and (on - self.index[who]).days <= 100
            if good and row["infusion"] == self.index_key[who]:
                found[who] = min(on, found.get(who, on))
        return found

    def _first_relapses(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for row in sorted(self.bundle["relapse"], key=lambda row: row["relapse_date"]):
            who = row["patient"]
            if who in self.cr and day(row["relapse_date"]) > self.cr[who] and row["level"] != "MRD":
                found.setdefault(who, row)
        return found

    def _last_alive(self) -> dict[str, date]:
        last = dict(self.index)
        for row in self.bundle["follow_up"]:
            if row["vital_status"] == "ALIVE":
                last[row["patient"]] = max(last[row["patient"]], day(row["contact_date"]))
        return last

    def survival(self, who: str, start: date) -> tuple[int, bool]:
        return ((self.died.get(who) or self.last_alive[who]) - start).days, who in self.died

    def relapsed_on(self, who: str) -> date:
        return day(self.relapse1[who]["relapse_date"])

    def transplants(self, who: str) -> Rows:
        return sorted(self.rows("hsct", who), key=lambda row: row["hsct_date"])

    def transplant_after_relapse(self, who: str) -> date | None:
        days = [day(row["hsct_date"]) for row in self.transplants(who)]
        return next((on for on in days if on >= self.relapsed_on(who)), None)

    def had_transplant_before(self, who: str, on: date) -> bool:
        return any(day(row["hsct_date"]) < on for row in self.transplants(who))

    def efs_after_salvage(self, who: str) -> tuple[int, bool, str] | None:
        lines = [row for row in self.rows("salvage", who) if row["relapse"] == self.relapse1[who]["key"]]
        if not lines or lines[0]["intent"] == "PALLIATIVE":
            return None
        start, key = day(lines[0]["start_date"]), lines[0]["key"]
        looks = [row for row in self.rows("response", who) if row["salvage"] == key]
        ends = [day(row["assessment_date"]) for row in looks if row["response"] in {"NR", "PD", "PR"}]
        ends += [day(r["relapse_date"]) for r in self.rows("relapse", who) if day(r["relapse_date"]) > start]
        ends += [self.died[who]] if who in self.died else []
        seen = [
            day(r["disease_evaluated_on"]) for r in self.rows("follow_up", who) if r["disease_evaluated_on"][0] == "2"
        ]
        end = min(ends) if ends else max(seen)
        return (end - start).days, bool(ends), lines[0]["components"].split(";")[0]


@pytest.fixture(scope="module")
def cohort() -> Reading:
    return Reading(founding_bundle())


def columns(rows: list[tuple[Any, ...]]) -> list[np.ndarray]:
    return [np.array(column) for column in zip(*rows, strict=True)]


def target(name: str) -> Any:
    found = next(entry for entry in TARGETS["targets"] if entry["id"] == name)
    return pytest.approx(found["value"], abs=found["tolerance"])


def overall_survival(cohort: Reading) -> list[np.ndarray]:
    return columns([cohort.survival(who, cohort.relapsed_on(who)) for who in cohort.relapse1])


def test_counts_of_infused_remissions_and_relapses_are_exact(cohort):
    counts = (len(cohort.index), len(cohort.cr), len(cohort.relapse1))

    assert counts == (COUNTS["infused"], COUNTS["complete_remission"], COUNTS["relapsed"])


def test_setting_is_five_trials_and_eight_years_below_thirty(cohort):
    trials = {row["protocol"] for row in cohort.bundle["infusion"]}
    years = {on.year for on in cohort.index.values()}
    ages = [(cohort.index[who] - cohort.birth[who]).days / YEAR for who in cohort.index]

    assert len(trials) == TARGETS["setting"]["trials"]
    assert [min(years), max(years)] == TARGETS["setting"]["infusion_years"]
    assert 1 <= min(ages) <= max(ages) < TARGETS["setting"]["age_upper_limit_years"]


def test_relapse_is_at_the_published_time_age_and_site(cohort):
    months = [(cohort.relapsed_on(who) - cohort.index[who]).days / MONTH for who in cohort.relapse1]
    ages = [(cohort.relapsed_on(who) - cohort.birth[who]).days / YEAR for who in cohort.relapse1]
    marrow = sum(row["site_marrow"] == "Y" for row in cohort.relapse1.values())
    prior = sum(cohort.had_transplant_before(who, cohort.relapsed_on(who)) for who in cohort.relapse1)

    assert median(months) == target("relapse_median")
    assert median(ages) == target("age_median")
    assert max(ages) < 30
    assert marrow == COUNTS["marrow_relapse"]["x"]
    assert prior == COUNTS["prior_hsct"]["x"]


def test_survival_after_relapse_is_as_published(cohort):
    curve = kaplan_meier(*overall_survival(cohort))
    at_24 = curve.at([24 * MONTH])

    assert curve.median.days / MONTH == target("os_median")
    assert curve.median.lower / MONTH == target("os_median_lower")
    assert curve.median.upper / MONTH == target("os_median_upper")
    assert at_24.estimate[0] == target("os_24")
    assert at_24.lower[0] == target("os_24_lower")
    assert at_24.upper[0] == target("os_24_upper")


def test_follow_up_after_relapse_is_as_published(cohort):
    curve = reverse_kaplan_meier(*overall_survival(cohort))

    assert curve.median.days / MONTH == target("follow_up_median")


def test_early_relapse_does_worse_with_the_published_p_value(cohort):
    early = [(cohort.relapsed_on(who) - cohort.index[who]).days <= 182 for who in cohort.relapse1]

    compared = logrank(*overall_survival(cohort), np.array(early))
    late, soon = compared.observed[0] / compared.expected[0], compared.observed[1] / compared.expected[1]

    assert 1e-7 < compared.p < 1e-4
    assert soon > 1 > late  # the early ones do worse, as published


def test_salvage_categories_have_the_published_p_value(cohort):
    rows = [row for who in cohort.relapse1 if (row := cohort.efs_after_salvage(who))]
    size = Counter(category for _, _, category in rows)
    days, event, category = columns([(t, e, c if size[c] >= 5 else "OTHER") for t, e, c in rows])

    p = logrank(days, event, category).p

    assert p == target("p_efs_by_salvage_type")


def test_transplanted_after_relapse_have_the_published_p_value(cohort):
    on = {who: cohort.transplant_after_relapse(who) for who in cohort.relapse1}
    rows = [
        (*cohort.survival(who, start), cohort.had_transplant_before(who, start)) for who, start in on.items() if start
    ]

    p = logrank(*columns(rows)).p

    assert len(rows) == COUNTS["hsct_after_relapse"]
    assert p == target("p_os_after_hsct_by_prior_hsct")


def test_outcomes_after_transplant_are_exact(cohort):
    outcomes: Counter[str] = Counter()
    for who in cohort.relapse1:
        start = cohort.transplant_after_relapse(who)
        if start is None:
            continue
        later = any(day(row["relapse_date"]) > start for row in cohort.rows("relapse", who))
        last = cohort.rows("follow_up", who)[-1]
        if later:
            outcomes["RELAPSE"] += 1
        elif who in cohort.died:
            outcomes["NRM"] += cohort.death[who]["related_to"] == "HSCT"
        else:
            outcomes["ALIVE_CR"] += last["disease_status"] == "CR"

    assert outcomes == {
        "ALIVE_CR": COUNTS["hsct_alive_in_remission"]["x"],
        "RELAPSE": COUNTS["hsct_subsequent_relapse"]["x"],
        "NRM": COUNTS["hsct_transplant_related_death"]["x"],
    }


def test_order_of_dates_holds_as_the_targets_demand(cohort):
    for who in cohort.relapse1:
        relapse, last = cohort.relapsed_on(who), cohort.died.get(who) or cohort.last_alive[who]
        transplant, efs = cohort.transplant_after_relapse(who), cohort.efs_after_salvage(who)

        assert cohort.index[who] < relapse <= last <= CUTOFF
        assert transplant is None or relapse < transplant < last
        assert efs is None or efs[0] <= (last - relapse).days

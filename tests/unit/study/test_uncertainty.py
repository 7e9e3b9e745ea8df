"""The band of month-only dates against brute force: five patients worked out by hand on every admissible day."""

from calendar import monthrange
from datetime import date
from itertools import product
from statistics import median

import pytest

from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.followup import reverse_kaplan_meier
from analytics.study.run import run, study_of
from analytics.study.uncertainty import date_uncertainty
from tests.studied import LATE
from tests.tables import frozen

CHART = """
    infusion:  patient date
               A       2015-01-01
               B       2015-01-01
               C       2015-01-01
               D       2015-01-01
               E       2015-01-01
    response:  patient date
               A       2015-01-29
               B       2015-01-29
               C       2015-01-29
               D       2015-01-29
               E       2015-01-29
    relapse:   patient date
               A       {a}
               B       2015-05-20
               C       2015-06-15
               D       {d}
    death:     patient date         disease_status_at_death
               A       {x}          ACTIVE
               B       {b}          ACTIVE
               C       2015-12-10   ACTIVE
    follow_up: patient date         disease_evaluated_on
               D       2016-02-02   2016-02-02
               E       {e}          {e}
"""
USUAL = {"a": "2015-06-05", "x": "2015-12-20", "b": "2015-11-20", "d": "2015-07-01", "e": "2016-01-10"}
INFUSED, REMISSION = date(2015, 1, 1), date(2015, 1, 29)
MONTHS = (6, 12, 24, 36, 60)
EVENT, CENSORED = 1, 0


def chart(**days: str) -> str:
    return CHART.format(**(USUAL | days))


def charts(**days: str):
    """The named days on every day of their month, where relapse follows remission and death follows relapse."""
    choices = {name: possible(text) for name, text in (USUAL | days).items()}
    for chosen in product(*choices.values()):
        known = dict(zip(choices, chosen, strict=True))
        if REMISSION < known["a"] <= known["x"] and date(2015, 5, 20) <= known["b"]:
            yield known


def possible(text: str) -> list[date]:
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return [date(*parts)]
    return [date(*parts, day) for day in range(1, monthrange(*parts)[1] + 1)]


def since(start: date, *ends: tuple[date, int]) -> tuple[list[int], list[int]]:
    return [(end - start).days for end, _ in ends], [state for _, state in ends]


def literal(key: str, at: dict[str, date]) -> tuple[list[int], list[int]]:
    """Days and states of an endpoint by hand."""
    b, c, seen_d = date(2015, 5, 20), date(2015, 6, 15), date(2016, 2, 2)
    died = [(at["x"], EVENT), (at["b"], EVENT), (date(2015, 12, 10), EVENT), (seen_d, CENSORED), (at["e"], CENSORED)]
    relapsed = [(at["a"], EVENT), (b, EVENT), (c, EVENT), (at["d"], EVENT), (at["e"], CENSORED)]
    if key == "os_infusion":
        return since(INFUSED, *died)
    if key in ("rfs", "cir_relapse"):
        return since(REMISSION, *relapsed)
    starts = (at["a"], b, c, at["d"])
    return [(end - start).days for start, (end, _) in zip(starts, died[:4], strict=True)], [1, 1, 1, 0]


def readings(key: str, at: dict[str, date]) -> dict:
    if key == "time_to_relapse":
        days = [(day - INFUSED).days for day in (at["a"], date(2015, 5, 20), date(2015, 6, 15), at["d"])]
        return {("median", None): median(days)}
    days, states = literal(key, at)
    times = [month * 30.4375 for month in MONTHS]
    if key == "cir_relapse":
        curves = aalen_johansen(days, states, causes=(1, 2))
        return {
            (name, month): value
            for name, cause in (("relapse", 1), ("nrm", 2))
            for month, value in zip(MONTHS, curves[cause].at(times).estimate.tolist(), strict=True)
        }
    curve = (reverse_kaplan_meier if key == "follow_up" else kaplan_meier)(days, states)
    read = {("survival", month): value for month, value in zip(MONTHS, curve.at(times).estimate.tolist(), strict=True)}
    return {("median", None): curve.median.days} | read


def brute(key: str, **days: str) -> dict:
    """Lowest and highest of every estimate over every admissible day; a median not reached is the highest."""
    every = [readings(key, at) for at in charts(**days)]
    out = {}
    for name in every[0]:
        seen = [found[name] for found in every if found[name] == found[name]]
        if name[0] == "median":
            seen.sort(key=lambda one: (one is None, one))
        out[name] = (min(seen), max(seen)) if name[0] != "median" and seen else (*seen[:1], *seen[-1:])
    return {name: ends for name, ends in out.items() if ends}


def band(plan: str, key: str, **days: str) -> dict:
    found = date_uncertainty(study_of(plan, frozen(chart(**days)), LATE), key)
    read = {(one["statistic"], one["months"]): (one["low"], one["high"]) for one in found["readings"]}
    return {name: ends for name, ends in read.items() if name[0] == "median" or ends != (None, None)}


def check(plan: str, key: str, **days: str) -> None:
    found, expected = band(plan, key, **days), brute(key, **days)

    assert set(found) == set(expected)
    for name, ends in expected.items():
        assert found[name] == pytest.approx(ends), name


@pytest.mark.parametrize(
    "days", [{"a": "2015-06"}, {"b": "2015-12"}, {"d": "2015-08"}, {"a": "2015-07", "b": "2015-12"}]
)
@pytest.mark.parametrize("key", ["os_relapse", "follow_up", "time_to_relapse", "cir_relapse"])
def test_band_after_relapse_is_that_of_every_admissible_day(key, days):
    check("post_cart_relapse", key, **days)


@pytest.mark.parametrize("days", [{"b": "2015-12"}, {"e": "2015-12"}, {"e": "2015-12", "x": "2015-12"}])
@pytest.mark.parametrize("key", ["os_infusion", "rfs"])
def test_band_after_infusion_is_that_of_every_admissible_day(key, days):
    check("post_infusion", key, **days)


@pytest.mark.parametrize(
    "days",
    [
        {"a": "2015-07", "x": "2015-09"},  # both dates of one duration
        {"a": "2015-08", "x": "2015-08"},  # never death before relapse
        {"a": "2015-01"},  # never relapse on or before the day of remission
        {"a": "2015-06", "x": "2015-06-12"},  # never relapse after an exact death
    ],
)
def test_the_order_of_what_happened_stays_possible(days):
    check("post_cart_relapse", "os_relapse", **days)


def test_the_main_run_lies_inside():
    text = chart(a="2015-06", b="2015-12", e="2015-12")
    group = run("post_cart_relapse", frozen(text), cutoff=LATE)["results"]["os_relapse"]["groups"][0]
    read = {
        one["months"]: one
        for one in date_uncertainty(study_of("post_cart_relapse", frozen(text), LATE), "os_relapse")["readings"]
    }

    assert read[None]["estimate"] == group["median"]["days"]
    assert read[None]["low"] <= group["median"]["days"] <= read[None]["high"]
    for at in group["at"]:
        assert read[at["months"]]["estimate"] == at["estimate"]


@pytest.mark.parametrize("days", [{"a": "2015-06", "b": "2015-12"}, {"a": "2015-06", "d": "2015-07", "b": "2015-12"}])
def test_a_search_finds_what_every_combination_shows(monkeypatch, days):
    study = study_of("post_cart_relapse", frozen(chart(**days)), LATE)
    key = "time_to_relapse" if len(days) > 2 else "os_relapse"
    monkeypatch.setattr("analytics.study.uncertainty.MOST_COMBINATIONS", 30000)
    full = date_uncertainty(study, key)
    monkeypatch.setattr("analytics.study.uncertainty.MOST_COMBINATIONS", 1)
    monkeypatch.setattr("analytics.study.uncertainty.MOST_ANSWERS", 31)
    quick = date_uncertainty(study, key)

    assert quick["method"] == ("monotone" if len(days) > 2 else "search")
    assert quick["readings"] == full["readings"]


def test_many_patients_get_the_ends_of_their_months(monkeypatch):
    monkeypatch.setattr("analytics.study.uncertainty.MOST_COPIED", 0)
    found = date_uncertainty(study_of("post_cart_relapse", frozen(chart(a="2015-06")), LATE), "time_to_relapse")

    assert (found["method"], found["patients"]) == ("month start and end", 1)
    assert found["readings"][0]["low"] <= found["readings"][0]["estimate"] <= found["readings"][0]["high"]


@pytest.mark.parametrize(("days", "shown", "patients"), [({}, False, 0), ({"a": "2015-06"}, True, 1)])
def test_shown_only_when_it_matters(days, shown, patients):
    found = date_uncertainty(study_of("post_cart_relapse", frozen(chart(**days)), LATE), "os_relapse")

    assert (found["shown"], found["patients"]) == (shown, patients)


def test_a_group_that_a_date_decides():
    """Day 181 (2015-07-01) to day 211: both sides of the boundary of early relapse."""
    found = date_uncertainty(study_of("post_cart_relapse", frozen(chart(d="2015-07")), LATE), "os_relapse_by_timing")

    assert {one["group"] for one in found["readings"]} == {"EARLY", "LATE"}
    assert found["patients"] == 1


def test_pooled_groups_keep_their_names():
    lines = "salvage: patient date category\nA 2015-06-10 INO\nB 2015-06-10 CHEMO"
    found = date_uncertainty(
        study_of("post_cart_relapse", frozen(chart(b="2015-12") + lines), LATE), "efs_salvage_by_type"
    )

    assert {one["group"] for one in found["readings"]} == {"OTHER"}


def test_a_list_of_codes_has_no_band():
    with pytest.raises(ValueError, match="relapse_site has no single estimate"):
        date_uncertainty(study_of("post_cart_relapse", frozen(chart()), LATE), "relapse_site")

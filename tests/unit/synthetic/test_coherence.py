"""No synthetic chart contradicts itself: the dictionary's rules, written out literally on the bundle's rows.

Runs on the founding cohort and on a benchmark cohort; the registry's own edit checks run at import.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from analytics.synthetic import CUTOFF, cohort_bundle, founding_bundle, write_bundle
from analytics.synthetic.chart import PROTOCOLS

Row = dict[str, str]
START = {"infusion": "infusion_date", "salvage": "start_date", "hsct": "hsct_date"}
WINDOWS = {"D28": (21, 42), "D100": (85, 115), "M6": (150, 210), "Y1": (365, 425)}
REMISSION = {"CR", "CRi"}
FOUNDING_SHA256 = "9f68000e8a05c19c0b261315411220ba9e9a8a33d105f52910c6713b3d0c97bd"


def day(cell: str, *, last: bool = False) -> date:
    """A date cell; of a month the first day, or the last with `last`."""
    if len(cell) == 10:
        return date.fromisoformat(cell)
    first = date.fromisoformat(f"{cell}-01")
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if last else first


def is_date(cell: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d(-\d\d)?", cell) is not None


@pytest.fixture(scope="module", params=["founding", "benchmark"])
def bundle(request):
    return founding_bundle() if request.param == "founding" else cohort_bundle(300, seed=3)


@pytest.fixture(scope="module")
def charts(bundle) -> dict[str, dict[str, list[Row]]]:
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for slug, rows in bundle.items():
        for row in rows:
            if "patient" in row:
                found[row["patient"]][slug].append(row)
    return found


def test_keys_are_unique_and_every_parent_exists(bundle):
    known = {(row["patient"], row["key"]) for rows in bundle.values() for row in rows if "key" in row}
    for slug, rows in bundle.items():
        keys = [row["key"] for row in rows if "key" in row]
        assert len(set(keys)) == len(keys), slug
        for row in rows:
            for parent in ("infusion", "relapse", "salvage", "hsct"):
                assert not row.get(parent) or (row["patient"], row[parent]) in known


def test_no_core_cell_is_blank(bundle):
    optional = {"infusion", "relapse", "salvage", "hsct", "cart_infusion", "non_cd19_product"}
    optional |= {"marrow_blast_pct", "site_other_text", "no_salvage_reason"}

    blank = {name for rows in bundle.values() for row in rows for name, cell in row.items() if cell == ""}

    assert blank <= optional


def test_nothing_is_dated_after_the_death_or_the_cut_off(charts):
    for chart in charts.values():
        died = day(chart["death"][0]["death_date"]) if chart["death"] else CUTOFF
        for slug, rows in chart.items():
            late = [cell for row in rows for cell in row.values() if is_date(cell) and day(cell) > died]
            assert late == [], slug


def test_birth_diagnosis_consent_enrollment_and_infusion_are_in_order(charts):
    for chart in charts.values():
        index = day(chart["infusion"][0]["infusion_date"])
        enrolled = day(chart["enrollment"][0]["enrolled_on"])
        opened, closed = PROTOCOLS[chart["enrollment"][0]["protocol"]][2:]
        birth, diagnosis = chart["patient"][0]["birth_date"], chart["diagnosis"][0]["diagnosis_date"]

        assert day(birth) >= date(1982, 1, 1)
        assert day(birth, last=True) < day(diagnosis)
        assert day(diagnosis, last=True) < enrolled < index
        assert opened <= enrolled <= closed
        assert (index - day(birth, last=True)).days / 365.25 >= 1
        assert (index - day(birth)).days / 365.25 < 30
        assert [row["intent"] for row in chart["infusion"]].count("PRIMARY") == 1
        assert all(day(row["hsct_date"]) > day(diagnosis, last=True) for row in chart["hsct"])


def test_assessments_follow_their_treatment_inside_the_window(charts):
    for chart in charts.values():
        starts = {row["key"]: day(row[column]) for slug, column in START.items() for row in chart[slug]}
        for row in chart["response"]:
            parent = row["infusion"] or row["salvage"] or row["hsct"]
            after = (day(row["assessment_date"]) - starts[parent]).days
            low, high = WINDOWS.get(row["timepoint"], (7, 400))
            assert low <= after <= high, row
            if row["response"] in REMISSION:
                assert float(row["marrow_blast_pct"]) < 5
                assert (float(row["anc"]) >= 1 and int(row["platelets"]) >= 100) == (row["response"] == "CR")


def test_every_relapse_follows_a_remission_and_is_treated_or_explained(charts):
    for chart in charts.values():
        remissions = [day(r["assessment_date"]) for r in chart["response"] if r["response"] in REMISSION]
        relapses = sorted(chart["relapse"], key=lambda row: row["relapse_date"])
        for before, row in zip([None, *relapses], relapses, strict=False):
            on = day(row["relapse_date"])
            since = day(before["relapse_date"]) if before else day(chart["infusion"][0]["infusion_date"])
            assert [r for r in remissions if since < r <= on - timedelta(days=7)], row
            treated = [s for s in chart["salvage"] if s["relapse"] == row["key"]]
            assert bool(treated) != bool(row["no_salvage_reason"]), row
            assert all(day(s["start_date"]) >= on for s in treated)
            sites = [row[name] for name in ("site_marrow", "site_cns", "site_testis", "site_other")]
            assert "Y" in sites
            assert row["site_testis"] == "N" or chart["patient"][0]["sex_at_birth"] == "M"


def test_transplant_after_relapse_finds_a_remission(charts):
    for chart in charts.values():
        for transplant in chart["hsct"]:
            on = day(transplant["hsct_date"])
            before = [row for row in chart["relapse"] if day(row["relapse_date"]) <= on]
            if before:
                since = max(day(row["relapse_date"]) for row in before)
                looks = [r for r in chart["response"] if since < day(r["assessment_date"]) <= on]
                assert looks[-1]["response"] in REMISSION


def test_reinfusion_for_relapse_is_an_infusion_of_that_day(charts):
    for chart in charts.values():
        infusions = {row["key"]: row for row in chart["infusion"]}
        for line in chart["salvage"]:
            again = line["components"].startswith("CART_CD19")
            assert again == bool(line["cart_infusion"])
            if again:
                infusion = infusions[line["cart_infusion"]]
                assert infusion["infusion_date"] == line["start_date"]
                assert infusion["intent"].startswith("REINF_")


def test_no_line_starts_in_a_recorded_remission(charts):
    for chart in charts.values():
        looks = [row for row in chart["response"] if row["response"] != "NE"]
        events = [(day(row["assessment_date"]), row["response"] in REMISSION) for row in looks]
        events += [(day(r["relapse_date"]), False) for r in chart["relapse"]]
        for line in chart["salvage"]:
            known = [state for on, state in sorted(events) if on <= day(line["start_date"])]
            assert known and not known[-1], line


def test_contacts_are_in_order_and_agree_with_the_deaths(charts):
    for chart in charts.values():
        days = [day(row["contact_date"]) for row in chart["follow_up"]]
        states = Counter(row["vital_status"] for row in chart["follow_up"])
        assert all(a < b for a, b in pairwise(days))
        assert states["DEAD"] == len(chart["death"])
        if chart["death"]:
            assert chart["follow_up"][-1]["contact_date"] == chart["death"][0]["death_date"]
        active = any(row["disease_status"] == "ACTIVE" for row in chart["follow_up"])
        shown = chart["relapse"] or any(row["response"] in {"NR", "PD"} for row in chart["response"])
        assert shown or not active


def test_new_therapy_since_last_contact_has_its_row(charts):
    for chart in charts.values():
        given = {"HSCT": [day(r["hsct_date"]) for r in chart["hsct"]]}
        given["CART"] = [day(r["infusion_date"]) for r in chart["infusion"]]
        given["OTHER"] = [day(r["start_date"]) for r in chart["salvage"]]
        previous = day(chart["infusion"][0]["infusion_date"])
        for row in chart["follow_up"]:
            on, kind = day(row["contact_date"]), row["new_therapy_since_last"]
            if kind in given:
                assert any(previous < start <= on for start in given[kind]), row
            if kind == "HSCT":
                assert any(0 <= (on - start).days <= 60 for start in given["HSCT"]), row
            previous = on


def test_cause_of_death_agrees_with_the_disease_and_the_treatment(charts):
    for chart in charts.values():
        for row in chart["death"]:
            shown = chart["relapse"] or any(r["response"] in {"NR", "PD"} for r in chart["response"])
            assert (row["primary_cause"] == "ALL") == (row["disease_status_at_death"] == "ACTIVE")
            assert row["primary_cause"] != "ALL" or shown
            assert row["related_to"] != "HSCT" or chart["hsct"]


def names_of_the_invented(bundle) -> Iterator[str]:
    yield from (row["name"] for row in bundle["site"])
    yield from (row["title"] for row in bundle["protocol"])
    yield from (row["subject_number"] for row in bundle["enrollment"])
    yield from (row["source_document"] for row in bundle["patient"])


def test_every_name_says_synthetic(bundle):
    assert all("synthetic" in name.lower() for name in names_of_the_invented(bundle))


def test_founding_bundle_is_the_same_on_every_machine():
    """Change the digest together with the README's table when the generator changes on purpose."""
    text = json.dumps(founding_bundle(), sort_keys=True)

    assert hashlib.sha256(text.encode()).hexdigest() == FOUNDING_SHA256
    assert founding_bundle(seed=1) != founding_bundle()


def test_small_cohort_is_the_beginning_of_a_larger_one():
    small, large = cohort_bundle(5, seed=2), cohort_bundle(9, seed=2)

    assert small["infusion"] == large["infusion"][: len(small["infusion"])]


def test_written_bundle_has_one_file_per_entity(bundle, tmp_path):
    counts = write_bundle(bundle, tmp_path / "a bundle")

    assert {path.stem for path in (tmp_path / "a bundle").iterdir()} == set(counts)
    assert (tmp_path / "a bundle" / "death.csv").read_text("utf-8").startswith("patient,death_date,primary_cause,")

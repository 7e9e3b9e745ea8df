"""Running a plan: the promised shapes, the same answer for the same data, and nothing where nothing can be
said."""

import json
import random
from datetime import date

import pytest

from analytics.study.catalogue import PLANS
from analytics.study.conventions import DEFAULT
from analytics.study.founding import FIGURES, founding_table
from analytics.study.founding_readings import p_text
from analytics.study.run import run
from analytics.synthetic import CUTOFF, founding_bundle
from tests.studied import LATE
from tests.tables import from_rows, frozen

PROMISED = {
    "post_cart_relapse": (
        "cr_rate relapse_rate cir_relapse time_to_relapse age_at_relapse prior_hsct_at_relapse "
        "prior_hsct_pre_cart relapse_site marrow_involved os_relapse follow_up os_relapse_by_timing "
        "salvage_response efs_salvage_by_type hsct_after_relapse os_hsct_by_prior_hsct hsct_outcome table1"
    ),
    "post_infusion": "cr_rate os_infusion efs_infusion rfs cir nrm follow_up b_cell_aplasia toxicity table1",
    "post_transplant": "os_hsct rfs_hsct cir_hsct os_after_hsct_relapse follow_up table1",
}
SHAPES = {
    "curve": {"kind", "endpoint", "definition", "groups", "comparison", "ci", "left_out"},
    "incidence": {"kind", "endpoint", "definition", "groups", "comparison", "ci", "left_out"},
    "proportion": {"kind", "endpoint", "definition", "groups", "method", "left_out"},
    "summary": {"kind", "endpoint", "definition", "unit", "groups", "left_out"},
    "table": {"kind", "endpoint", "definition", "columns", "rows", "left_out"},
}


@pytest.fixture(scope="module")
def tables():
    return from_rows(founding_bundle())


@pytest.fixture(scope="module")
def answer(tables):
    return run("post_cart_relapse", tables, cutoff=CUTOFF)


def text(answer) -> str:
    return json.dumps(answer, sort_keys=False, allow_nan=False)


def shuffled(tables, seed: int):
    """The same tables with their rows in another order."""
    dice = random.Random(seed)
    out = {}
    for slug, table in tables.items():
        header, *rows = table.splitlines(keepends=True)
        dice.shuffle(rows)
        out[slug] = header + "".join(rows)
    return out


@pytest.mark.parametrize("plan", PROMISED)
def test_plan_has_the_promised_keys(plan, tables):
    results = run(plan, tables, cutoff=CUTOFF)["results"]

    assert not set(PROMISED[plan].split()) - set(results)


@pytest.mark.parametrize("plan", PROMISED)
@pytest.mark.parametrize("by", [(), ("sex", "year_group")])
def test_results_have_the_promised_shape_and_are_json(plan, by, tables):
    answer = run(plan, tables, cutoff=CUTOFF, by=by)

    assert json.loads(text(answer)) == answer
    for result in answer["results"].values():
        assert set(result) == SHAPES[result["kind"]]


@pytest.mark.parametrize("by", [(), ("relapse_timing",)])
def test_order_of_rows_does_not_matter(by, tables):
    first = run("post_cart_relapse", tables, cutoff=CUTOFF, by=by)

    assert text(run("post_cart_relapse", shuffled(tables, 7), cutoff=CUTOFF, by=by)) == text(first)


def test_names_of_patients_do_not_matter(tables, answer):
    dice = random.Random(3)
    names = [f"SYN{number:05d}" for number in range(1, 196)]
    other = dict(zip(names, dice.sample(names, len(names)), strict=True))
    renamed = {slug: ",".join(other.get(cell, cell) for cell in table.split(",")) for slug, table in tables.items()}

    assert text(run("post_cart_relapse", renamed, cutoff=CUTOFF)) == text(answer)


def test_columns_and_tables_nobody_reads_do_not_matter(tables, answer):
    more = {**tables, "external_id": "id,patient\n1,X\n", "site": "id,color\n1,red\n"}

    assert text(run("post_cart_relapse", more, cutoff=CUTOFF)) == text(answer)


def test_unknown_plan_names_the_plans():
    with pytest.raises(ValueError, match="no plan 'survival'; plans: post_cart_relapse, post_infusion"):
        run("survival", {}, cutoff=LATE)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("by", [(), ("sex",)])
def test_nobody_gives_an_empty_answer_that_says_why(plan, by):
    text = "infusion: patient date\n A d0\n hsct: patient date\n A d-90"
    answer = run(plan, frozen(text), cutoff=date(2000, 1, 1), by=by)

    assert answer["attrition"][-1]["n"] == 0
    assert any(line["left"] for line in answer["attrition"])
    assert all(
        result["left_out"] == [{"reason": "no patient in the population at the cut-off", "n": 0}]
        for result in answer["results"].values()
        if result["kind"] != "table"
    )


@pytest.mark.parametrize("plan", PLANS)
def test_no_tables_at_all(plan):
    answer = run(plan, {}, cutoff=LATE)

    assert answer["attrition"][0]["n"] == 0


def test_only_group_is_all_and_not_stratified_is_silent(answer):
    assert [group["label"] for group in answer["results"]["os_relapse"]["groups"]] == ["all"]
    assert "not_stratified" not in answer


def test_keys_that_cannot_be_stratified_are_listed_with_the_reason(tables):
    answer = run("post_cart_relapse", tables, cutoff=CUTOFF, by=["relapse_timing"])
    skipped = {entry["key"]: entry["reason"] for entry in answer["not_stratified"]}

    assert set(skipped) | set(answer["results"]) == {a.key for a in PLANS["post_cart_relapse"].analyses}
    assert not set(skipped) & set(answer["results"])
    assert skipped["cr_rate"] == "time zero comes before relapse_timing is known"
    assert skipped["os_relapse_by_timing"] == "has a stratifier of its own (relapse_timing)"
    assert skipped["relapse_site"] == "a list of codes, not compared between groups"


def test_founding_table_agrees_with_the_text_on_the_synthetic_cohort(answer):
    rows = founding_table(answer)

    assert [row["number"] for row in rows] == [f"F{number}" for number in range(1, 24)]
    assert {row["mark"] for row in rows} == {"agrees"}


def test_founding_table_of_another_cohort_differs(tables):
    few = {**tables, "relapse": tables["relapse"].splitlines(keepends=True)[0]}
    marks = {row["number"]: row["mark"] for row in founding_table(run("post_cart_relapse", few, cutoff=CUTOFF))}

    assert marks["F5"] == "agrees"
    assert {marks[number] for number in ("F7", "F8", "F12", "F15", "F17", "F20")} == {"differs"}


def test_founding_table_without_results_is_not_built():
    marks = {row["mark"] for row in founding_table({"attrition": [], "results": {}})}

    assert marks == {"not built"}
    assert len(FIGURES) == 23


@pytest.mark.parametrize(("p", "shown"), [(9.9e-5, "<.0001"), (0.1156, ".116"), (0.16, ".160"), (1.0, "1.000")])
def test_p_values_print_as_in_the_text(p, shown):
    assert p_text(p) == shown


def test_conventions_are_json():
    assert json.loads(json.dumps(DEFAULT.as_json()))["early_relapse_max_days"] == 182

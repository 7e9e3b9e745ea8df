"""What pages say in words: headings of tables, sentences of the study, differences between snapshots and causes."""

import pytest

from analytics.models import SavedAnalysis
from analytics.report.bound import Place, shown, unbroken
from analytics.report.naming import prose, reason
from analytics.report.tabulate import tabulate
from analytics.views.asking import asked_again
from analytics.views.differences import cause, field, grouped, measured, place, values
from analytics.views.patient import given
from registry.access import scoped, system_scope

HAZARDS = {
    "kind": "table",
    "columns": ["term", "hazard_ratio", "lower", "upper", "p", "ph_chisq", "ph_p", "n", "events"],
    "rows": [["prior_hsct Y v N", 1.2345, 0.5, 2.999, 0.0451, 0.1, 0.75, 40, 12], ["GLOBAL"] + [None] * 8],
}


def test_a_regression_prints_under_the_headings_of_its_field():
    table = tabulate(HAZARDS)

    assert table.columns == ("Characteristic", "Hazard ratio", "95 % CI", "P", "PH test, chi-square", "PH test, P",
                             "n", "Events")  # fmt: skip
    assert table.rows[0] == ("Prior transplant: Yes v No", "1.23", "0.50 to 3.00", ".0451", "0.10", ".750", "40", "12")
    assert table.rows[1] == ("All terms", *["–"] * 7)


def test_the_limits_in_one_column_keep_the_places_of_both():
    limits = tabulate(HAZARDS, "cox").cells[0][2]

    assert limits[0].places == ("cox.rows[0][2]", "cox.rows[0][3]")


def test_restricted_means_print_under_headings_with_their_unit():
    columns = ["group", "n", "mean_days", "std_err", "difference_days", "lower", "upper", "p"]
    table = tabulate({"kind": "table", "columns": columns, "rows": [["F", 9, 500.25, 20.0, -30.0, -80.04, 20.0, 0.2]]})

    assert table.columns == ("Group", "n", "Mean, days", "Standard error", "Difference, days", "95 % CI", "P")
    assert table.rows[0] == ("Female", "9", "500.3", "20.0", "-30.0", "-80.0 to 20.0", ".200")


def test_means_of_more_than_two_groups_leave_out_the_columns_that_compare_two():
    columns = ["group", "n", "mean_days", "std_err", "difference_days", "lower", "upper", "p"]
    rows = [[label, 9, 500.0, 20.0, None, None, None, None] for label in ("a", "b", "c")]

    table = tabulate({"kind": "table", "columns": columns, "rows": rows}, "means")

    assert table.columns == ("Group", "n", "Mean, days", "Standard error")
    assert table.rows[2] == ("c", "9", "500.0", "20.0")
    assert table.cells[2][3][0].places == ("means.rows[2][3]",)


def test_severe_toxicity_tells_who_was_graded_by_another_system():
    group = {"label": "CRS PENN", "x": 20, "n": 90, "estimate": 0.22, "lower": 0.1, "upper": 0.3, "graded_otherwise": 7}
    result = {"kind": "proportion", "method": "exact", "groups": [group]}

    told = tabulate(result, "toxicity")
    assert (told.columns[-1], told.rows[0][-1]) == ("Graded otherwise", "7")
    assert told.cells[0][-1][0].places == ("toxicity.groups[0].graded_otherwise",)
    assert tabulate({**result, "groups": [{**group, "graded_otherwise": None}]}).rows[0][-1] == "withheld"
    none = ("Not estimable: no patient is in any of its groups.",)
    assert tabulate({**result, "groups": []}).notes == none, "nothing is said about the limits of nothing"


def test_the_levels_of_a_characteristic_stand_together():
    columns = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "missing"]
    lines = [("M", "sex", "M"), ("M", "disease", "B_ALL"), ("F", "sex", "F"), ("F", "disease", "B_ALL")]
    rows = [[*line, 1, 1, 100.0, None, None, None, 0] for line in lines]

    assert [row[0] for row in tabulate({"kind": "table", "columns": columns, "rows": rows}).rows] == [
        "Sex at birth: Male", "Sex at birth: Female", "Disease: B-cell acute lymphoblastic leukemia"]  # fmt: skip


def test_a_level_without_its_percentage_says_that_the_missing_are_withheld():
    columns = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "missing"]
    rows = [["all", "donor", "MUD", 20, None, None, None, None, None, None],
            ["all", "donor", "MSD", None, None, None, None, None, None, None]]  # fmt: skip

    assert [row[1] for row in tabulate({"kind": "table", "columns": columns, "rows": rows}).rows] == [
        "20, missing withheld", "withheld"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fewer than 10 patients in M, F; its estimate says little", "fewer than 10 patients in Male, Female; its "
         "estimate says little"),
        ("cannot compare by 'hsct': not known", "cannot compare by transplant: not known"),
        ("7 events for (cd19_status NEG v POS, prior_hsct Y v N)", "7 events for (CD19 at relapse Negative v Positive, "
         "prior transplant Yes v No)"),
        ("First PRIMARY CD19 CAR T infusion, MRD-negative CR", "First primary CD19 CAR T infusion, MRD-negative CR"),
        ("consent (2 without an active REGISTRY or WAIVER row, kept)", "consent (2 without an active "
         "registry consent or waiver row, kept)"),
        ("time zero comes before relapse_timing is known", "time zero comes before timing of relapse is known"),
        ("`graded_otherwise`: by other systems", "graded otherwise: by other systems"),
        ("disease B_ALL", "disease B-cell acute lymphoblastic leukemia"),
    ],
)  # fmt: skip
def test_a_sentence_of_the_study_is_read_without_codes(text: str, said: str):
    assert prose(text) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [("H20", "open error of check H20"), ("UNK", "the answer is unknown"), ("no infusion", "no infusion"),
     ("A12", "no disease evaluation since time zero, rule A12")],
)  # fmt: skip
def test_why_a_patient_is_left_out_is_said_in_words(code: str, said: str):
    assert reason(code) == said


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("groups[all].causes[relapse].at[36]", "Relapse, at 36 months"),
        ("groups[EARLY].median", "Early, median"),
        ("groups[M].n", "Male, patients"),
        ("left_out[H20]", "Left out: open error of check H20"),
        ("comparison", "Test between groups"),
        ("rows[all, sex, F]", "All, Sex, Female"),
    ],
)
def test_a_place_in_the_results_reads_as_words(path: str, said: str):
    assert place(path) == said


def point(estimate: float | None, n_risk: int = 9) -> dict[str, float | int | None]:
    return {"days": 365, "months": 12, "estimate": estimate, "lower": 0.5, "upper": 0.7, "n_risk": n_risk}


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (point(0.6), point(0.625), ("60.0 % (50.0 to 70.0)", "62.5 % (50.0 to 70.0)")),
        (point(0.6, 8), point(0.6, 9), ("8 at risk", "9 at risk")),
        (point(None), point(0.6), ("–", "60.0 % (50.0 to 70.0)")),
        ({"days": 730.5, "lower": 365.25, "upper": None}, None, ("24.0 months (12.0 to NR)", "none")),
        (0.12345, 0.12349, ("0.12345", "0.12349")),
        ([1, 2], [1, 3], ("[1,2]", "[1,3]")),
    ],
)  # fmt: skip
def test_both_values_of_a_difference_read_as_in_a_table(one, other, said):
    assert values(one, other) == said


def test_measured_values_carry_their_unit():
    assert measured("groups[all].median") and not measured("groups[all].n")
    assert values(303.5, 308, "days") == ("10.0 months", "10.1 months")
    assert values(5.25, 6.0, "years") == ("5.3 years", "6.0 years")
    assert values(303.5, 303.6, "days") == ("303.5", "303.6")


def told(**of: str | None) -> dict[str, str | None]:
    return {"kind": "corrected", "patient": "C19-AAAAA-A", "field": "relapse.relapse_date", "by": "ada", "old": "",
            "at": "2026-01-02T03:04:05Z", "reason": "read the report", "new": ""} | of  # fmt: skip


def test_a_cause_says_whose_field_became_what_by_whom_and_why():
    with scoped(system_scope("tests")):
        said = cause(told(old="2015-02", new="2015-02-10"))

    assert said["kind"] == "Corrected" and said["address"] == "/patients/C19-AAAAA-A/"
    assert (said["field"], said["change"]) == (field("relapse.relapse_date"), "2015-02 to 2015-02-10")
    assert (said["by"], said["at"], said["reason"]) == ("ada", "2026-01-02 03:04", "read the report")
    assert field("relapse.relapse_date").startswith("Relapse: ") and "_" not in field("relapse.relapse_date")
    assert field("findings.H50") == "check H50" and field("ci_type") == "CI type"


@pytest.mark.parametrize(
    ("one", "unit", "said"),
    [
        ({"value": 159.0}, "days", "159 days"),
        ({"value": 5.68}, "years", "5.7 years"),
        ({"value": "Y"}, "", "Yes"),
        ({"days": 1609, "end": "relapse_after_infusion", "from": "2018", "to": "2022"}, "", "Relapse after infusion"),
        ({"days": 1609, "end": "censored", "from": "2018", "to": "2022"}, "", "Still without it"),
    ],
)
def test_what_a_patient_gives_to_a_result_has_its_unit(one: dict, unit: str, said: str):
    assert given("time_to_relapse", one, unit)["value"] == said


def test_neighbours_with_the_same_causes_are_told_once():
    mine, other = [told()] * 5, [told(patient=None, kind="definition", field="cutoff")]
    with scoped(system_scope("tests")):
        groups = grouped([{"causes": mine}, {"causes": mine}, {"causes": other}, {"causes": []}])

    assert [(len(one["rows"]), len(one["causes"]), len(one["more"])) for one in groups] == [
        (2, 3, 2), (1, 1, 0), (1, 0, 0)]  # fmt: skip


@pytest.mark.parametrize(
    ("kept", "asks", "says"),
    [
        ({"strata": "sex,site"}, "&by=sex&and_by=site&method=groups", "by sex at birth and site of treatment"),
        ({"exposure": "hsct"}, "&by=hsct&method=groups", "by transplant, once it happens"),
        ({"strata": "sex", "method": "regression"}, "&by=sex&method=regression", "relapse, Cox regression"),
    ],
)
def test_a_kept_question_is_asked_again_with_its_groups(kept: dict[str, str], asks: str, says: str):
    saved = SavedAnalysis(plan="post_cart_relapse", key="os_relapse", cutoff="today", **{"method": "groups"} | kept)
    said, address = asked_again(saved)

    assert address == f"/results/analysis/?ask=post_cart_relapse%3Aos_relapse{asks}"
    assert says in said


def test_a_kept_cut_off_rule_is_asked_again_as_its_day():
    saved = SavedAnalysis(plan="post_infusion", key="os_infusion", method="groups", cutoff="year_end")

    assert asked_again(saved)[1].endswith("-12-31")


def test_an_estimate_in_print_breaks_before_its_limits_and_nowhere_else():
    estimate = shown(lambda value: f"{value} %", Place(22.2))
    assert unbroken((estimate, " (3.4 to 51.3)")) == "22.2\u00a0% (3.4\u00a0to\u00a051.3)"
    assert unbroken(("A sentence (of words)",)) == "A sentence (of words)"

"""Figures: the same bytes for the same result, readable by screen readers, honest about the end of follow-up."""

import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from analytics.models import Snapshot
from analytics.report import bars, curves, figures, flow, forest, lines_of_patients, stacked, tabulate  # noqa: F401
from analytics.report.canvas import MOST_POINTS, Line, at_risk
from analytics.report.curves import censoring_days
from analytics.report.disclosure import RULES
from analytics.report.phrases import in_short
from analytics.stats.results import KINDS

SVG = "{http://www.w3.org/2000/svg}"
#: Six patients: deaths on days 100, 200 (two) and 400; censored on days 200 and 600.
STEPS = {
    "days": [100, 200, 400, 600],
    "estimate": [5 / 6, 5 / 10, 1 / 4, 1 / 4],
    "lower": [0.27, 0.11, 0.01, 0.01],
    "upper": [0.97, 0.80, 0.64, 0.64],
    "n_risk": [6, 5, 2, 1],
}
GROUP = {
    "label": "all", "n": 6, "events": 4, "median": {"days": 200, "lower": 100, "upper": None},
    "at": [{"days": 182.625, "months": 6, "estimate": 5 / 6, "lower": 0.27, "upper": 0.97, "n_risk": 5},
           {"days": 730.5, "months": 24, "estimate": None, "lower": None, "upper": None, "n_risk": 0}],
    "steps": STEPS,
}  # fmt: skip
CURVE = {"kind": "curve", "endpoint": "os_relapse", "definition": "", "groups": [GROUP], "comparison": None,
         "ci": "log-log", "left_out": []}  # fmt: skip
TWO = {**CURVE, "groups": [{**GROUP, "label": "EARLY"}, {**GROUP, "label": "LATE"}],
       "comparison": {"test": "logrank", "statistic": 20.0, "df": 1, "p": 0.00001}}  # fmt: skip
CAUSES = [{"cause": "relapse", "events": 3, "at": GROUP["at"], "steps": STEPS},
          {"cause": "nrm", "events": 1, "at": GROUP["at"], "steps": STEPS}]  # fmt: skip
INCIDENCE = {"kind": "incidence", "groups": [{"label": "all", "n": 6, "causes": CAUSES}], "comparison": None}
SHARES = {"kind": "proportion", "method": "exact", "groups": [
    {"label": "BM_ISO", "x": 37, "n": 85, "estimate": 37 / 85, "lower": 0.328, "upper": 0.547},
    {"label": "CNS_ISO", "x": 48, "n": 85, "estimate": 48 / 85, "lower": 0.453, "upper": 0.672}]}  # fmt: skip
DAYS = {"kind": "summary", "unit": "days", "groups": [
    {"label": label, "n": 85, "median": 268, "q1": 120, "q3": 500.5, "min": 30, "max": 1800} for label in ("F", "M")
]}  # fmt: skip
TABLE = {"kind": "table", "columns": ["a", "b"], "rows": [["x", 1.25], [None, 3]]}
DRAWN = {"curve": CURVE, "two": TWO, "incidence": INCIDENCE, "proportion": SHARES, "summary": DAYS}


def parsed(result: dict[str, Any], **more: Any) -> ElementTree.Element:
    return ElementTree.fromstring(figures.draw("os_relapse", result, **{"synthetic": False, **more}))  # noqa: S314


def texts(root: ElementTree.Element) -> list[str]:
    return ["".join(found.itertext()) for found in root.iter(f"{SVG}text")]


def test_every_kind_of_result_has_a_table_a_disclosure_rule_and_a_figure_or_a_reason():
    assert set(tabulate.RENDERERS) == set(KINDS)
    assert set(RULES) == set(KINDS)
    assert set(KINDS) <= set(figures.RENDERERS)


@pytest.mark.parametrize("kind", list(DRAWN))
def test_the_same_result_gives_the_same_bytes(kind: str):
    drawn = figures.draw("os_relapse", DRAWN[kind], synthetic=True)

    assert drawn == figures.draw("os_relapse", json.loads(json.dumps(DRAWN[kind])), synthetic=True)
    assert not re.search(rb"style=|<style|<script|20\d\d-\d\d-\d\d|<metadata", drawn)


@pytest.mark.parametrize("kind", list(DRAWN))
def test_a_figure_tells_its_title_and_numbers_in_words(kind: str):
    root = parsed(DRAWN[kind])

    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Overall survival after relapse"
    assert len(root.find(f"{SVG}desc").text) > 60


def test_a_figure_of_made_up_data_says_so_on_itself():
    root = parsed(CURVE, synthetic=True)

    assert "SYNTHETIC DATA" in texts(root)
    assert "synthetic data" in root.find(f"{SVG}title").text
    assert "SYNTHETIC DATA" not in texts(parsed(CURVE))


def test_a_figure_of_groups_names_them_and_the_test():
    shown = texts(parsed(TWO))

    assert {"Early", "Late", "Log-rank P <.0001", "At risk"} <= set(shown)


def test_numbers_at_risk_are_those_still_followed_and_end_with_the_curve():
    assert [at_risk(STEPS, day) for day in (0, 100, 101, 200, 500, 600, 601)] == [6, 6, 5, 5, 1, 1, None]


def test_a_curve_starts_at_one_and_ends_on_its_last_day():
    months, values = Line("all", STEPS, 1.0, "#000000", "-").points("estimate")

    assert (months[0], values[0]) == (0.0, 1.0)
    assert (months[-1], values[-1]) == (600 / 30.4375, 1 / 4)


def test_censoring_marks_stand_on_days_with_censored_patients_only():
    assert censoring_days(STEPS) == [(200, 0.5), (600, 0.25)]


def test_long_curves_are_thinned_but_keep_both_ends():
    n = 5000
    steps = {"days": list(range(1, n + 1)), "estimate": [1 - day / n for day in range(1, n + 1)]}

    months, values = Line("all", steps, 1.0, "#000000", "-").points("estimate")

    assert len(months) <= MOST_POINTS + 2
    assert (months[-1], values[-1]) == (n / 30.4375, 0.0)


def test_a_result_without_patients_has_no_figure():
    assert not figures.has_figure({**CURVE, "groups": [{**GROUP, "n": 0}]})
    assert not figures.has_figure(TABLE)
    assert not figures.has_figure({**SHARES, "groups": SHARES["groups"][:1]})


REGRESSION = {"kind": "table", "columns": ["term", "hazard_ratio", "lower", "upper", "p"], "rows": [
    ["relapse_timing EARLY v LATE", 3.97, 2.1, 7.51, 0.00002], ["prior_hsct Y v N", None, None, None, None],
    ["GLOBAL", None, None, None, 0.0001]]}  # fmt: skip


def test_a_regression_is_a_forest_plot_whose_terms_without_estimate_keep_their_line():
    assert figures.has_figure(REGRESSION)
    shown = texts(parsed(REGRESSION))

    told = {"Timing of relapse: Early v Late", "3.97 (2.10 to 7.51)", "P <.0001", "Prior transplant: Yes v No"}
    assert told <= set(shown)
    assert "–" in shown
    assert not any("All terms" in text for text in shown)


def test_the_flow_goes_on_from_the_cohort_to_the_transplant_and_stops_at_a_withheld_number():
    def rate(x: int | None, n: int) -> dict[str, Any]:
        return {"groups": [{"label": "all", "x": x, "n": n}]}

    steps = [{"step": "patients in the registry", "n": 200, "left": []},
             {"step": "consent", "n": 200, "left": []},
             {"step": "B-ALL", "n": 195, "left": [{"reason": "other disease", "n": 5}]}]  # fmt: skip
    results = {"cr_rate": rate(185, 195), "relapse_rate": rate(85, 185), "hsct_after_relapse": rate(37, 85)}
    boxes = flow.flow("post_cart_relapse", {"attrition": steps, "results": results})["boxes"]
    hidden = results | {"cr_rate": rate(None, 195)}
    short = flow.flow("post_cart_relapse", {"attrition": steps, "results": hidden})["boxes"]

    assert [box["n"] for box in boxes] == [200, 195, 185, 85, 37]
    assert boxes[2]["left"] == [{"reason": "no remission", "n": 10}]
    assert [box["n"] for box in short] == [200, 195]


def test_states_are_bars_that_end_with_follow_up():
    at = [{"months": 6 * i, "n_risk": 10 - i, "in_remission": 0.5, "before_remission": 0.0, "relapsed": 0.2,
           "after_hsct": 0.1, "dead": 0.2} for i in range(4)]  # fmt: skip
    shown = texts(parsed({"kind": "occupancy", "at": at}))

    assert {"0", "6", "12", "18", "In remission", "Dead", "10", "7"} <= set(shown)
    assert "24" not in shown


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_other_forms_are_the_same_bytes_every_time(form: str):
    drawn = figures.draw("os_relapse", CURVE, synthetic=True, form=form)

    assert drawn == figures.draw("os_relapse", CURVE, synthetic=True, form=form)
    assert drawn.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[form])


def test_hostile_labels_stay_text():
    hostile = {**CURVE, "groups": [{**GROUP, "label": "<script>alert(1)</script>"}, GROUP]}

    assert b"<script" not in figures.draw("os_relapse", hostile, synthetic=False)


@pytest.mark.django_db
def test_every_result_of_a_snapshot_can_be_drawn_and_tabulated(snapshot: Snapshot):
    results = json.loads(snapshot.read("results.json"))["results"]

    for key, result in results.items():
        table = tabulate.tabulate(result)
        assert all(len(row) == len(table.columns) for row in table.rows), key
        assert (f"figures/{key}.svg" in snapshot.hashes) == figures.has_figure(result)
    assert {"figures/cir_relapse_stacked.svg", "figures-disclosed/cir_relapse_stacked.svg"} <= set(snapshot.hashes)


def test_a_phrase_tells_what_is_not_reached_and_the_limits_of_what_is():
    open_end = {**GROUP, "median": {"days": None, "lower": 304.375, "upper": None}}
    nothing = {**GROUP, "median": {"days": None, "lower": None, "upper": None}}

    assert in_short(CURVE) == "median 6.6† months (3.3 to NR), n 6 († fewer than 10 at risk)"
    assert in_short({**CURVE, "groups": [open_end]}) == "median not reached (10.0 to NR), n 6"
    assert in_short({**CURVE, "groups": [nothing]}) == "median not reached, n 6"
    assert in_short(INCIDENCE) == "83.3 %† (27.0 to 97.0) at 6 months, n 6 († fewer than 10 at risk)"


@pytest.mark.parametrize(
    ("result", "row"),
    [
        (CURVE, ("All", "6", "4", "6.6† (3.3 to NR)", "83.3 %† (27.0 to 97.0)", "–")),
        (SHARES, ("Marrow alone", "37 of 85", "43.5 %", "32.8 to 54.7")),
        (DAYS, ("Female", "85", "8.8", "3.9 to 16.4", "1.0 to 59.1")),
        (INCIDENCE, ("All", "Relapse", "6", "3", "83.3 %† (27.0 to 97.0)", "–")),
        (TABLE, ("x", "1.3")),
    ],
)
def test_tables_print_what_a_report_prints(result: dict[str, Any], row: tuple[str, ...]):
    assert tabulate.tabulate(result).rows[0] == row


# Competing events, stacked ------------------------------------------------------------------------


def cause(name: str, steps: list[tuple[float, float | None]]) -> dict[str, Any]:
    days, estimates = zip(*steps, strict=True)
    return {**CAUSES[0], "cause": name, "steps": {"days": days, "estimate": estimates, "n_risk": [10] * len(days)}}


#: Relapse on days 100 and 300, death without on 200; the last patient leaves on day 600.
RELAPSE, DEATH = cause("relapse", [(100, 0.2), (300, 0.5), (600, 0.5)]), cause("nrm", [(200, 0.1), (600, 0.1)])
COMPETING = {"kind": "incidence", "groups": [{"label": "all", "n": 9, "causes": [RELAPSE, DEATH]}], "comparison": None}


def told(*causes: dict[str, Any], n: int | None = 9) -> str:
    result = {**COMPETING, "drawn": "stacked", "groups": [{"label": "all", "n": n, "causes": list(causes)}]}
    return figures.draw("cir_stacked", result, synthetic=False).decode()


def test_competing_events_are_stacked_up_to_all_patients_and_named_where_they_end():
    drawn = told(RELAPSE, DEATH)

    assert '<title id="figure-title">Cumulative incidence of relapse, stacked</title>' in drawn
    assert "At 20 months: relapse 50.0 %, death without relapse 10.0 %, event-free 40.0 %." in drawn
    for name in ("Relapse 50.0 %", "Death without relapse 10.0 %", "Event-free 40.0 %", "At risk"):
        assert f">{name}</text>" in re.sub(r"\s+", " ", drawn), name
    assert drawn == told(RELAPSE, DEATH) and not re.search(r"style=|<script", drawn)


def test_stacked_heights_are_those_of_the_curves_on_every_day():
    assert stacked._heights([RELAPSE, DEATH]) == (
        [0.0, 100, 200, 300, 600], [[0.0, 0.2, 0.2, 0.5, 0.5], [0.0, 0.0, 0.1, 0.1, 0.1]]
    )  # fmt: skip


def test_a_stack_ends_where_the_first_of_its_curves_ends():
    cut = cause("relapse", [(100, 0.2), (300, None), (600, None)])

    assert stacked._heights([cut, DEATH])[0] == [0.0, 100]
    assert "At 3 months: relapse 20.0 %, death without relapse 0.0 %" in told(cut, DEATH)
    assert "20.0 %" not in told(RELAPSE, DEATH, n=None), "a group whose number is withheld is not drawn"


@pytest.mark.parametrize("middles", [[0.0, 0.01, 0.02], [0.98, 0.99, 1.0], [0.2, 0.5, 0.8], [0.4, 0.4, 0.4]])
def test_names_of_thin_areas_do_not_cover_each_other(middles: list[float]):
    placed = stacked._apart(middles)

    assert all(above - below >= stacked.APART - 1e-12 for below, above in itertools.pairwise(placed))
    assert max(placed) <= 1


def test_the_same_competing_events_are_stacked_once_and_never_for_groups():
    other = {**COMPETING, "groups": [{**COMPETING["groups"][0], "causes": [DEATH, RELAPSE]}]}
    by = {**COMPETING, "groups": COMPETING["groups"] * 2}
    alone = {**COMPETING, "groups": [{**COMPETING["groups"][0], "causes": [RELAPSE]}]}

    assert list(figures.drawings({"cir": COMPETING, "nrm": other, "follow_up": CURVE, "by": by, "aplasia": alone})) == [
        ("cir", "cir", ""), ("cir_stacked", "cir", "stacked"), ("nrm", "nrm", ""), ("follow_up", "follow_up", ""),
        ("by", "by", ""), ("aplasia", "aplasia", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["curve", "incidence"])
def test_no_text_covers_another_or_the_curves_however_long_the_names_of_groups(kind):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    names = [f"SYN{site} / B-cell acute lymphoblastic leukemia" for site in "ABCD"]
    groups = [{**(GROUP if kind == "curve" else INCIDENCE["groups"][0]), "label": name} for name in names]
    test = {"test": "logrank", "statistic": 2.0, "df": 3, "p": 0.55}
    tests = test if kind == "curve" else [{**test, "test": "gray", "cause": cause} for cause in ("relapse", "nrm")]
    drawn, _told = figures.RENDERERS[kind]("A title", {**CURVE, "kind": kind, "groups": groups, "comparison": tests})

    renderer = FigureCanvasAgg(drawn).get_renderer()
    drawn.draw(renderer)
    axes = drawn.axes[0]
    written = [*drawn.texts, *axes.texts, *axes.get_legend().get_texts()]
    boxes = [text.get_window_extent(renderer) for text in written]

    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    inside = axes.get_window_extent(renderer)
    assert not any(inside.overlaps(box) for box in boxes)
    assert all(drawn.bbox.containsx(box.x0) and drawn.bbox.containsx(box.x1) for box in boxes)

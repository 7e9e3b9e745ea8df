"""What stands around the curves of a figure: names told whole, the key, bands only where they can be told apart."""

from typing import Any

import pytest

from tests.analytics.test_figures import CURVE, DAYS, GROUP, INCIDENCE, SVG, TWO, parsed, texts

LONG = "huCART19 / B-cell acute lymphoblastic leukemia"


@pytest.mark.parametrize("result", [TWO, {**INCIDENCE, "groups": INCIDENCE["groups"] * 2}, DAYS])
def test_a_long_name_of_a_group_is_told_whole(result: dict[str, Any]):
    groups = [{**group, "label": f"{number} {LONG}"} for number, group in enumerate(result["groups"])]
    shown = texts(parsed({**result, "groups": groups}))

    assert not any("…" in text for text in shown)
    assert any(text.endswith("leukemia") for text in shown)


def test_more_groups_than_bands_can_be_told_apart_have_none_and_say_so():
    four, five = ({**CURVE, "groups": [{**GROUP, "label": f"G{n}"} for n in range(most)]} for most in (4, 5))

    assert "with 95 % confidence bands" in parsed(four).find(f"{SVG}desc").text
    told = parsed(five)
    assert "limits in the table instead of bands" in told.find(f"{SVG}desc").text
    assert not [one for one in told.iter(f"{SVG}g") if "FillBetween" in one.get("id", "")]
    assert [one for one in parsed(four).iter(f"{SVG}g") if "FillBetween" in one.get("id", "")]


def test_the_key_of_incidences_names_groups_by_colour_and_causes_by_dash():
    groups = [{**INCIDENCE["groups"][0], "label": label} for label in ("EARLY", "LATE")]
    shown = texts(parsed({**INCIDENCE, "groups": groups}))

    assert [shown.count(name) for name in ("Early", "Late")] == [2, 2], "in the key and beside the numbers at risk"
    assert [shown.count(name) for name in ("Relapse", "Death without relapse")] == [1, 1]

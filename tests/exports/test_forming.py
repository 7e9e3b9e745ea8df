"""What forms after time zero stands beside an endpoint as the plan's own comparisons use it; places are codes."""

import io

import numpy as np
import pandas as pd
import pytest
from django.conf import settings

from analytics.study.endpoints import ENDPOINTS
from analytics.study.exposures import EXPOSURES
from analytics.study.run import study_of
from analytics.study.strata import age_at
from exports.forming import forming
from exports.pseudonyms import Pseudonyms
from tests.exports.conftest import CODES, CUTOFF, World
from tests.exports.reading import files_of, rows_of
from tests.studied import cohort

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]


def adtte(world: World, tier: str, key: str = "os_relapse") -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(files_of(world.made[tier, "csv"])[f"adtte/{key}.csv"])).set_index("USUBJID")


def test_every_exposure_that_follows_time_zero_has_its_day_and_who_cannot_be_told(world: World) -> None:
    follows = {key.upper() for key, one in EXPOSURES.items() if "relapse" in one.moments}
    told = set(adtte(world, "T1").columns)

    assert {name.removesuffix("_DAY") for name in told if name.endswith("_DAY")} == follows
    assert {f"{name}_LEFT" for name in follows} <= told
    assert not {name for name in adtte(world, "T1", "cir").columns if name.endswith("_DAY")}, "it has competing events"


COURSES = """
    infusion:  patient date
               A       d0
               B       d0
               C       d0
               D       d0
    response:  patient date
               A       d28
               B       d28
               C       d28
               D       d28
    relapse:   patient date
               A       d200
               B       d200
               C       2015-08
               D       d200
    hsct:      patient date
               A       d255
               B       2015-09
               C       d300
               D       2015
"""


def days_of(key: str, tier: str) -> dict[str, list]:
    """Column -> value of the patients A to D who answer an endpoint."""
    case, endpoint = cohort(COURSES).case, ENDPOINTS[key]
    return {column.name: told for column, told in forming(case, endpoint, np.arange(case.size), tier=tier)}


def test_days_count_from_time_zero_and_a_date_known_to_the_year_tells_none() -> None:
    told = days_of("os_relapse", "T2")

    assert told["HSCT_DAY"] == [55, 57, 74, None]
    assert told["HSCT_LEFT"] == [None, None, None, "A02"]
    assert told["REINFUSION_DAY"] == [None] * 4


def test_days_behind_a_date_known_to_the_month_are_rounded_at_t1() -> None:
    assert days_of("os_relapse", "T1")["HSCT_DAY"] == [55, 60, 60, None]


def test_what_must_hold_at_a_landmark_stands_beside_it() -> None:
    told = days_of("os_infusion", "T1")

    assert told["HSCT_CONSOL_FROM"] == [28] * 4
    assert told["HSCT_CONSOL_UNTIL"] == [200, 200, 240, 200]
    assert told["B_CELL_RECOVERY_UNTIL"] == [200, 210, 240, 0]


def test_places_are_codes_where_the_tables_have_codes(world: World) -> None:
    names = {slug: {row[key] for row in rows_of(world.tables[slug])}
             for slug, key in (("site", "code"), ("protocol", "short_code"))}  # fmt: skip

    t1, t2, t3 = (adtte(world, tier) for tier in ("T1", "T2", "T3"))
    assert t1["SITE"].str.fullmatch("SITE-[0-9A-Z]{8}").all() and t1["PROTOCOL"].str.startswith("PROTOCOL-").all()
    assert set(t1["SITE"]) <= {row["site"] for row in rows_of(files_of(world.made["T1", "csv"])["tables/infusion.csv"])}
    assert t2["SITE"].str.startswith("SITE-").all() and set(t2["PROTOCOL"]) <= names["protocol"]
    assert set(t3["SITE"]) <= names["site"]


def test_ages_are_whole_years_but_for_a_sites_own_patients(world: World) -> None:
    case = study_of("post_cart_relapse", world.tables, CUTOFF).case
    moment = ENDPOINTS["os_relapse"].moment
    true = dict(zip(case.frames.patients, age_at(case, moment), strict=True))
    ids = {tier: Pseudonyms.under(CODES[tier], field_key=settings.FIELD_KEY, plain=tier == "T3") for tier in CODES}

    for tier, kept in (("T1", np.floor), ("T2", np.floor), ("T3", float)):
        told = adtte(world, tier)["AGE"]
        mine = {ids[tier].patient(who): age for who, age in true.items()}
        assert len(told) and all(age == pytest.approx(kept(mine[who])) for who, age in told.items())

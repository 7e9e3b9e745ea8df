"""What the synthetic patient was given: infusions, salvage lines, transplants."""

from __future__ import annotations

from analytics.synthetic.chart import NOT_APPLICABLE, UNKNOWN, Chart
from analytics.synthetic.course import Line

#: median weight in kg by completed years of age (rounded; for plausible numbers, not for dosing)
WEIGHTS = (6, 10, 12, 14, 16, 18, 21, 23, 26, 29, 32, 36, 41, 46, 51, 56, 60, 63, 65, 66)
#: donor: (graft choices, HLA match, weight)
DONORS = {
    "MSD": (("BM",), "10/10", 0.25),
    "MRD_FAM": (("BM", "PBSC"), "10/10", 0.05),
    "MUD": (("BM", "PBSC"), "10/10", 0.3),
    "MMUD": (("BM", "PBSC"), "9/10", 0.1),
    "HAPLO": (("PBSC", "BM"), "5/10", 0.2),
    "CORD": (("CB",), "5/6", 0.1),
}
PROPHYLAXIS = {"HAPLO": "CNI;MMF;PTCY", "CORD": "CNI;MMF"}
#: salvage category: what is given together with it, by weight ("" = alone)
COMPANIONS = {
    "CHEMO": {"": 1.0},
    "INO": {"": 0.7, "CHEMO": 0.3},
    "BLINA": {"": 0.75, "CHEMO": 0.25},
    "CART_CD19": {"": 0.8, "CHEMO": 0.2},
    "CART_OTHER": {"": 0.8, "CHEMO": 0.2},
    "TARGETED": {"CHEMO": 0.7, "": 0.3},
}


def write_infusion(chart: Chart, day: int, *, intent: str) -> str:
    """Write one infusion and return its key."""
    dice, course = chart.dice, chart.course
    age = chart.age_years(day)
    weight = WEIGHTS[min(int(age), 19)] * dice.between(88, 116) / 100
    per_kg = dice.between(15, 45) / 10 if weight <= 50 else 0
    dose = weight * per_kg if per_kg else dice.between(80, 280)
    return chart.add(
        "infusion",
        site=chart.site,
        protocol=chart.protocol,
        product=chart.product,
        infusion_date=chart.date(day),
        n_fractions=1,
        intent=intent,
        indication=_indication(chart) if day == 0 else "OTHER",
        cell_source="AUTO",
        weight_kg=f"{weight:.1f}",
        dose_total_e6=f"{max(dose, 10):.0f}",
        out_of_spec="Y" if dice.chance(0.03) else "N",
        apheresis_date=chart.date(chart.enrolled + dice.between(2, 10)) if course.number % 50 else UNKNOWN,
    )


def _indication(chart: Chart) -> str:
    if chart.course.prior_transplant:
        return "POST_HSCT_RELAPSE" if chart.relapses_before else "REFRACTORY"
    return ("REFRACTORY", "RELAPSE1")[chart.relapses_before] if chart.relapses_before < 2 else "RELAPSE2P"


def write_transplant(chart: Chart, day: int, *, reason: str) -> str:
    """Write one allogeneic transplant and return its key; `reason` PRE_CART lies before the infusion."""
    dice, course = chart.dice, chart.course
    before = reason == "PRE_CART"
    donor = dice.pick({name: weight for name, (_, _, weight) in DONORS.items()})
    grafts, match, _ = DONORS[donor]
    intensity = dice.pick({"MAC": 0.85, "RIC": 0.15})
    alive_until = 0 if before else course.end
    return chart.add(
        "hsct",
        site=chart.site,
        hsct_date=chart.month(day) if before and dice.chance(0.06) else chart.date(day),
        hsct_type="ALLO",
        donor=chart.known(donor, missing=0.03),
        hla_match=match,
        graft=dice.one_of(grafts),
        conditioning=intensity,
        tbi_gy=("12" if dice.chance(0.75) else "0") if intensity == "MAC" else "2",
        gvhd_prophylaxis=PROPHYLAXIS.get(donor, "CNI;MTX"),
        hct_ci=dice.pick({0: 0.6, 1: 0.2, 2: 0.12, 3: 0.08}),
        status_at_hsct=dice.pick({"CR_MRDNEG": 0.7, "CR_MRDPOS": 0.2, "CR_MRDUNK": 0.1}),
        cr_number=_remission_number(chart, day),
        reason=reason,
        engraft_anc_date=_engrafted(chart, day + dice.between(13, 28), alive_until),
        engraft_plt_date=_engrafted(chart, day + dice.between(18, 45), alive_until),
        graft_failure="N",
    )


def _remission_number(chart: Chart, day: int) -> str:
    """Relapses before the transplant + 1; how many preceded an old transplant the chart does not say."""
    if day < 0:
        return UNKNOWN
    course = chart.course
    return str(chart.relapses_before + 1 + (course.relapse is not None and course.relapse < day))


def _engrafted(chart: Chart, day: int, alive_until: int) -> str:
    return chart.date(day) if day <= alive_until else NOT_APPLICABLE


def write_line(chart: Chart, line: Line, *, opened: int, parents: dict[str, str], stopped_by: int) -> str:
    """Write one salvage line; `opened` is the day it counts from, `stopped_by` the latest day of its end."""
    dice = chart.dice
    trigger = "RELAPSE" if parents.get("relapse") else "NONRESPONSE"
    companion = dice.pick(COMPANIONS.get(line.category, {"": 1.0}))
    start = opened + line.start
    again = write_infusion(chart, start, intent=f"REINF_{trigger}") if line.category == "CART_CD19" else ""
    stop = min(stopped_by, (opened + line.assessed if line.assessed else stopped_by) - dice.between(0, 6))
    vague = dice.chance(0.04) and start + 31 < stop < chart.course.end - 31  # no doubt about the order
    return chart.add(
        "salvage",
        trigger=trigger,
        relapse=parents.get("relapse", ""),
        infusion=parents.get("infusion", ""),
        start_date=chart.date(start),
        stop_date=chart.month(stop) if vague else chart.date(max(stop, start)),
        stop_reason=_stop_reason(line),
        components=";".join(part for part in (line.category, companion) if part),
        intent=line.intent,
        cart_infusion=again,
        non_cd19_product="CD22" if line.category == "CART_OTHER" else "",
    )


def _stop_reason(line: Line) -> str:
    if not line.assessed:
        return "DEATH"
    if line.failed:
        return "NONRESPONSE"
    return "RESPONSE_TO_HSCT" if line.intent == "BRIDGE_HSCT" else "PLANNED"

"""How the synthetic patient's leukemia did: responses, relapses, and what hangs on them."""

from __future__ import annotations

from analytics.synthetic.chart import NOT_DONE, UNKNOWN, Chart
from analytics.synthetic.chart_treatment import write_infusion, write_line, write_transplant
from analytics.synthetic.course import Aftermath, Line

#: planned looks at the disease after the infusion: timepoint, first and last day
LOOKS = (("D100", 88, 112), ("M6", 160, 204), ("Y1", 368, 420))
QUIET_DAYS = 35  # no look shows remission shortly before a relapse or death, so that no two rows contradict each other
EXTRAMEDULLARY = {"CNS": 0.5, "TESTIS": 0.2, "OTHER": 0.3}
OTHER_SITES = ("lymph node", "bone", "kidney", "skin")


def write_disease(chart: Chart) -> None:
    """Write infusion, responses, relapses, salvage and transplants in the order in which they happened."""
    course = chart.course
    if course.prior_transplant:
        write_transplant(chart, max(chart.dx_day + 110, -chart.dice.between(180, 900)), reason="PRE_CART")
    index = write_infusion(chart, 0, intent="PRIMARY")
    _responses(chart, index)
    if course.reinfusion is not None:
        again = write_infusion(chart, course.reinfusion, intent="REINF_BCELL_RECOVERY")
        write_response(chart, course.reinfusion + 28, {"infusion": again}, timepoint="D28", response="CR")
    if course.consolidation is not None:
        _transplanted(chart, course.consolidation, "CONSOL_CR")
    if course.aftermath:
        _aftermath(chart, index, course.aftermath)


def _responses(chart: Chart, index: str) -> None:
    course, dice = chart.course, chart.dice
    parent = {"infusion": index}
    if course.cr_day is None:
        if course.assessed is not None:
            response = "PD" if dice.chance(0.25) else "NR"
            write_response(chart, course.assessed, parent, timepoint="D28", response=response)
        elif course.number % 2:
            write_response(chart, course.end - 2, parent, timepoint="UNSCHED", response="NE")
        return
    if course.late_cr:
        write_response(chart, dice.between(26, 32), parent, timepoint="D28", response="PR")
    timepoint = "UNSCHED" if course.late_cr else "D28"
    write_response(chart, course.cr_day, parent, timepoint=timepoint, response="CRi" if dice.chance(0.2) else "CR")
    until = min(day for day in (course.relapse, course.consolidation, course.end) if day is not None)
    for timepoint, first, last in LOOKS:
        day = dice.between(first, last)
        if day < until - QUIET_DAYS and day > course.cr_day and dice.chance(0.94):
            write_response(chart, day, parent, timepoint=timepoint, response="CR")


def write_response(chart: Chart, day: int, parent: dict[str, str], *, timepoint: str, response: str) -> None:
    """Write one assessment with findings that agree with it."""
    dice = chart.dice
    remission = response in {"CR", "CRi"}
    blasts = {"CR": 0, "CRi": 0, "PR": dice.between(6, 24), "NE": 0}.get(response, dice.between(26, 90))
    full = response == "CR"
    (slug,) = parent
    chart.add(
        "response",
        context={"infusion": "CART", "salvage": "SALVAGE", "hsct": "HSCT"}[slug],
        **{name: parent.get(name, "") for name in ("infusion", "salvage", "hsct")},
        assessment_date=chart.date(day),
        timepoint=timepoint,
        response=response,
        mrd_status=dice.pick({"NEG": 0.94, "INDET": 0.02, NOT_DONE: 0.04}) if remission else NOT_DONE,
        marrow_blast_pct=NOT_DONE if response == "NE" else f"{dice.between(0, 19) / 10:.1f}" if remission else blasts,
        em_disease=NOT_DONE if response == "NE" else "N",
        anc=f"{dice.between(12, 55) / 10:.1f}" if full else f"{dice.between(2, 9) / 10:.1f}",
        platelets=dice.between(110, 340) if full else dice.between(18, 92),
        transfusion_independent="Y" if full else UNKNOWN,
        bca_present=("Y" if dice.chance(0.85) else "N") if slug == "infusion" and remission else UNKNOWN,
    )


def _transplanted(chart: Chart, day: int, reason: str) -> None:
    key = write_transplant(chart, day, reason=reason)
    course, after = chart.course, chart.course.aftermath
    ends = [course.end, course.relapse if course.relapse is not None and course.relapse > day else None]
    if after and after.relapse is not None:
        ends.append(course.opened + after.relapse)
    if day + 28 < min(end for end in ends if end is not None) - 16:
        write_response(chart, day + 28, {"hsct": key}, timepoint="UNSCHED", response="CR")


def _aftermath(chart: Chart, index: str, after: Aftermath) -> None:
    """First relapse (or failed infusion) and its lines, transplant, next relapse and its line."""
    course, opened = chart.course, chart.course.opened
    parents = {"infusion": index}
    if course.relapse is not None:
        reason = after.reason_untreated if after.kind == "UNTREATED" else ""
        parents = {"relapse": _relapse(chart, opened, infusion=index, reason=reason, after=after)}
    ends = [*(opened + line.start - 1 for line in after.lines[1:]), opened + after.end]
    for line, end in zip(after.lines, ends, strict=False):
        _treated(chart, line, opened, parents, end)
    if after.transplant is not None:
        _transplanted(chart, opened + after.transplant, "AFTER_SALVAGE")
    if after.relapse is not None:
        reason = "" if after.rescue else after.reason_untreated
        key = _relapse(chart, opened + after.relapse, infusion="", reason=reason, after=None)
        if after.rescue:
            _treated(chart, after.rescue, opened, {"relapse": key}, course.end)


def _treated(chart: Chart, line: Line, opened: int, parents: dict[str, str], end: int) -> None:
    key = write_line(chart, line, opened=opened, parents=parents, stopped_by=end)
    if line.assessed and line.response:
        day = opened + line.assessed
        write_response(chart, day, {"salvage": key}, timepoint="END_OF_LINE", response=line.response)


def _relapse(chart: Chart, day: int, *, infusion: str, reason: str, after: Aftermath | None) -> str:
    """Write a relapse; the sites of the first one after CAR T come from `chart.course` where it says them."""
    dice = chart.dice
    radiated = after is not None and any(line.category == "RT_LOCAL" for line in after.lines)
    marrow = chart.marrow if after is not None and chart.marrow is not None else dice.chance(0.79) and not radiated
    outside = [] if marrow and not dice.chance(0.13) else [dice.pick(EXTRAMEDULLARY)]
    if chart.course.sex != "M":
        outside = ["CNS" if site == "TESTIS" else site for site in outside]
    blasts = dice.between(5, 95) if outside or not dice.chance(0.08) else dice.between(1, 4)
    lineage = dice.pick({"N": 0.95, "AML": 0.04, "MPAL": 0.01})
    return chart.add(
        "relapse",
        infusion=infusion,
        relapse_date=chart.date(day),
        level=("MORPH" if blasts >= 5 else "FLOW_1_5") if marrow else "EM_ONLY",
        site_marrow="Y" if marrow else "N",
        site_cns="Y" if "CNS" in outside else "N",
        site_testis="Y" if "TESTIS" in outside else "N",
        site_other="Y" if "OTHER" in outside else "N",
        site_other_text=dice.one_of(OTHER_SITES) if "OTHER" in outside else "",
        marrow_blast_pct=blasts if marrow else "",
        confirmed_by="MORPH;FLOW;PCR_NGS" if marrow else "CSF;FLOW" if "CNS" in outside else "BIOPSY;IMAGING",
        cd19_status=_cd19(chart, after, lineage),
        cd22_status=chart.known("POS" if dice.chance(0.9) else "DIM", missing=0.2, reason=NOT_DONE),
        lineage_switch=lineage,
        new_cytogenetics=NOT_DONE if dice.chance(0.4) else "Y" if dice.chance(0.2) else "N",
        no_salvage_reason=reason,
    )


def _cd19(chart: Chart, after: Aftermath | None, lineage: str) -> str:
    """Antigen at relapse; who got a CD19-directed line had CD19 on the blasts."""
    if lineage != "N":
        return "NEG"
    directed = after is not None and any(line.category in {"CART_CD19", "BLINA"} for line in after.lines)
    weights = {"POS": 0.86, "DIM": 0.14} if directed else {"POS": 0.36, "NEG": 0.46, "DIM": 0.04, "MIXED": 0.06}
    return chart.known(chart.dice.pick(weights), missing=0.05)

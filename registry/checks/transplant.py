"""Transplants: their date, their reason against their role, the remission before (data dictionary 4.9)."""

from collections.abc import Iterator

from registry.checks.case import Case, Row
from registry.checks.compare import fewest_days, most_days, must_not_precede, some_within, surely_above
from registry.checks.course import ending_relapses, role_of, with_date
from registry.checks.engine import ERROR, FLAG, WARNING, Hit, check, hit

#: Reasons that contradict a role; everything else is compatible (data dictionary 4.9).
CONTRADICTED = {
    "PRE_CART": ("BCELL_LOSS",),
    "CONSOL": ("PRE_CART", "AFTER_SALVAGE"),
    "POST_RELAPSE": ("PRE_CART", "CONSOL_CR", "BCELL_LOSS"),
    "NONRESP": ("PRE_CART", "CONSOL_CR", "BCELL_LOSS"),
}
#: What the role of a transplant is derived from.
ROLE_READS = (
    "hsct.hsct_date",
    "infusion.infusion_date",
    "infusion.intent",
    "infusion.product",
    "relapse.level",
    "relapse.relapse_date",
    "response.response",
)


@check("H30", ERROR, "A transplant follows the diagnosis.", source="data dictionary 4.9")
def transplanted_after_diagnosis(case: Case) -> Iterator[Hit]:
    """Not on the same day: nobody is transplanted on the day of the diagnostic sample."""
    diagnosis = case.diagnosis
    for row in case.of("hsct") if diagnosis is not None else ():
        words = f"Transplanted on {row.hsct_date}, not after the diagnosis on {diagnosis.diagnosis_date}."
        yield from must_not_precede(row, "hsct_date", diagnosis, "diagnosis_date", words, allowance=-1)


@check("W31", WARNING, "The reason of a transplant agrees with its role.", source="data dictionary 4.9, 5")
def reason_agrees_with_role(case: Case) -> Iterator[Hit]:
    """The role follows from the dates; where these leave it open, nothing is said."""
    for row in case.of("hsct"):
        role = role_of(case, row) if row.reason is not None else None
        if row.reason in CONTRADICTED.get(role, ()):
            words = f"The reason is {row.reason}, but by its date the transplant is {role}."
            yield hit(row, "reason", words, reads=ROLE_READS)


@check(
    "W68",
    WARNING,
    "A transplant after relapse is done in a recorded remission.",
    source="data dictionary 5",
)
def transplanted_in_remission(case: Case) -> Iterator[Hit]:
    """Warns of status ACTIVE, and of no CR, CRi or MLFS on file since the last relapse."""
    for row in case.of("hsct"):
        if role_of(case, row) != "POST_RELAPSE":
            continue
        if row.status_at_hsct == "ACTIVE":
            words = f"Transplanted with active disease on {row.hsct_date}."
            yield hit(row, "status_at_hsct", words, reads=ROLE_READS)
        relapses = [one for one, moment in with_date(ending_relapses(case), "relapse_date") if not _later(moment, row)]
        remissions = (one.assessment_date for one in case.remissions)
        if some_within(remissions, relapses[-1].relapse_date.shifted(1), row.hsct_date) is False:
            words = f"No remission is on file since the relapse on {relapses[-1].relapse_date}."
            yield hit(row, "hsct_date", words, reads=(*ROLE_READS, "response.assessment_date"))


def _later(moment: object, hsct: Row) -> bool:
    return not moment.surely_not_after(hsct.hsct_date)


@check("W88", WARNING, "Two transplants within 30 days are unusual.", source="data dictionary 4.9")
def transplants_apart(case: Case) -> Iterator[Hit]:
    """One graft in several bags is one transplant."""
    dated = with_date(case.of("hsct"), "hsct_date")
    for (earlier, first), (row, second) in zip(dated, dated[1:], strict=False):
        if most_days(first, second) <= 30:
            words = f"Transplanted on {first} and again on {second}. Is one of them a duplicate?"
            yield hit(row, "hsct_date", words, (earlier, "hsct_date"))


@check("W89", WARNING, "An autologous transplant in B-ALL is unusual.", source="data dictionary 4.9")
def autologous_is_unusual(case: Case) -> Iterator[Hit]:
    """Autologous grafts are listed apart and leave the transplant endpoints."""
    diagnosis = case.diagnosis
    for row in case.of("hsct"):
        if row.hsct_type == "AUTO" and diagnosis is not None and diagnosis.disease == "B_ALL":
            yield hit(row, "hsct_type", "Autologous transplant in B-ALL.", (diagnosis, "disease"))


@check("W94", WARNING, "Engraftment follows the transplant.", source="data dictionary 4.9")
def engrafted_after_transplant(case: Case) -> Iterator[Hit]:
    """On the day of transplant at the earliest."""
    for row in case.of("hsct"):
        for column in ("engraft_anc_date", "engraft_plt_date"):
            words = f"Engrafted on {row.values.get(column)}, before the transplant on {row.hsct_date}."
            yield from must_not_precede(row, column, row, "hsct_date", words)


@check(
    "W95",
    WARNING,
    "The number of the remission is the number of relapses plus one.",
    source="data dictionary 4.9",
)
def remission_is_counted(case: Case) -> Iterator[Hit]:
    """Only for transplants after the index infusion; relapses of level MRD may be counted or not."""
    before = case.diagnosis.n_relapses_before_cart if case.diagnosis is not None else None
    for row in case.of("hsct"):
        role = role_of(case, row) if before is not None and row.cr_number is not None else None
        if role in ("CONSOL", "POST_RELAPSE"):
            index = case.index_infusion.infusion_date
            since = [
                one
                for one, moment in with_date(case.of("relapse"), "relapse_date")
                if moment.surely_after(index) and not _later(moment, row)
            ]
            counts = {len(since), len([one for one in since if one.level != "MRD"])}
            if row.cr_number - 1 - before not in counts:
                words = f"CR {row.cr_number}, but {before + max(counts)} relapse(s) before this transplant."
                yield hit(row, "cr_number", words, reads=("diagnosis.n_relapses_before_cart", *ROLE_READS))


@check(
    "A14",
    FLAG,
    "The history of transplants before CAR T is incomplete.",
    source="data dictionary 5, ENDPOINTS 2.4",
)
def transplant_history_is_complete(case: Case) -> Iterator[Hit]:
    """A transplant undated or on an undecided side of the infusion, or told by the indication or earlier TBI alone."""
    for infusion in case.infusions:
        moments = [row.hsct_date for row in case.of("hsct")]
        told = infusion.indication == "POST_HSCT_RELAPSE"
        if told and some_within(moments, last=infusion.infusion_date) is False:
            words = "Infused for relapse after a transplant, but no earlier transplant is on file."
            yield hit(infusion, "indication", words, (infusion, "infusion_date"), reads=("hsct.hsct_date",))
    index = case.index_infusion
    if index is not None:
        yield from _irradiated_without_transplant(case, index)
    for row in case.of("hsct") if index is not None else ():
        least = fewest_days(index.infusion_date, row.hsct_date)
        if least is None or (least <= 0 <= most_days(index.infusion_date, row.hsct_date) and not row.hsct_date.exact):
            words = f"It is open whether this transplant precedes the infusion on {index.infusion_date}."
            yield hit(row, "hsct_date", words, (index, "infusion_date"))


def _irradiated_without_transplant(case: Case, index: Row) -> Iterator[Hit]:
    """Total body irradiation is given before a transplant and for nothing else."""
    for row in case.of("prior_therapy"):
        if surely_above(row, "tbi_gy", 0):
            moments = (one.hsct_date for one in case.of("hsct"))
            if some_within(moments, last=index.infusion_date) is False:
                words = "Total body irradiation as earlier therapy, but no earlier transplant is on file."
                yield hit(row, "tbi_gy", words, (index, "infusion_date"), reads=("hsct.hsct_date",))


@check("H32", ERROR, "GVHD begins on or after its transplant.", source="data dictionary 4.9")
def gvhd_after_transplant(case: Case) -> Iterator[Hit]:
    """Or on or after its infusion, where allogeneic CAR T cells caused it."""
    for row in case.of("gvhd"):
        for entity, column in (("hsct", "hsct_date"), ("infusion", "infusion_date")):
            cause = case.parent(row, entity)
            if cause is not None:
                words = f"GVHD from {row.onset_date}, before the {entity} on {cause.values.get(column)}."
                yield from must_not_precede(row, "onset_date", cause, column, words)

"""Questions answered by counting rather than by time: rates, measured quantities, lists of codes. Source:
ENDPOINTS 3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.study.days import MONTH, Flags, Floats
from analytics.study.milestones import MILESTONES, Case
from analytics.study.milestones.moments import When
from analytics.study.milestones.relapse import SITE_GROUPS
from analytics.study.milestones.salvage import CATEGORIES
from analytics.study.milestones.transplant import OUTCOMES
from analytics.study.observation import Ledger, asked

UNKNOWN = "UNK"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One value per patient asked. among: moments that must have come to be asked; value: the milestone
    answered; unknown: the reason without one.

    moment: the time zero strata are known by; codes: the answers, where they are codes; unit: of a quantity;
    pending: (flag, reason): not yet to be asked; also: other columns the answer comes from; dated: moments
    whose date the answer needs, so that a date too vague leaves it under A02.
    """

    key: str
    label: str
    moment: str
    among: tuple[str, ...]
    value: str
    definition: str
    source: str
    unknown: str = UNKNOWN
    codes: tuple[str, ...] = ()
    hits: str | None = None
    unit: str = ""
    pending: tuple[tuple[str, str], ...] = ()
    also: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    version: int = 1

    @property
    def reads(self) -> tuple[str, ...]:
        """slug.column the answer comes from."""
        named = {column for name in (*self.among, self.value) for column in MILESTONES[name].reads}
        return tuple(sorted(named | set(self.also)))


def answers(case: Case, measure: Measure) -> tuple[np.ndarray, Ledger]:
    """The value of every patient asked (yes = 1, no = 0, a number, or a code), and who cannot answer.

    An order that partial dates leave open is A02; a code that is a rule (A02, A13) leaves under it.
    """
    ledger = Ledger(asked(case, *measure.among))
    ledger.leave_touched(case, measure.reads)
    for name, reason in measure.pending:
        ledger.leave(case[name], reason)
    for name in measure.among:
        ledger.leave(case[name].unsure, "A02")
    value = case[measure.value]
    if isinstance(value, When):
        value = _happened(value)
    if value.dtype == object:
        for rule in ("A02", "A13"):
            ledger.leave(value == rule, rule)
        ledger.leave(value == "", measure.unknown)
        return value, ledger
    value = value.astype(float)
    for name in measure.dated:
        ledger.leave(case[name].undatable, "A02")
    ledger.leave(np.isnan(value), measure.unknown)
    return value, ledger


def month_only(case: Case, measure: Measure) -> Flags:
    """Whose answer rests on a date known to the month only (A01)."""
    out = np.zeros(case.size, dtype=bool)
    for name in (*measure.among, measure.value):
        when = case[name]
        if isinstance(when, When):
            out |= when.precision == MONTH
    return out


def _happened(when: When) -> Floats:
    return np.where(when.unsure, np.nan, when.happened.astype(float))


CR_RATE = Measure(
    key="cr_rate",
    label="Complete remission rate",
    moment="infusion",
    among=("index_infusion",),
    value="cr_date",
    pending=(("not_yet_evaluable", "not yet evaluable"),),
    definition="Infused patients in CR, CRi or MLFS within 100 days of infusion and before any new therapy. "
    "Not evaluable and early deaths are failures; alive, unassessed and infused less than 100 days ago is "
    "not yet evaluable.",
    source="ENDPOINTS 3.1, 3.15.3",
)
CR_RATE_D28 = Measure(
    key="cr_rate_d28",
    label="Remission at day 28",
    moment="infusion",
    among=("index_infusion",),
    value="d28_remission",
    pending=(("d28_pending", "not yet evaluable"),),
    also=("response.assessment_date", "response.response"),
    definition="Infused patients in remission at the assessment of day 21 to 42 nearest to day 28; none is a failure.",
    source="ENDPOINTS 3.1",
)
CR_RATE_MRD_NEG = Measure(
    key="cr_rate_mrd_neg",
    label="MRD-negative remission rate",
    moment="infusion",
    among=("index_infusion",),
    value="mrd_negative_cr",
    pending=(("not_yet_evaluable", "not yet evaluable"),),
    definition="Infused patients with an MRD-negative remission within 100 days and before any new therapy; "
    "a remission of unknown MRD (A11) does not count.",
    source="ENDPOINTS 3.1",
)
CR_RATE_ELIANA = Measure(
    key="cr_rate_eliana",
    label="Remission within 3 months, kept 28 days",
    moment="infusion",
    among=("index_infusion",),
    value="eliana_remission",
    pending=(("not_yet_evaluable", "not yet evaluable"),),
    also=("response.assessment_date", "response.response"),
    definition="Infused patients in remission within 3 months and shown to be so for at least 28 days.",
    source="ENDPOINTS 3.1",
)
RELAPSE_RATE = Measure(
    key="relapse_rate",
    label="Relapse among patients in remission",
    moment="infusion",
    among=("cr_date",),
    value="relapse1",
    unknown="A02",
    definition="Patients in remission after CART19 who relapsed by the cut-off. A crude share: see the "
    "cumulative incidence.",
    source="ENDPOINTS 2.3, F7",
)
TIME_TO_RELAPSE = Measure(
    key="time_to_relapse",
    label="Time from infusion to relapse, among those who relapsed",
    moment="infusion",
    among=("relapse1",),
    value="days_to_relapse",
    unit="days",
    dated=("relapse1",),
    definition="Days from index infusion to relapse among those who relapsed. Not a survival estimate.",
    source="ENDPOINTS 3.2a",
)
AGE_AT_RELAPSE = Measure(
    key="age_at_relapse",
    label="Age at relapse",
    moment="relapse",
    among=("relapse1",),
    value="relapse_age_years",
    unit="years",
    dated=("relapse1",),
    definition="Unrounded age at the relapse (days / 365.25).",
    source="ENDPOINTS 2.5b",
)
PRIOR_HSCT_AT_RELAPSE = Measure(
    key="prior_hsct_at_relapse",
    label="Transplant before the relapse",
    moment="relapse",
    among=("relapse1",),
    value="prior_hsct_at_relapse",
    unknown="A02",
    definition="Relapsed patients with any transplant before the relapse, or in remission after CART19.",
    source="ENDPOINTS 2.4",
)
PRIOR_HSCT_PRE_CART = Measure(
    key="prior_hsct_pre_cart",
    label="Transplant before CART19",
    moment="infusion",
    among=("relapse1",),
    value="prior_hsct_pre_cart",
    unknown="A02",
    definition="Relapsed patients with any transplant before the index infusion.",
    source="ENDPOINTS 2.4",
)
MARROW_INVOLVED = Measure(
    key="marrow_involved",
    label="Marrow involved at relapse",
    moment="relapse",
    among=("relapse1",),
    value="marrow_involved",
    also=("relapse.site_marrow",),
    definition="Relapsed patients with marrow disease, isolated or not, whatever the percent of blasts.",
    source="ENDPOINTS 3.15.16",
)
RELAPSE_SITE = Measure(
    key="relapse_site",
    label="Site of relapse",
    moment="relapse",
    among=("relapse1",),
    value="relapse_site_group",
    codes=SITE_GROUPS,
    also=("relapse.site_marrow", "relapse.site_cns", "relapse.site_testis", "relapse.site_other"),
    definition="One group per relapsed patient: marrow alone, one site outside it, several, or marrow and "
    "another (at least 5 % marrow blasts where a percent is given).",
    source="DATA_DICTIONARY 6.3, ENDPOINTS 3.15.16",
)
HSCT_AFTER_RELAPSE = Measure(
    key="hsct_after_relapse",
    label="Transplant after the relapse",
    moment="relapse",
    among=("relapse1",),
    value="hsct_post",
    unknown="A02",
    definition="Relapsed patients with an allogeneic or syngeneic transplant on or after the day of the relapse.",
    source="ENDPOINTS 2.3, F17",
)
HSCT_OUTCOME = Measure(
    key="hsct_outcome",
    label="Outcome after post-relapse transplant",
    moment="hsct",
    among=("hsct_post",),
    value="hsct_outcome",
    codes=OUTCOMES,
    definition="One class per transplanted patient: PERSISTENT, RELAPSE, NRM, ALIVE_CR, ALIVE_UNKNOWN.",
    source="ENDPOINTS 3.9",
)
SALVAGE_RESPONSE = Measure(
    key="salvage_response",
    label="Remission to salvage line 1, by category",
    moment="salvage",
    among=("salvage1",),
    value="salvage_category",
    codes=CATEGORIES,
    hits="salvage_remission",
    pending=(("salvage_palliative", "palliative"),),
    also=("response.assessment_date", "response.response"),
    definition="Patients in remission among those whose line 1 was of the category; no record is a failure; "
    "palliative lines are not counted; small categories are not pooled.",
    source="ENDPOINTS 3.15.10",
)

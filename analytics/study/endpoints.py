"""Every time-to-event endpoint of the registry, as data. Adding one touches this list only. Source: ENDPOINTS
3."""

from __future__ import annotations

from analytics.study.observation import Endpoint, Observed, observe

__all__ = ["ENDPOINTS", "Endpoint", "Observed", "observe"]

OS_RELAPSE = Endpoint(
    key="os_relapse",
    label="Overall survival after post-CART19 relapse",
    moment="relapse",
    start="relapse1",
    event=("death",),
    censor="last_alive_day",
    definition="Days from the first relapse after CART19 to death from any cause; the living are censored "
    "when last known alive. Not censored at transplant or next therapy; patients without salvage stay in.",
    source="ENDPOINTS 3.5",
)
EFS_SALVAGE = Endpoint(
    key="efs_salvage",
    label="Event-free survival after salvage therapy",
    moment="salvage",
    start="salvage1",
    event=(
        "relapse_after_salvage",
        "salvage_failed",
        "second_line_without_remission",
        "hsct_in_active_disease",
        "death",
    ),
    censor="last_evaluated_day",
    unfit=(("salvage_palliative", "palliative"),),
    silent=(("salvage_unanswered", "A10"),),
    stops=(("censor_at_hsct", "hsct_after_salvage"),),
    unseen="A12",
    definition="Days from the start of salvage line 1 to the first of: failure of the line (its last "
    "END_OF_LINE assessment shows NR, PD or PR; or a second line without remission; or transplant in active "
    "disease), next relapse, death. Palliative lines are not followed. Censored at the last disease "
    "evaluation.",
    source="ENDPOINTS 3.7, 3.15.10",
)
OS_HSCT_POST = Endpoint(
    key="os_hsct_post",
    label="Overall survival after post-relapse transplant",
    moment="hsct",
    start="hsct_post",
    event=("death",),
    censor="last_alive_day",
    definition="Days from the first transplant on or after the post-CART19 relapse to death from any cause; "
    "the living are censored when last known alive. A later transplant is no event.",
    source="ENDPOINTS 3.8",
)
RFS_HSCT_POST = Endpoint(
    key="rfs_hsct_post",
    label="Relapse-free survival after post-relapse transplant",
    moment="hsct",
    start="hsct_post",
    event=("relapse_after_hsct_post", "death_of_disease", "death_without_disease"),
    unknowable=(("death_unclassified", "A13"),),
    censor="last_evaluated_day",
    unseen="A12",
    definition="Days from the first transplant on or after the post-CART19 relapse to the next relapse or death. "
    "Patients transplanted in active disease stay in. Left out and counted: no relapse and no disease evaluation "
    "since the transplant (A12); death of unknown state and cause (A13).",
    source="ENDPOINTS 3.8",
)
CIR_HSCT_POST = Endpoint(
    key="cir_hsct_post",
    label="Cumulative incidence of relapse and of death without relapse after post-relapse transplant",
    moment="hsct",
    start="hsct_post",
    event=("relapse_after_hsct_post", "death_of_disease"),
    competing=("death_without_disease",),
    unknowable=(("death_unclassified", "A13"),),
    censor="last_evaluated_day",
    unseen="A12",
    definition="Days from the first transplant on or after the post-CART19 relapse to the next relapse, with death "
    "without relapse competing; death in active disease without a relapse row is a relapse on that day. Left out as "
    "in relapse-free survival.",
    source="ENDPOINTS 3.8, 3.9",
)
CIR = Endpoint(
    key="cir",
    label="Cumulative incidence of relapse",
    moment="cr",
    start="cr_date",
    event=("relapse1", "death_of_disease"),
    competing=("death_without_disease",),
    unknowable=(("death_unclassified", "A13"),),
    censor="last_evaluated_day",
    unseen="A12",
    definition="Days from first remission to relapse, with death without relapse competing; death in active "
    "disease without a relapse row is a relapse on that day. Censored at the last disease evaluation.",
    source="ENDPOINTS 3.3, 3.15.7",
)
NRM = Endpoint(
    key="nrm",
    label="Non-relapse mortality",
    moment="cr",
    start="cr_date",
    event=("relapse1", "death_of_disease"),
    competing=("death_without_disease",),
    unknowable=(("death_unclassified", "A13"),),
    censor="last_evaluated_day",
    unseen="A12",
    definition="Days from first remission to death without relapse, with relapse competing. Censored at the "
    "last disease evaluation.",
    source="ENDPOINTS 3.3, 3.15.9",
)
RFS = Endpoint(
    key="rfs",
    label="Relapse-free survival",
    moment="cr",
    start="cr_date",
    event=("relapse1", "death"),
    stops=(("censor_at_hsct", "hsct_consol"), ("censor_at_reinfusion", "reinfusion_in_remission")),
    censor="last_evaluated_day",
    unseen="A12",
    definition="Days from first remission to relapse or death from any cause. Not censored at transplant in "
    "remission. Censored at the last disease evaluation.",
    source="ENDPOINTS 3.3",
)
OS_INFUSION = Endpoint(
    key="os_infusion",
    label="Overall survival after infusion",
    moment="infusion",
    start="index_infusion",
    event=("death",),
    censor="last_alive_day",
    definition="Days from the index infusion to death from any cause; never censored at transplant, "
    "reinfusion or salvage.",
    source="ENDPOINTS 3.3",
)
EFS_INFUSION = Endpoint(
    key="efs_infusion",
    label="Event-free survival after infusion",
    moment="infusion",
    start="index_infusion",
    event=("relapse_after_infusion", "infusion_failed", "death"),
    stops=(("censor_at_hsct", "hsct_consol"), ("censor_at_reinfusion", "reinfusion_in_remission")),
    censor="last_evaluated_day",
    unseen="A12",
    definition="Days from the index infusion to the first of: treatment failure (without remission: the "
    "first NR or PD from day 21 on, else the start of new therapy), any relapse, death. Censored at the "
    "last disease evaluation.",
    source="ENDPOINTS 3.3, 3.15.8",
)
B_CELL_APLASIA = Endpoint(
    key="b_cell_aplasia",
    label="End of B-cell aplasia",
    moment="infusion",
    start="index_infusion",
    among="cr_date",
    event=("b_cell_recovery",),
    competing=(
        "relapse1",
        "hsct_after_infusion",
        "b_cell_depleting_salvage",
        "repeat_cd19_infusion",
        "death",
    ),
    unfit=(
        ("b_cell_unsampled", "no B-cell sample on days 21-42"),
        ("b_cell_present", "B cells present on days 21-42"),
    ),
    censor="last_b_cell_day",
    causes=("recovery", "competing"),
    definition="Days from the index infusion to B-cell recovery (CD19+ at least 1 % of lymphocytes or 10/uL in "
    "blood, confirmed by the next sample at least 7 days later, dated at the first of the two) among patients in "
    "remission whose first sample of days 21 to 42 shows aplasia. Relapse, transplant, death, blinatumomab, "
    "inotuzumab and another CD19 CAR T compete, on their own date. Recovery up to day 182 is early loss. Censored "
    "at the last B-cell sample.",
    source="ENDPOINTS 3.10, 3.15.12",
)
OS_HSCT = Endpoint(
    key="os_hsct",
    label="Overall survival after first transplant",
    moment="transplant",
    start="transplant",
    event=("death",),
    censor="last_alive_day",
    definition="Days from the first allogeneic or syngeneic transplant to death from any cause.",
    source="ENDPOINTS 3.13",
)
RFS_HSCT = Endpoint(
    key="rfs_hsct",
    label="Relapse-free survival after first transplant",
    moment="transplant",
    start="transplant",
    event=("relapse_after_transplant", "death_of_disease", "death_without_disease"),
    unknowable=(("death_unclassified", "A13"),),
    censor="last_evaluated_day",
    unfit=(("non_malignant", "NON_MALIGNANT"),),
    unseen="A12",
    definition="Days from the first transplant to the first relapse after it or death. Left out and counted: "
    "non-malignant disease; no relapse and no disease evaluation since the transplant (A12); death of "
    "unknown state and cause (A13).",
    source="ENDPOINTS 3.13",
)
CIR_HSCT = Endpoint(
    key="cir_hsct",
    label="Cumulative incidence of relapse after first transplant",
    moment="transplant",
    start="transplant",
    event=("relapse_after_transplant", "death_of_disease"),
    competing=("death_without_disease",),
    unknowable=(("death_unclassified", "A13"),),
    censor="last_evaluated_day",
    unfit=(("non_malignant", "NON_MALIGNANT"),),
    unseen="A12",
    definition="Days from the first transplant to relapse, with death without relapse competing. Left out as "
    "in relapse-free survival.",
    source="ENDPOINTS 3.13",
)
OS_AFTER_HSCT_RELAPSE = Endpoint(
    key="os_after_hsct_relapse",
    label="Overall survival after relapse that follows transplant",
    moment="transplant_relapse",
    start="relapse_after_transplant",
    event=("death",),
    censor="last_alive_day",
    unfit=(("non_malignant", "NON_MALIGNANT"),),
    definition="Days from the first relapse after the first transplant to death from any cause. A duration "
    "of 0 stays 0.",
    source="ENDPOINTS 3.13",
)

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.key: endpoint
    for endpoint in (
        OS_RELAPSE,
        EFS_SALVAGE,
        OS_HSCT_POST,
        RFS_HSCT_POST,
        CIR_HSCT_POST,
        CIR,
        NRM,
        RFS,
        OS_INFUSION,
        EFS_INFUSION,
        B_CELL_APLASIA,
        OS_HSCT,
        RFS_HSCT,
        CIR_HSCT,
        OS_AFTER_HSCT_RELAPSE,
    )
}

"""What can be asked: plans and strata by name, for forms of web processes, which do not load the study.

The study decides; a test keeps this list equal to it.
"""

from collections.abc import Iterable

PLANS = {
    "post_cart_relapse": "Relapse after CD19 CAR T: the founding analysis",
    "post_infusion": "Outcome after the index infusion",
    "post_transplant": "Outcome after the first transplant",
}

#: Stratum -> label; a plan refuses those that are not known at its time zero, and says why.
STRATA = {
    "sex": "Sex at birth",
    "age_group": "Age",
    "site": "Site of treatment",
    "disease": "Disease",
    "protocol": "Protocol",
    "product": "CAR T product",
    "relapse_timing": "Timing of relapse",
    "cd19_status": "CD19 at relapse",
    "prior_hsct": "Transplant before",
    "hsct_status": "Status at transplant",
    "cr_number": "Number of the remission",
    "donor": "Donor",
    "graft": "Graft",
    "conditioning": "Conditioning",
    "year_group": "Calendar years",
}

_AT_RELAPSE = {"relapse_timing", "cd19_status"}
_AT_INFUSION = {"protocol", "product"}
_AT_TRANSPLANT = {"hsct_status", "cr_number", "donor", "graft", "conditioning"}
#: Strata that no analysis of the plan knows at its time zero.
NOT_KNOWN = {
    "post_cart_relapse": frozenset(_AT_TRANSPLANT),
    "post_infusion": frozenset(_AT_RELAPSE | _AT_TRANSPLANT),
    "post_transplant": frozenset(_AT_INFUSION | {"relapse_timing"}),
}


def not_known(plan: str, by: Iterable[str]) -> list[str]:
    """Which of these strata the plan cannot use."""
    return [stratum for stratum in by if stratum in NOT_KNOWN[plan]]

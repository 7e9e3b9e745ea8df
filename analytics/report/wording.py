"""Numbers as people read them: percentages, months, P values. One place: page, figure and report agree.

Percentages are rounded half up to one decimal from the exact ratio; P values print as `<.0001` or three
decimals, four near .01 and .05 (ENDPOINTS 5, F23; STATISTICS 4). A missing value prints as a dash, a median that is
not reached as `NR`, a withheld count as `withheld`.
"""

import re
from typing import Any

from analytics.stats.wording import number_text, p_text, percent_text

DAYS_PER_MONTH = 30.4375
DASH = "–"
NOT_REACHED = "NR"
WITHHELD = "withheld"

#: Words for codes and keys that stand alone; anything else is shown as its key with spaces.
WORDS = {
    "all": "All",
    "M": "Male",
    "F": "Female",
    "Y": "Yes",
    "N": "No",
    "relapse": "Relapse",
    "nrm": "Death without relapse",
    "recovery": "Recovery",
    "competing": "Competing event",
    "cr_rate": "Complete remission rate",
    "cr_rate_d28": "Complete remission at day 28",
    "cr_rate_mrd_neg": "MRD-negative complete remission",
    "cr_rate_eliana": "Remission kept (ELIANA definition)",
    "relapse_rate": "Relapse rate",
    "cir_relapse": "Cumulative incidence of relapse",
    "time_to_relapse": "Time from infusion to relapse",
    "age_at_relapse": "Age at relapse",
    "prior_hsct_at_relapse": "Transplant before relapse",
    "prior_hsct_pre_cart": "Transplant before CAR T",
    "relapse_site": "Site of relapse",
    "marrow_involved": "Marrow involved at relapse",
    "os_relapse": "Overall survival after relapse",
    "follow_up": "Follow-up",
    "os_relapse_by_timing": "Overall survival after relapse, by timing",
    "salvage_response": "Response to first salvage",
    "efs_salvage_by_type": "Event-free survival after salvage, by type",
    "hsct_after_relapse": "Transplant after relapse",
    "os_hsct_by_prior_hsct": "Overall survival after transplant, by earlier transplant",
    "hsct_outcome": "Outcome after transplant",
    "os_hsct": "Overall survival after transplant",
    "rfs_hsct": "Relapse-free survival after transplant",
    "cir_hsct": "Cumulative incidence of relapse after transplant",
    "os_after_hsct_relapse": "Overall survival after post-transplant relapse",
    "os_infusion": "Overall survival after infusion",
    "efs_infusion": "Event-free survival after infusion",
    "rfs": "Relapse-free survival",
    "cir": "Cumulative incidence of relapse",
    "nrm_curve": "Death without relapse",
    "b_cell_aplasia": "B-cell aplasia",
    "toxicity": "Severe toxicity",
    "table1": "Patients",
    "BM_ISO": "Marrow alone",
    "CNS_ISO": "CNS alone",
    "TESTIS_ISO": "Testis alone",
    "EM_OTHER_ISO": "Other site alone",
    "EM_MULTI": "Several sites, no marrow",
    "COMBINED": "Marrow and other site",
    "ALIVE_CR": "Alive in remission",
    "RELAPSE": "Relapse",
    "PERSISTENT": "Persistent disease",
    "NRM": "Death without relapse",
    "ALIVE_UNKNOWN": "Alive, state unknown",
    "CART_CD19": "CD19 CAR T",
    "CART_OTHER": "Other CAR T",
    "INO": "Inotuzumab",
    "BLINA": "Blinatumomab",
    "TARGETED": "Targeted drugs",
    "CHEMO": "Chemotherapy",
    "RT_LOCAL": "Local radiotherapy",
    "OTHER": "Other",
    "age_years": "Age, years",
    "before_remission": "Not in remission",
    "in_remission": "In remission",
    "relapsed": "Relapsed",
    "after_hsct": "Transplanted after relapse",
    "dead": "Dead",
    "cohort_flow": "Flow of patients",
    "prior_hsct": "Prior transplant",
    "relapse_timing": "Relapse timing",
    "cd19_status": "CD19 status",
    "NEG": "Negative",
    "POS": "Positive",
    "SWITCH": "Lineage switch",
    "GLOBAL": "All terms",
    "hazard_ratio": "Hazard ratio",
    "ph_chisq": "PH test, chi-square",
    "ph_p": "PH test, P",
    "p": "P",
    "n": "n",
    "term": "Characteristic",
    "std_err": "Standard error",
    "mean_days": "Mean, days",
    "difference_days": "Difference, days",
    "exposed": "Ever exposed",
    "hsct": "Transplant",
    "hsct_consol": "Transplant in remission",
    "states": "Where patients are after infusion",
    "swimmer": "Course of each patient after relapse",
    "EARLY": "Early",
    "LATE": "Late",
    "post_cart_relapse": "Relapse after CAR T",
    "post_infusion": "After infusion",
    "post_transplant": "After transplant",
}


TESTS = {"logrank": "Log-rank", "gray": "Gray"}


def words(key: str) -> str:
    """A key or code in words; crossed groups keep their slash."""
    if " / " in key:
        return " / ".join(words(part) for part in key.split(" / "))
    if key in WORDS:
        return WORDS[key]
    return key if key.isupper() or not key.isidentifier() else key.replace("_", " ").capitalize()


def term(text: str) -> str:
    """A term of a regression, `prior_hsct Y v N`, with its codes in words; other text stays as it is."""
    return " ".join(WORDS.get(part, part.replace("_", " ")) for part in text.split(" "))


CODE = re.compile(r"'(\w+)'|\b([A-Za-z]\w*_\w+|[A-Z][A-Z0-9]*)\b")


def prose(text: str) -> str:
    """A sentence of the study with its keys and codes in words: `fewer than 10 in M, F`, `prior_hsct Y v N`."""

    def said(found: re.Match[str]) -> str:
        quoted, bare = found.groups()
        if quoted:
            return _within(words(quoted))
        return WORDS.get(bare, bare) if bare.isupper() else _within(words(bare))

    return CODE.sub(said, text)


def _within(phrase: str) -> str:
    """As it stands within a sentence: `CD19 status` keeps its capitals."""
    return phrase if phrase[1:2].isupper() else f"{phrase[:1].lower()}{phrase[1:]}"


#: Reasons to leave a patient out that are rules, in words; others are words already.
RULES = {
    "A02": "a date is known to the year only, or not at all",
    "A10": "no response to this salvage line is on file",
    "A12": "no disease evaluation since time zero",
    "A13": "death of unknown disease state and cause",
    "UNK": "the answer is unknown",
    "DELETE": "asked for deletion",
}


def reason(code: str) -> str:
    """Why a patient is left out: `open error of check H20`."""
    if code in RULES:
        return f"{RULES[code]}, rule {code}" if code[1:].isdigit() else RULES[code]
    return f"open error of check {code}" if re.fullmatch(r"[HW]\d+", code) else words(code)


def rounded(value: float | None, decimals: int = 1) -> str:
    """A number with fixed decimals, half up from its exact value; a dash when there is none."""
    if value is None:
        return DASH
    return number_text(value, places=decimals)


def percent(share: float | None) -> str:
    return DASH if share is None else f"{rounded(share * 100)} %"


def ratio_percent(x: int | None, n: int | None) -> str:
    """A percentage from the exact ratio, so that 37 of 85 never depends on a rounding of a rounding."""
    if x is None or not n:
        return DASH
    return f"{percent_text(x, n)} %"


def interval(lower: float | None, upper: float | None, *, scale: float = 1.0) -> str:
    """Confidence limits in brackets; nothing when neither is known."""
    if lower is None and upper is None:
        return DASH
    return f"{_limit(lower, scale)} to {_limit(upper, scale)}"


def _limit(value: float | None, scale: float) -> str:
    return NOT_REACHED if value is None else rounded(value * scale)


def months(days: float | None) -> str:
    """A read-off time in months, `NR` when the curve does not come down to it."""
    return NOT_REACHED if days is None else rounded(days / DAYS_PER_MONTH)


def p_value(p: float | None) -> str:
    return DASH if p is None else p_text(p)


def count(value: Any) -> str:
    """A count; one withheld arrives as None - not as `<5`, for its complement may be what is small."""
    return WITHHELD if value is None else f"{value:,}"


def comparison(found: dict[str, Any] | None) -> str:
    """A test in one phrase: `Log-rank P <.0001`; empty when none was made."""
    if not found:
        return ""
    before, after = comparison_parts(found)
    return before + (p_value(found["p"]) if after is None else after)


def comparison_parts(found: dict[str, Any]) -> tuple[str, str | None]:
    """The words before the P value, and those in its place when the test was not made (else None)."""
    test = TESTS.get(found["test"], found["test"])
    if found.get("p") is None:
        return test, ": not tested" + (f" ({found['reason']})" if found.get("reason") else "")
    return f"{test} P {'' if found['p'] < 0.0001 else '= '}", None

"""Keys and codes as people read them: the study's own words, the names of strata, the labels of the dictionary.

Results keep their codes (the contract fixes them); words are put on where people read. A code means something only
within its list - `MAC` may be a site and is a conditioning - so levels are named by their stratum: `in_words` does
it for a whole answer, before pages, figures, headlines and reports are made of it.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from analytics.questions import STRATA
from registry.dictionary.codelists import all_lists, code_list

#: Words for keys and for the codes that the study forms itself; what the dictionary names is named there.
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
    "follow_up_spread": "Length of follow-up",
    "reverse_km": "All, reverse Kaplan-Meier",
    "survivors": "Survivors, last day known alive",
    "salvage_baseline": "Patients by type of salvage, at its start",
    "days_to_salvage": "Days from relapse to salvage",
    "rfs_hsct_post": "Relapse-free survival after the transplant",
    "hsct_outcome_detail": "Outcome after transplant, the living and the dead",
    "RELAPSE_OR_PERSISTENT": "Relapse or persistent disease",
    "attributed_to_hsct": "Of the dead, attributed to the transplant",
    "cir_hsct_post": "Relapse and death without relapse after the transplant",
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
    "year": "Calendar year",
    "before_remission": "Not in remission",
    "in_remission": "In remission",
    "relapsed": "Relapsed",
    "after_hsct": "Transplanted after relapse",
    "dead": "Dead",
    "cohort_flow": "Flow of patients",
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

#: Which list of the dictionary holds the levels of a stratum; sites, protocols and years are called as they are.
LISTS = {
    "sex": "sex_at_birth",
    "disease": "disease",
    "product": "product_code",
    "hsct_status": "status_at_hsct",
    "donor": "donor",
    "graft": "graft",
    "conditioning": "conditioning",
}
CROSSED = " / "


@cache
def _labels() -> dict[str, str]:
    """Labels of the codes that can be nothing else: of two words, and called the same in every list."""
    found: dict[str, set[str]] = {}
    for one in all_lists().values():
        for entry in one.codes:
            found.setdefault(entry.code, set()).add(entry.label)
    return {code: min(labels) for code, labels in found.items() if "_" in code and len(labels) == 1}


def words(key: str) -> str:
    """A key or code in words; crossed groups keep their slash."""
    if CROSSED in key:
        return CROSSED.join(words(part) for part in key.split(CROSSED))
    if key in WORDS:
        return WORDS[key]
    if key.isupper():
        return _labels().get(key, key)
    if not key.isidentifier() or not key.islower():  # words already
        return key
    return stratum(key) if "_" in key else capital(key)


#: Abbreviations within keys.
SHORT = {one.lower(): one for one in ("CI", "CR", "D28", "HSCT", "ID", "MRD")}


def stratum(key: str) -> str:
    """What groups are made of: `Timing of relapse`."""
    return STRATA.get(key) or WORDS.get(key) or capital(" ".join(SHORT.get(part, part) for part in key.split("_")))


def capital(text: str) -> str:
    """With a capital first letter, the others as they are: `Simon-Makuch` keeps both of its own."""
    return f"{text[:1].upper()}{text[1:]}"


def within(phrase: str) -> str:
    """As it stands within a sentence: `CD19 at relapse` and `B-cell recovery` keep their capitals."""
    return f"{phrase[:1].lower()}{phrase[1:]}" if phrase[1:2].islower() or phrase[1:2] == " " else phrase


def compared_by(by: Sequence[str]) -> str:
    """`, by sex at birth and CD19 at relapse`; empty for all patients together."""
    return f", by {' and '.join(within(stratum(key)) for key in by)}" if by else ""


# Levels of strata ---------------------------------------------------------------------------------


def level(of: str, code: str) -> str:
    """A level of a stratum as the dictionary calls it."""
    if of not in LISTS:
        return code
    found = code_list(LISTS[of])
    return found.label(code) if code in found else code


def label(text: str, by: Sequence[str]) -> str:
    """The label of a group of these strata, level by level."""
    parts = text.split(CROSSED)
    if len(parts) != len(by):
        return text
    return CROSSED.join(level(of, part) for of, part in zip(by, parts, strict=True))


def in_words(answer: Mapping[str, Any], by: Sequence[str]) -> dict[str, Any]:
    """Attrition and results with the groups of these strata by name."""
    return {**answer, "results": {key: result_in_words(result, by) for key, result in answer["results"].items()}}


def result_in_words(result: Mapping[str, Any], by: Sequence[str]) -> dict[str, Any]:
    """The same of one result."""
    if "groups" in result:
        return {**result, "groups": [{**group, "label": label(group["label"], by)} for group in result["groups"]]}
    columns = list(result.get("columns", ()))
    if "group" not in columns:
        return dict(result)
    place = columns.index("group")
    return {**result, "rows": [[*row[:place], label(row[place], by), *row[place + 1 :]] for row in result["rows"]]}


def readings_in_words(readings: Mapping[str, Any], by: Sequence[str]) -> dict[str, Any]:
    """What is said beside the results, with its groups by name."""

    def told(one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "result": result_in_words(one["result"], by)} if one.get("result") else dict(one)

    def banded(one: Mapping[str, Any]) -> dict[str, Any]:
        return {**one, "readings": [{**each, "group": label(each["group"], by)} for each in one["readings"]]}

    return {
        **readings,
        "sensitivity": [told(one) for one in readings["sensitivity"]],
        "date_bands": [banded(one) for one in readings["date_bands"]],
        "restricted_means": [result_in_words(one, by) for one in readings["restricted_means"]],
    }


# Sentences ----------------------------------------------------------------------------------------


def term(text: str) -> str:
    """A term of a regression, `prior_hsct Y v N`, in words: `Prior transplant: Yes v No`."""
    of, *rest = text.split(" ")

    def named(code: str) -> str:
        said = level(of, code)
        return WORDS.get(said) or (_labels().get(said, said) if said.isupper() else said.replace("_", " "))

    levels = " ".join(map(named, rest))
    return f"{stratum(of)}: {levels}" if of in STRATA and levels else " ".join(filter(None, [named(of), levels]))


#: Sentences of the study that read better in other words.
SENTENCES = {"asked for no deletion": "did not ask for deletion"}
#: Codes within sentences that stand alone as something else.
IN_SENTENCES = {"PRIMARY": "primary", "REGISTRY": "registry consent", "WAIVER": "waiver", "UNK": "unknown"}
CODE = re.compile(r"'(\w+)'|\b([A-Za-z]\w*_\w+|[A-Z][A-Z0-9]*)\b")


def prose(text: str, by: Sequence[str] = ()) -> str:
    """A sentence of the study with its keys and codes in words: `fewer than 10 in M, F`, `prior_hsct Y v N`."""

    def said(found: re.Match[str]) -> str:
        quoted, bare = found.groups()
        if quoted:
            return within(words(quoted))
        named = next((level(of, bare) for of in by if level(of, bare) != bare), "")
        if not bare.isupper():
            return within(words(bare))
        return named or IN_SENTENCES.get(bare) or words(bare)

    return SENTENCES.get(text) or CODE.sub(said, text.replace("`", ""))


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
    return f"open error of check {code}" if re.fullmatch(r"[HW]\d+", code) else prose(code)

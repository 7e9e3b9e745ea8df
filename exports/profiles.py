"""What happens to a value before it leaves, decided by its privacy class and the tier of the export.

A class decides for all its items but the quasi-identifiers: each of them is decided by name, and one that is
not named here cannot be exported at all (a test names it). Whatever is not a known item never leaves.
Sources: data dictionary 1.5; 45 CFR 164.514(b)(2) and (e); RELIABILITY EXP-01 to EXP-04.
"""

from dataclasses import dataclass

from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import CLINICAL, DATE, DIRECT, FREE_TEXT, NONE, QUASI, Kind

T1, T2, T3 = "T1", "T2", "T3"
TIERS = (T1, T2, T3)


@dataclass(frozen=True)
class Treatment:
    """What is done to a value; `words` stand beside the column in the dictionary of the export."""

    key: str
    words: str


KEEP = Treatment("keep", "")
DROP = Treatment("drop", "left out")
DAYS = Treatment("days", "whole days since day 0 instead of the date; a date known to the month is rounded to 30 "
                 "days, one known to the year to 365")  # fmt: skip
CODED = Treatment("coded", "a code of this agreement instead of the name")
YEARS = Treatment("years", "whole years; 90 stands for 90 and more")
FIVES = Treatment("fives", "rounded to the nearest 5")

#: (privacy class) -> treatment at T1, T2, T3.
BY_CLASS = {
    DIRECT: (DROP, DROP, DROP),
    FREE_TEXT: (DROP, DROP, DROP),
    DATE: (DAYS, KEEP, KEEP),
    CLINICAL: (KEEP, KEEP, KEEP),
    NONE: (KEEP, KEEP, KEEP),
}
_CODED_PLACE = (CODED, CODED, KEEP)
_CODED_TRIAL = (CODED, KEEP, KEEP)
_OWN_ONLY = (DROP, DROP, KEEP)
#: Every quasi-identifier: (entity, item) -> treatment at T1, T2, T3.
BY_NAME = {
    ("site", "code"): _CODED_PLACE,
    ("site", "name"): _OWN_ONLY,
    ("site", "country"): (DROP, KEEP, KEEP),
    ("site", "cibmtr_ccn"): _OWN_ONLY,
    ("site", "ebmt_cic"): _OWN_ONLY,
    ("protocol", "short_code"): _CODED_TRIAL,
    ("protocol", "registry_number"): (DROP, KEEP, KEEP),
    ("protocol", "title"): (DROP, KEEP, KEEP),
    ("patient", "site"): _CODED_PLACE,
    ("patient", "sex_at_birth"): (KEEP, KEEP, KEEP),
    ("patient", "race"): (KEEP, KEEP, KEEP),
    ("patient", "ethnicity"): (KEEP, KEEP, KEEP),
    ("patient", "country_residence"): (DROP, KEEP, KEEP),
    ("enrollment", "protocol"): _CODED_TRIAL,
    ("infusion", "site"): _CODED_PLACE,
    ("infusion", "protocol"): _CODED_TRIAL,
    ("infusion", "weight_kg"): (FIVES, KEEP, KEEP),
    ("hsct", "site"): _CODED_PLACE,
    ("hsct", "age_at_hsct"): (YEARS, YEARS, KEEP),
    ("salvage", "trial"): _OWN_ONLY,
    ("subsequent_malignancy", "icdo3"): _OWN_ONLY,
}


class Undecided(LookupError):
    """A quasi-identifier nobody has decided about; it must be named in `exports.profiles`."""


def treatment(entity: EntitySpec, item: ItemSpec, tier: str) -> Treatment:
    """What happens to an item at a tier. Typed text leaves with a site's own patients only: it may hold a name."""
    place = TIERS.index(tier)
    if item.item.privacy is QUASI:
        if (entity.slug, item.name) not in BY_NAME:
            raise Undecided(f"{entity.slug}.{item.name} is a quasi-identifier: decide on it in exports/profiles.py")
        return BY_NAME[entity.slug, item.name][place]
    chosen = BY_CLASS[item.item.privacy][place]
    if item.kind is Kind.TEXT and tier != T3 and chosen is KEEP:
        return DROP
    if item.kind is Kind.DATE and tier == T1 and chosen is KEEP:
        return DROP  # a day of a site or protocol: no date at all leaves at T1
    return chosen


def is_coded(slug: str, tier: str) -> bool:
    """Whether a site or protocol is told by a code of the agreement: as an infusion tells it."""
    return BY_NAME["infusion", slug][TIERS.index(tier)] is CODED


def describe(tier: str) -> list[str]:
    """The rules of a tier in words, for the manifest."""
    shared = "Direct identifiers, typed prose and birth dates are in no export."
    ids = "Patient and row ids are keyed hashes of this agreement; ids of other agreements are unrelated."
    told = {
        T1: (
            "Dates are whole days since day 0: the index infusion, else the first HSCT, else the diagnosis.",
            "Ages are whole years, 90 for 90 and more; calendar years are bands of five.",
            "Sites and protocols are codes of this agreement; typed text, country and dates of sites are left out.",
            ids,
        ),
        T2: (
            "Dates are true dates with their precision; ages are whole years.",
            "Sites are codes of this agreement; typed text about patients is left out.",
            ids,
        ),
        T3: ("The agreement's own site only: true dates, registry ids, ages in days.",),
    }
    return [*told[tier], shared]

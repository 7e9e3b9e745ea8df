"""Every rule of the data dictionary has its check: the numbers it gives, and what it states without a number."""

import pytest

import registry.checks  # noqa: F401 - declares the checks
from registry.checks.engine import CHECKS, ERROR, FLAG, WARNING

#: Number -> section of the data dictionary that states it.
NUMBERED = {
    "H01": "1.3, 5", "H02": "1.3, 5", "H10": "4.1, 4.4, 5", "H11": "4.2, 5", "H12": "4.2, 5", "H13": "4.2, 5",
    "H14": "4.3", "H15": "4.3, 5", "H16": "4.5", "H17": "4.5", "H20": "4.6, 5", "H21": "4.6", "H22": "4.7",
    "H23": "4.8, 5", "H30": "4.9", "H32": "4.9", "H35": "4.10, 5", "H37": "4.10, 5", "H38": "4.10, 5",
    "H41": "4.1, 4.14, 5", "H45": "4.13", "H46": "4.13, 5", "H50": "4.14, 5", "H52": "4.14, 5", "H53": "4.14, 5",
    "H56": "4.15, 5", "H57": "4.15", "H58": "4.15, 5", "H60": "4.16, 5", "H61": "4.16, 5", "H66": "4.17, 5",
    "H67": "4.17, 5", "H70": "5",
    "W01": "1.5", "W10": "4.6, 5", "W12": "4.5, 5", "W31": "4.9, 5", "W36": "4.10, 5", "W39": "4.10, 5",
    "W40": "4.12", "W47": "4.13", "W51": "4.14, 5", "W54": "4.14", "W62": "4.16", "W63": "4.16", "W65": "4.17",
    "W68": "5", "W69": "5", "W71": "5", "W72": "5", "W73": "5", "W74": "5",
    "A01": "1.3, 5", "A02": "1.3, 5", "A10": "4.15, 5", "A11": "5", "A12": "5", "A13": "5", "A14": "5",
}  # fmt: skip

#: What is stated without a number -> (section, the number given here). Once given, a number stays.
UNNUMBERED = {
    "a number outside its plausible range": ("4, 5", "W00"),
    "MRD POS_QUANT needs a value": ("4.11", "H39"),
    "a second PRIMARY infusion, of a different product": ("5", "W80"),
    "CR before day 7 after infusion": ("5", "W81"),
    "salvage up to 7 days early, on suspicion": ("4.15", "W82"),
    "birth before 1982": ("4.1", "W83"),
    "age at diagnosis over 30": ("4.4", "W84"),
    "month precision of the death date": ("1.3, 4.17", "W85"),
    "last fraction within 28 days of the first": ("4.6", "W86"),
    "apheresis before infusion, at most 18 months": ("4.6", "W87"),
    "two HSCT within 30 days": ("4.9", "W88"),
    "AUTO in B-ALL": ("4.9", "W89"),
    "cyto_group agrees with the lesions": ("4.4", "W90"),
    "no relapse before CAR T requires refractory disease": ("4.4", "W91"),
    "site_other Y needs its text": ("4.14", "W92"),
    "marrow below 1 % and level not MRD": ("4.14", "W93"),
    "engraftment on or after the HSCT": ("4.9", "W94"),
    "cr_number is prior relapses + 1": ("4.9", "W95"),
    "consent not after entry of the first clinical record": ("4.2", "W96"),
    "nci_risk by age and white cells": ("4.4", "W97"),
    "infusion since 2010": ("4.6", "W98"),
    "age-weight outliers": ("4.6", "W99"),
    "pre-infusion assessment -60 to 0 days": ("4.7", "W100"),
    "CD19 NEG before infusion": ("4.7", "W101"),
    "LANSKY below 16 years": ("4.7", "W102"),
    "performance score by tens": ("4.7", "W103"),
    "lymphodepletion stopped more than 14 days before": ("4.8", "W104"),
    "windows of D100, M6 and the first year": ("4.10", "W105"),
    "mrd_status by its linked tests": ("4.10", "W106"),
    "NEG with sensitivity worse than 0.01 %": ("4.11", "W107"),
    "CRS onset after 30 d, ICANS after 60 d": ("4.13", "W108"),
    "ICE/CAPD tool fits the age": ("4.13", "W109"),
    "grade consistent with ASTCT": ("4.13, 6.4", "W110"),
    "contact later than the last": ("4.16", "W111"),
    "site active_from, active_to": ("3.1", "W112"),
    "protocol opened_on, closed_on": ("3.2", "W113"),
    "registry number NCT + 8 digits": ("3.2", "W114"),
}

#: Rules that are no check of one chart, with the place where they are kept and why.
ELSEWHERE = {
    "H12": "a gate of export: whether a patient may leave says nothing about the chart (4.2)",
    "H13": "a gate of export: whether a patient may leave says nothing about the chart (4.2)",
    "W01": "compares patients with each other, while a check reads one chart: the search for duplicates (1.5)",
}
SEVERITIES = {"H": ERROR, "W": WARNING, "A": FLAG}


@pytest.mark.parametrize("rule", NUMBERED)
def test_every_number_of_the_dictionary_has_its_check(rule: str) -> None:
    if rule in ELSEWHERE:
        assert rule not in CHECKS, f"{rule} is built as a check: take it out of ELSEWHERE"
        return

    assert rule in CHECKS, f"Build {rule} (data dictionary {NUMBERED[rule]}) in registry/checks"
    assert CHECKS[rule].severity == SEVERITIES[rule[0]]


@pytest.mark.parametrize("words", UNNUMBERED)
def test_what_has_no_number_has_its_check(words: str) -> None:
    section, rule = UNNUMBERED[words]

    assert rule in CHECKS, f"Build {rule} ({words}; data dictionary {section}) in registry/checks"


def test_every_check_is_of_the_dictionary() -> None:
    stated = set(NUMBERED) | {rule for _section, rule in UNNUMBERED.values()}

    assert set(CHECKS) <= stated, "Add the rule to NUMBERED or UNNUMBERED with its section"
    assert set(ELSEWHERE) <= set(NUMBERED)


@pytest.mark.parametrize("rule", [one for one in NUMBERED if one not in ELSEWHERE])
def test_check_names_the_sections_that_state_it(rule: str) -> None:
    cited = CHECKS[rule].source.replace("(", " ").replace(",", " ").split()

    assert set(NUMBERED[rule].split(", ")) <= set(cited), f"{rule}: {CHECKS[rule].source}"

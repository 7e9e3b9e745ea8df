"""MRD tests: a level where one was measured, and how far a negative result reaches (data dictionary 4.11)."""

from collections.abc import Iterator
from decimal import Decimal

from registry.checks.case import Case, Row
from registry.checks.compare import surely_at_least, surely_below
from registry.checks.engine import ERROR, WARNING, Hit, check, hit

#: The cut-off of MRD negativity, and the sensitivity a test must reach to show it (percent; 10^-4).
CUT_OFF_PCT = 0.01
#: Reasons for an absent level that contradict a quantified result no less than a blank.
NO_LEVEL = frozenset({"", "ND", "NA"})


def sensitive(row: Row) -> bool | None:
    """Whether the test can find 0.01 %; None where its sensitivity is not known."""
    return Decimal(row.sensitivity_pct) <= Decimal(str(CUT_OFF_PCT)) if row.sensitivity_pct is not None else None


def mrd_negative(row: Row) -> bool | None:
    """Below 0.01 % by a test that can find 0.01 %; None where the result or the sensitivity leaves it open.

    Source: data dictionary 4.11 (MRD-negative default; "negative with insufficient sensitivity" is open).
    """
    if row.result == "NEG":
        return True if sensitive(row) else None
    if row.result not in ("POS_QUANT", "POS_BELOW_QUANT"):
        return None
    if surely_at_least(row, "value_pct", CUT_OFF_PCT):
        return False
    return True if surely_below(row, "value_pct", CUT_OFF_PCT) and sensitive(row) else None


@check("H39", ERROR, "A quantified MRD has its level.", source="data dictionary 4.11")
def quantified_mrd_has_a_level(case: Case) -> Iterator[Hit]:
    """`UNK` and `PEND` are answers: the report is lost, or to come. A blank is none, nor are `ND` and `NA`."""
    for row in case.of("mrd"):
        if row.result == "POS_QUANT" and row.value_pct is None and row.why_missing("value_pct") in NO_LEVEL:
            words = "Positive and quantified, but without a level. Enter it, or code POS_BELOW_QUANT."
            yield hit(row, "value_pct", words, (row, "result"))


@check(
    "W106",
    WARNING,
    "The MRD of an assessment agrees with its marrow tests.",
    source="data dictionary 4.10, 4.11",
)
def assessment_agrees_with_its_tests(case: Case) -> Iterator[Hit]:
    """Only tests that hang on the assessment. POS with every test below 0.01 %, NEG with one at or above it."""
    tested = {row.parents.get("response") for row in case.of("mrd")} - {None}
    for row in case.of("response") if tested else ():
        tests = [one for one in case.children("mrd", row) if one.specimen == "BM"] if row.id in tested else []
        negative = [mrd_negative(one) for one in tests]
        against = (row.mrd_status == "NEG" and False in negative) or (
            row.mrd_status == "POS" and bool(tests) and all(negative)
        )
        if against:
            words = f"MRD {row.mrd_status}, but the marrow test(s) of this assessment say otherwise."
            columns = ("result", "value_pct", "sensitivity_pct", "specimen", "response")
            yield hit(row, "mrd_status", words, *((one, column) for one in tests for column in columns))


@check(
    "W107",
    WARNING,
    "A negative MRD test can find 0.01 %.",
    source="data dictionary 4.11",
)
def negative_test_is_sensitive(case: Case) -> Iterator[Hit]:
    """A test of 0.1 or 1 % that finds nothing counts as insufficient sensitivity, not as MRD-negative."""
    for row in case.of("mrd"):
        if row.result == "NEG" and sensitive(row) is False:
            words = f"Negative by a test that finds {row.sensitivity_pct} % at best: not MRD-negative."
            yield hit(row, "sensitivity_pct", words, (row, "result"))

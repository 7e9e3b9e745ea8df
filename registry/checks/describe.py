"""The edit checks as a page: `python -m registry.checks.describe > docs/checks.md`."""

import inspect

import registry.checks  # noqa: F401 - declares the checks
from registry.checks.engine import CHECKS, ERROR, FLAG, WARNING, Check

HEAD = """# Edit checks

Generated from the declarations in `registry/checks/`; do not edit. Write it anew with
`python -m registry.checks.describe > docs/checks.md`. Charts that pass and charts that fail stand in
`tests/spec/checks/`.

- **Error**: impossible or contradictory. The row stays a draft, and the patient leaves every endpoint that
  reads one of the columns the finding names.
- **Warning**: unusual. The row becomes complete once somebody acknowledges the warning with a reason.
- **Flag**: acceptable, but an endpoint cannot be computed or needs an assumption. Listed with outcomes.

Dates known to the month or year are intervals: a rule fires only if no possible pair of true dates keeps it;
an order that the dates leave open is flag A01. Checks ask only of rows that exist: a patient with a diagnosis
alone, or with a transplant and no infusion, is a valid chart. A finding without a row (W73, W114, A12) is about
the chart as a whole. H12 and H13 are gates of export, no findings; W01 (duplicates) compares patients with each
other and is no check of one chart. W00 reads the plausible range of every number. H39 and W80 and above are rules
that the data dictionary states without a number. A number once given is never given to another rule.
"""

TITLES = {ERROR: "Errors", WARNING: "Warnings", FLAG: "Flags"}


def document() -> str:
    """The whole page: one table per severity, in order of the numbers."""
    return "\n".join([HEAD, *(_section(severity, title) for severity, title in TITLES.items())])


def _section(severity: str, title: str) -> str:
    rows = [_row(one) for one in sorted(CHECKS.values(), key=_number) if one.severity == severity]
    return "\n".join(
        [
            f"## {title} ({len(rows)})",
            "",
            "| Rule | Says | How it is read | Source |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _number(declared: Check) -> int:
    return int(declared.rule[1:])


def _row(declared: Check) -> str:
    reading = " ".join((inspect.getdoc(declared.look) or "").split())
    return f"| {declared.rule} | {declared.sentence} | {reading} | {declared.source} |"


if __name__ == "__main__":
    print(document(), end="")

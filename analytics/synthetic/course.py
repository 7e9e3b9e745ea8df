"""The course of one synthetic patient in whole days: what happened and when, before any chart is written.

Nothing here describes a real person. Days count from the index infusion (`Course`) or from the relapse, or
the failed response, that opens the aftermath (`Aftermath`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

#: Data cut-off of the demonstration: nothing in a synthetic chart is dated later.
CUTOFF = date(2022, 12, 31)
FIRST_INFUSION = date(2012, 4, 1)
LAST_INFUSION = date(2019, 12, 31)

# Kinds of aftermath. The first word says what decided it.
UNTREATED = "UNTREATED"  # died or went to comfort care without another line
PALLIATIVE = "PALLIATIVE"  # one line without curative intent, then death
EARLY_DEATH = "EARLY_DEATH"  # died during line 1, before it was assessed
FAILED = "FAILED"  # line 1 failed, died of disease
CR_RELAPSE = "CR_RELAPSE"  # remission, then another relapse, no transplant
CR_DEATH = "CR_DEATH"  # remission, then death without relapse, no transplant
CR_ALIVE = "CR_ALIVE"  # remission that lasts, no transplant
LATE_CR_ALIVE = "LATE_CR_ALIVE"  # line 1 failed, remission with line 2 that lasts, no transplant
HSCT_CR = "HSCT_CR"  # transplant, alive in remission
HSCT_RELAPSE = "HSCT_RELAPSE"  # transplant, then relapse
HSCT_DEATH = "HSCT_DEATH"  # transplant, then death of its complications
TRANSPLANTED = (HSCT_CR, HSCT_RELAPSE, HSCT_DEATH)

REMISSION, ACTIVE = "CR", "ACTIVE"


@dataclass
class Line:
    """One line of salvage therapy; `response` is blank when the patient died before it could be assessed."""

    start: int
    category: str
    intent: str = "CURATIVE"
    assessed: int | None = None
    response: str = ""

    @property
    def failed(self) -> bool:
        return self.response in {"NR", "PD"}


@dataclass
class Aftermath:
    """What followed a relapse (or a failed infusion): days from it, `end` the death or the last contact."""

    kind: str
    end: int
    dead: bool
    lines: list[Line] = field(default_factory=list)
    transplant: int | None = None
    relapse: int | None = None  # the next relapse
    rescue: Line | None = None  # the line for that next relapse
    reason_untreated: str = ""

    def efs(self) -> tuple[int, bool] | None:
        """Days from line 1 to failure, next relapse or death, and whether it came; None: not analysed."""
        if not self.lines or self.lines[0].intent == "PALLIATIVE":
            return None
        first = self.lines[0]
        ends = [day for day in (first.assessed if first.failed else None, self.relapse) if day is not None]
        if self.dead:
            ends.append(self.end)
        return (min(ends) - first.start, True) if ends else (self.end - first.start, False)

    def survival_after_transplant(self) -> tuple[int, bool]:
        """Days from the transplant to death or last contact, and whether it was death."""
        if self.transplant is None:
            raise ValueError(f"{self.kind} has no transplant")
        return self.end - self.transplant, self.dead


@dataclass
class Course:
    """One infused patient: calendar day 0, age, response, relapse and aftermath, last day."""

    number: int
    day0: int  # proleptic ordinal of the index infusion
    age_days: int
    sex: str
    end: int
    dead: bool
    cr_day: int | None = None
    late_cr: bool = False  # PR on day 28, CR before day 100 without other treatment
    assessed: int | None = None  # first assessment of a patient without CR
    prior_transplant: bool = False
    consolidation: int | None = None
    reinfusion: int | None = None  # for B-cell recovery, in remission
    relapse: int | None = None
    aftermath: Aftermath | None = None
    death: tuple[str, str] = ("", "")  # cause, related to: of a death outside an aftermath

    @property
    def opened(self) -> int:
        """The day from which the aftermath counts."""
        day = self.relapse if self.relapse is not None else self.assessed
        if day is None:
            raise ValueError("no aftermath")
        return day

    def states(self) -> list[tuple[int, str]]:
        """Days on which the disease state became known to have changed, in order."""
        found: list[tuple[int, str]] = []
        if self.cr_day is not None:
            found.append((self.cr_day, REMISSION))
        if self.relapse is not None or self.assessed is not None:
            found.append((self.opened, ACTIVE))
        after = self.aftermath
        if after:
            lines = [*after.lines, *([after.rescue] if after.rescue else [])]
            found += [(self.opened + x.assessed, REMISSION) for x in lines if x.assessed and x.response == "CR"]
            if after.relapse is not None:
                found.append((self.opened + after.relapse, ACTIVE))
        return sorted(found)

    def state_on(self, day: int) -> tuple[int, str]:
        """Return (since when, state) on a day; blank before the first assessment."""
        known = [entry for entry in self.states() if entry[0] <= day]
        return known[-1] if known else (0, "")

    def transplants(self) -> list[tuple[int, str]]:
        """Transplants after the infusion, with the registry's reason."""
        found = []
        if self.consolidation is not None:
            found.append((self.consolidation, "CONSOL_CR"))
        if self.aftermath and self.aftermath.transplant is not None:
            found.append((self.opened + self.aftermath.transplant, "AFTER_SALVAGE"))
        return found

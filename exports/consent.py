"""Who may be in an export: the consents that gate it, and why everybody else stays out.

The gate reads the consents frozen in the snapshot and those that stand today: who has withdrawn since is in no
later export, of whatever snapshot. Where rows disagree the later one counts, on one day the stricter one. Who came
of age and is still to be asked stays in, by the consent that was given; who then declined or withdrew does not.
Source: data dictionary 4.2 (H12, H13), RELIABILITY PRV-04, PRV-05.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from exports.profiles import T3

REGISTRY = ("REGISTRY", "WAIVER")
OF_AGE = ("REGISTRY_AGE_OF_MAJORITY",)
SHARING = ("SHARING_EXTERNAL",)
GRANTED = ("GIVEN", "WAIVED")
WAITS = "PENDING_RECONSENT"
NO_CONSENT = "no active REGISTRY or WAIVER consent"
NO_SHARING = "no active SHARING_EXTERNAL consent"


@dataclass(frozen=True)
class Consent:
    """One row: what it covers, where it stands, the day it took effect, the day it was withdrawn."""

    patient: str
    kind: str
    status: str
    effective: date | None
    withdrawn: date | None

    @property
    def granted(self) -> bool:
        return self.status in GRANTED and self.withdrawn is None

    @property
    def _order(self) -> tuple[date, bool]:
        since = max(filter(None, (self.effective, self.withdrawn)), default=date.min)
        return since, not self.granted


def gate(consents: Iterable[Consent], *, tier: str) -> Mapping[str, str]:
    """Patient -> why they stay out, blank for those who may be exported; a patient without a row is not named."""
    by_patient: dict[str, list[Consent]] = {}
    for consent in consents:
        by_patient.setdefault(consent.patient, []).append(consent)
    return {patient: _why_not(rows, tier) for patient, rows in by_patient.items()}


def _why_not(rows: list[Consent], tier: str) -> str:
    asked = [row for row in rows if row.kind in OF_AGE and row.status != WAITS]
    if not _stands(rows, REGISTRY) or (asked and not _stands(asked, OF_AGE)):
        return NO_CONSENT
    if tier != T3 and not _stands(rows, SHARING):
        return NO_SHARING
    return ""


def _stands(rows: list[Consent], kinds: tuple[str, ...]) -> bool:
    """Whether the last row of these kinds grants."""
    mine = [row for row in rows if row.kind in kinds]
    return bool(mine) and max(mine, key=lambda row: row._order).granted

"""What a date box takes beyond the dates of files: `+28`, so many days after the patient's first infusion, and dates
as they are written locally (`03/2015`, `9 Mar 2015`, and `09/03/2015` where the site's order of day and month is set).
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from registry.dictionary.cells import CellError
from registry.dictionary.local_date import as_iso
from registry.models import CARTInfusion, Patient

_DAYS = re.compile(r"[+-]\d{1,5}")


@dataclass(frozen=True)
class DateBox:
    """How dates are read for one patient: day 0, and the order of day and month at the site ("": not known)."""

    index: date | None = None
    order: str = ""

    def written_out(self, text: str) -> str:
        """What was typed in the form that files use; CellError when it has no meaning or two."""
        days = text.strip()
        if not _DAYS.fullmatch(days):
            try:
                return as_iso(text, self.order)
            except ValueError as fault:
                raise CellError("type", str(fault)) from None
        if self.index is None:
            raise CellError("type", f"{days} counts from the first infusion, and there is none yet: write the date")
        try:
            return (self.index + timedelta(int(days))).isoformat()
        except OverflowError:
            raise CellError("range", f"{days} days from the infusion is impossible") from None


#: Before anything is known of a patient or a site.
PLAIN = DateBox()


def date_box(patient: Patient | None) -> DateBox:
    """The date box for this patient; for somebody not registered yet, or a reference row, that of the instance."""
    if patient is None or patient.pk is None:
        return DateBox(order=settings.DATE_ORDER.get("", ""))
    return DateBox(first_infusion(patient), settings.DATE_ORDER.get(patient.site.code, settings.DATE_ORDER.get("", "")))


def first_infusion(patient: Patient) -> date | None:
    """Day 0 of this patient; None before there is one."""
    dated = CARTInfusion.objects.filter(patient=patient, voided=False, infusion_date__isnull=False)
    return dated.order_by("infusion_date").values_list("infusion_date", flat=True).first()

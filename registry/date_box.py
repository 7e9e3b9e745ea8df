"""What a date box takes beyond the dates of files: `+28`, so many days after the patient's first infusion."""

import re
from datetime import date, timedelta

from registry.dictionary.cells import CellError
from registry.models import CARTInfusion, Patient

_DAYS = re.compile(r"[+-]\d{1,5}")


def first_infusion(patient: Patient | None) -> date | None:
    """Day 0 of this patient; None before there is one."""
    if patient is None or patient.pk is None:
        return None
    dated = CARTInfusion.objects.filter(patient=patient, voided=False, infusion_date__isnull=False)
    return dated.order_by("infusion_date").values_list("infusion_date", flat=True).first()


def written_out(text: str, index: date | None) -> str:
    """`+28` as the day it means; anything else as it is. CellError when there is no day to count from."""
    days = text.strip()
    if not _DAYS.fullmatch(days):
        return text
    if index is None:
        raise CellError("type", f"{days} counts from the first infusion, and there is none yet: write the date")
    try:
        return (index + timedelta(int(days))).isoformat()
    except OverflowError:
        raise CellError("range", f"{days} days from the infusion is impossible") from None

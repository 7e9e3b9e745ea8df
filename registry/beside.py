"""What stands beside the answers of a record: its queries, what follows from it, the steps that change its status."""

from typing import Any

from registry.asking import ask_url
from registry.models import Record
from registry.places import Place
from registry.reckoned import reckoned
from registry.stage_page import steps_for
from registry.threads import threads_on


def beside(place: Place, record: Record) -> dict[str, Any]:
    """Extra context of the detail page; reference rows have none of it."""
    if place.spec.entity.reference:
        return {}
    return {
        "threads": threads_on(place, record),
        "steps": steps_for(place, record),
        "reckoned": reckoned(place, record),
        "ask": "" if record.voided else ask_url(place, record),
    }

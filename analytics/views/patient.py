"""One patient's part in the results: what it gives to each, and why it gives nothing to others."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from analytics import companions, history
from analytics.questions import PLANS
from analytics.report.wording import DASH, rounded, words
from analytics.views.base import ResultsView
from registry.places import Role, patient_url, place_of_patient

#: Reasons that are rules, in words; others are words already.
RULES = {
    "A02": "a date is known to the year only, or not at all",
    "A10": "no response to this salvage line is on file",
    "A12": "no disease evaluation since time zero",
    "A13": "death of unknown disease state and cause",
    "UNK": "the answer is unknown",
    "DELETE": "asked for deletion",
}


class PatientResults(ResultsView):
    """For readers of this patient's records; from the latest snapshot of each plan."""

    wanted = "read"

    def get(self, request: HttpRequest, registry_id: str) -> HttpResponse:
        place = place_of_patient(registry_id)
        place.require(Role.DETAIL)
        plans = [_plan(snapshot, place.patient.registry_id) for snapshot in history.latest()]
        address = patient_url(place.patient)
        return self.page(
            "patient",
            patient=place.patient,
            address=address,
            plans=plans,
            trail=[("Patients", reverse("patient-list")), (place.patient.registry_id, address)],
        )


def _plan(snapshot: Any, patient: str) -> dict[str, Any]:
    companion = companions.kept(snapshot)
    told = companions.patient_in(companion, patient) if companion else None
    answers = told["answers"] if told else {}
    return {
        "label": PLANS[snapshot.plan],
        "snapshot": snapshot,
        "read": companion is not None,
        "known": told is not None,
        "left": _reason(told["left"]) if told and told["left"] else "",
        "given": [_given(key, one) for key, one in answers.items() if "left" not in one],
        "nothing": [(words(key), _reason(one["left"])) for key, one in answers.items() if "left" in one],
    }


def _given(key: str, one: Mapping[str, Any]) -> dict[str, Any]:
    group = words(one["group"]) if one.get("group") else ""
    if "days" not in one:
        value = one["value"]
        said = rounded(value) if isinstance(value, float) else words(value)
        return {"title": words(key), "value": said, "days": DASH, "span": "", "group": group, "rough": "rough" in one}
    end = "still without it" if one["end"] == "censored" else one["end"].rstrip("0123456789").replace("_", " ")
    return {
        "title": words(key),
        "value": end,
        "days": f"{one['days']:,} d",
        "span": f"{one['from']} to {one['to']}",
        "group": group,
        "rough": "rough" in one,
    }


def _reason(reason: str) -> str:
    if reason in RULES:
        return f"{RULES[reason]} ({reason})"
    return f"open error of check {reason}" if reason[:1] in "HW" and reason[1:].isdigit() else reason

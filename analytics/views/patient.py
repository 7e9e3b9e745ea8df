"""One patient's part in the results: what it gives to each, and why it gives nothing to others."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from analytics import companions, history
from analytics.questions import PLANS
from analytics.report.naming import capital, reason, words
from analytics.report.wording import DASH, rounded
from analytics.snapshots import answer_of
from analytics.views.base import ResultsView
from registry.places import Role, patient_url, place_of_patient


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
    units = {key: result.get("unit", "") for key, result in answer_of(snapshot)["results"].items()} if answers else {}
    return {
        "label": PLANS[snapshot.plan],
        "snapshot": snapshot,
        "read": companion is not None,
        "known": told is not None,
        "left": reason(told["left"]) if told and told["left"] else "",
        "given": [given(key, one, units.get(key, "")) for key, one in answers.items() if "left" not in one],
        "nothing": [(words(key), reason(one["left"])) for key, one in answers.items() if "left" in one],
    }


def given(key: str, one: Mapping[str, Any], unit: str) -> dict[str, Any]:
    """One answer of a patient as a row of the table; `unit` of a measured value."""
    group = words(one["group"]) if one.get("group") else ""
    if "days" not in one:
        value = one["value"]
        said = f"{rounded(value, 0 if unit == 'days' else 1)} {unit}" if isinstance(value, float) else words(value)
        return {"title": words(key), "value": said, "days": DASH, "span": "", "group": group, "rough": "rough" in one}
    end = "still without it" if one["end"] == "censored" else one["end"].rstrip("0123456789").replace("_", " ")
    return {
        "title": words(key),
        "value": capital(end),
        "days": f"{one['days']:,} d",
        "span": f"{one['from']} to {one['to']}",
        "group": group,
        "rough": "rough" in one,
    }

"""Where the work goes on: the form of what is due next, for this patient first, else for the most urgent other one."""

from urllib.parse import urlencode

from django.urls import reverse

from registry.access import Scope
from registry.due import due_items
from registry.models import DueItem, Patient
from registry.schedule import CONSENT, CONTACT, LOST, VISIT

#: Visits that ask for the response to the infusion; later ones ask how the patient is.
OF_RESPONSE = {"D28", "D100", "M6"}
FORM_OF = {VISIT: "follow_up", CONTACT: "follow_up", LOST: "follow_up", CONSENT: "consent"}
#: Names the due item that a form was opened for, so that saving it leads on and not back to it.
FOR = "due"


def form_for_item(item: DueItem) -> str:
    """Address of the empty form that answers a due item."""
    asked = item.kind == VISIT and item.key in OF_RESPONSE
    slug = "response" if asked else FORM_OF[item.kind]
    presets = {FOR: name_of(item)}
    if asked:
        presets |= {"context": "CART", "timepoint": item.key}
    elif item.kind == CONSENT:
        presets["kind"] = "REGISTRY_AGE_OF_MAJORITY"
    address = reverse("record-new", kwargs={"registry_id": item.patient.registry_id, "entity": slug})
    return f"{address}?{urlencode(presets)}"


def name_of(item: DueItem) -> str:
    return f"{item.patient_id}-{item.kind}-{item.key}"


def next_due(scope: Scope, patient: Patient, *, after: str = "") -> DueItem | None:
    """What is due next where the actor may enter; `after` names the item just answered."""
    sites = scope.sites("enter")
    rows = due_items()
    if sites is not None:
        rows = rows.filter(patient__site_id__in=sites)
    own = [one for one in rows.filter(patient=patient) if name_of(one) != after]
    return own[0] if own else rows.exclude(patient=patient).first()

"""Where a request stands: which entity, which patient, which record, and what the actor may do there."""

from dataclasses import dataclass
from enum import Enum
from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse

from registry.access import PERMISSIONS, Scope, current_scope
from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary, model_of
from registry.models import CareSite, Patient, Record
from registry.shown import row_title, with_links


class Role(Enum):
    """What a screen does: the end of its route's name, the permissions of which one is needed for clinical
    rows, and those for reference rows."""

    LIST = ("list", ("read",), ("read", "reference"))
    DETAIL = ("detail", ("read",), ("read", "reference"))
    CREATE = ("new", ("enter",), ("reference",))
    SEVERAL = ("rows", ("enter",), ())
    UPDATE = ("edit", ("enter",), ("reference",))
    VOID = ("void", ("void",), ("reference",))
    HISTORY = ("history", ("history",), ("history", "reference"))

    @property
    def key(self) -> str:
        return self.value[0]

    def permissions(self, spec: EntitySpec) -> tuple[str, ...]:
        return self.value[2] if spec.entity.reference else self.value[1]


@dataclass(frozen=True)
class Place:
    """An entity, for clinical rows also a patient; addresses and rights follow from it."""

    spec: EntitySpec
    patient: Patient | None
    may: frozenset[str]

    def allows(self, role: Role) -> bool:
        return any(permission in self.may for permission in role.permissions(self.spec))

    def require(self, role: Role) -> None:
        """Raise PermissionDenied, naming what is not allowed, unless the actor may do this here."""
        if not self.allows(role):
            raise_denied(role.permissions(self.spec)[0])

    def rows(self) -> QuerySet:
        """The entity's rows at this place, voided ones included, with what their titles need."""
        rows = model_of(self.spec.slug).objects.all()
        if self.spec.of_patient:
            rows = rows.filter(patient=self.patient)
        return with_links(self.spec, rows)

    def record(self, pk: int) -> Record:
        """A row of this place, or a 404 that looks the same whether it is missing or elsewhere."""
        if self.spec.slug == "patient":
            return self.patient
        return get_object_or_404(self.rows(), pk=pk)

    def url(self, role: Role, record: Record | None = None) -> str:
        if self.spec.slug == "patient":
            return patient_url(self.patient, role) if self.patient else reverse("patient-new")
        parts = {"entity": self.spec.slug}
        if not self.spec.entity.reference:
            parts["registry_id"] = self.patient.registry_id
        if record is not None and role not in (Role.LIST, Role.CREATE, Role.SEVERAL):
            parts["pk"] = record.pk
        prefix = "reference" if self.spec.entity.reference else "record"
        return reverse(f"{prefix}-{role.key}", kwargs=parts)

    def trail(self, record: Record | None = None) -> list[tuple[str, str]]:
        """(words, address) from the outermost page to here."""
        if self.spec.entity.reference:
            steps = [
                ("Reference data", reverse("reference-index")),
                (self.spec.entity.plural, self.url(Role.LIST)),
            ]
        else:
            steps = [("Patients", reverse("patient-list"))]
            if self.patient:
                steps.append((self.patient.registry_id, patient_url(self.patient)))
            if self.spec.of_patient:
                steps.append((self.spec.entity.plural, self.url(Role.LIST)))
        if record is not None and self.spec.slug != "patient":
            steps.append((self.title(record), self.url(Role.DETAIL, record)))
        return steps

    def title(self, record: Record) -> str:
        return self.patient.registry_id if self.spec.slug == "patient" else row_title(self.spec, record)


def patient_url(patient: Patient, role: Role = Role.DETAIL) -> str:
    name = "patient" if role in (Role.DETAIL, Role.LIST) else f"patient-{role.key}"
    return reverse(name, kwargs={"registry_id": patient.registry_id})


def raise_denied(permission: str) -> NoReturn:
    """The refusal that names what is not allowed, not what is there."""
    raise PermissionDenied(f"You may not {PERMISSIONS.get(permission, permission)} here.")


def find_patient(registry_id: str) -> Patient:
    """A patient in scope; anybody else's does not exist."""
    return get_object_or_404(Patient.objects.select_related("site", "identity"), registry_id=registry_id)


def rights_at(scope: Scope, patient: Patient) -> frozenset[str]:
    """What the actor may do for this patient: rights held at any site that cares for the patient."""
    if scope.everything:
        return frozenset(PERMISSIONS)
    sites = set(CareSite.objects.filter(patient=patient).values_list("site_id", flat=True))
    return frozenset(permission for permission, at in scope.grants if at is None or at in sites)


def place_of(slug: str, registry_id: str | None) -> Place:
    """The place of rows that an address names; an unknown entity or patient is a 404."""
    if slug not in dictionary() or slug == "patient":
        raise Http404("There is no such kind of record.")
    spec = dictionary()[slug]
    if spec.entity.reference != (registry_id is None):
        raise Http404("There is no such kind of record.")
    return _place(spec, registry_id)


def place_of_patient(registry_id: str | None) -> Place:
    """The place of a patient's own row; without an id that of a patient to be registered."""
    return _place(dictionary()["patient"], registry_id)


def _place(spec: EntitySpec, registry_id: str | None) -> Place:
    scope = current_scope()
    if registry_id is None:
        return Place(spec, None, frozenset(permission for permission, _site in scope.grants) | _every(scope))
    patient = find_patient(registry_id)
    return Place(spec, patient, rights_at(scope, patient))


def _every(scope: Scope) -> frozenset[str]:
    return frozenset(PERMISSIONS) if scope.everything else frozenset()

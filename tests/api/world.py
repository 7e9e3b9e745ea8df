"""A small registry for these tests: two sites, a patient of each and of both, a row of every entity each."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.test import Client

from registry.access import system_scope
from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary, model_of
from registry.memory import acting
from registry.models import (
    CareSite,
    CARTProduct,
    Membership,
    Patient,
    Protocol,
    Record,
    Site,
    SubjectIdentity,
    User,
)
from registry.tokens import issue

SAVED_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BIRTH = date(2011, 11, 11)
SUBJECT_NUMBER = "SUBJ-4711"
PROSE = "Prose that names Somebody"
PEOPLE = {
    "coordinator": ("coordinator", "BOS"),
    "data_manager": ("data_manager", "BOS"),
    "investigator": ("investigator", "BOS"),
    "monitor": ("monitor", "BOS"),
    "statistician": ("statistician", None),
    "collaborator": ("collaborator", "BOS"),
    "administrator": ("administrator", None),
}


@dataclass(frozen=True)
class World:
    """What was made: sites by code, patients by name, their rows by patient and slug."""

    sites: dict[str, Site]
    patients: dict[str, Patient]
    rows: dict[tuple[str, str], Record]


def stamps() -> dict[str, Any]:
    return {"created_at": SAVED_AT, "created_by": "test", "modified_at": SAVED_AT, "modified_by": "test"}


def make(model: type[Record], **values: Any) -> Record:
    """One row, saved inside `acting`."""
    row = model(**stamps(), **values)
    row.save()
    return row


def _row_of(entity: EntitySpec, patient: Patient, rows: dict[str, Record], values: dict[str, Any]) -> Record:
    """A row with its parents: of several alternatives the first."""
    wanted = [name for name, _ in entity.parents]
    if entity.entity.one_of:
        wanted = [name for name in wanted if name not in entity.entity.one_of[1:]]
    parents = {name: rows[slug] for name, slug in entity.parents if name in wanted}
    return make(model_of(entity.slug), patient=patient, **parents, **values)


def patient_of(registry_id: str, *sites: Site) -> Patient:
    """A patient of these sites, with an identity that must never be seen."""
    patient = make(Patient, registry_id=registry_id, site=sites[0], sex_at_birth="F", other_predisposition=PROSE)
    make(SubjectIdentity, patient=patient, site=sites[0], birth_date=BIRTH, birth_date_precision="D")
    for site in sites:
        CareSite.objects.create(patient=patient, site=site, since=SAVED_AT)
    return patient


def build() -> World:
    """The whole small registry."""
    with acting(system_scope("test"), "setup"):
        sites = {code: make(Site, code=code, name=f"Hospital {code}", country="US") for code in ("BOS", "DFC")}
        product = make(CARTProduct, code="TISA_CEL", target=["CD19"])
        protocol = make(Protocol, short_code="ELIANA", product=product)
        patients = {
            "own": patient_of("C19-OWN-1", sites["BOS"]),
            "foreign": patient_of("C19-FOR-1", sites["DFC"]),
            "shared": patient_of("C19-SHA-1", sites["BOS"], sites["DFC"]),
        }
        values: dict[str, dict[str, Any]] = {
            "infusion": {"site": sites["BOS"], "product": product, "protocol": protocol,
                         "infusion_date": date(2025, 5, 5), "weight_kg": "31.25", "dose_total_e6": "100",
                         "comparators": {"dose_total_e6": ">="}, "missing": {"cell_source": "ND"}},
            "enrollment": {"protocol": protocol, "subject_number": SUBJECT_NUMBER},
            "relapse": {"relapse_date": date(2025, 9, 15), "relapse_date_precision": "M",
                        "site_other_text": PROSE, "missing": {"cd19_status": "UNK"}},
        }  # fmt: skip
        rows: dict[tuple[str, str], Record] = {}
        for name, patient in patients.items():
            made: dict[str, Record] = {}
            for entity in dictionary():
                if entity.of_patient:
                    made[entity.slug] = _row_of(entity, patient, made, values.get(entity.slug, {}))
            rows |= {(name, slug): row for slug, row in made.items()}
    return World(sites, patients, rows)


def person(name: str, role: str, site: Site | None) -> User:
    """Somebody with a role at a site, or at all when none is named."""
    user = User.objects.create_user(name, password="a long enough password")
    with acting(system_scope("test"), "setup"):
        Membership.objects.create(user=user, role=role, site=site, all_sites=site is None)
    return user


def client_of(user: User, **more: Any) -> Client:
    """A client that sends a new token of this person with every request."""
    return Client(headers={"Authorization": f"Bearer {issue(user, **more)}"})

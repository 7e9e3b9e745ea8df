"""Every address of the desk with who may open it: the table that the walk of roles follows.

An address that is not here fails the build (test_doors). `opens` are the roles to whom a GET at their own site gives
`answer`; everybody else is refused. `{own}` `{pk}` `{query}` `{finding}` `{patient}` `{upload}` are filled in.
"""

from dataclasses import dataclass

from registry.access import ROLES

ALL = tuple(ROLES)
READERS = ("coordinator", "data_manager", "investigator", "monitor", "statistician")
HISTORIANS = ("coordinator", "data_manager", "investigator", "monitor")
ENTRY = ("coordinator", "data_manager")
MANAGER = ("data_manager",)
ASKERS = ("data_manager", "monitor")
KEEPERS = ("data_manager", "administrator")


@dataclass(frozen=True)
class Door:
    """One address. `patient`: it names a patient's row. `hides`: who is told that this row is not there."""

    address: str
    opens: tuple[str, ...]
    answer: int = 200
    patient: bool = False
    hides: tuple[str, ...] = ()


def of_patient(end: str, opens: tuple[str, ...], answer: int = 200) -> Door:
    return Door("/patients/{own}/" + end, opens, answer, patient=True)


#: Name of the route -> its door.
DOORS = {
    "home": Door("/", ALL),
    "find": Door("/find", READERS),
    "keys": Door("/keys", ALL),
    "patient-list": Door("/patients/", READERS),
    "saved-views": Door("/patients/views", (), 405),
    "patient-new": Door("/patients/new", ENTRY),
    "patient": of_patient("", READERS),
    "patient-edit": of_patient("edit", ENTRY),
    "patient-void": of_patient("void", ENTRY),
    "patient-history": of_patient("history", HISTORIANS),
    "care": of_patient("care", READERS),
    "acknowledge": of_patient("findings/{finding}/acknowledge", ENTRY),
    "ask": of_patient("queries/new", ASKERS),
    "quality": Door("/quality/", READERS),
    "quality-rule": Door("/quality/rules/H50/", READERS),
    "quality-completeness": Door("/quality/completeness/", READERS),
    "quality-follow-up": Door("/quality/follow-up/", READERS),
    "stage": Door("/stage/lock?row=infusion:{pk}", MANAGER, patient=True),
    "imports": Door("/import/", MANAGER),
    "import": Door("/import/999/", MANAGER, 404),
    "query-inbox": Door("/queries/", READERS),
    "ask-many": Door("/queries/new?chart={own}", ASKERS, patient=True),
    "query-csv": Door("/queries/export.csv", READERS),
    "query": Door("/queries/{query}/", READERS, patient=True),
    "record-list": of_patient("infusion/", READERS),
    "record-new": of_patient("infusion/new", ENTRY),
    "record-rows": of_patient("infusion/rows", ENTRY),
    "record-detail": of_patient("infusion/{pk}/", READERS),
    "record-edit": of_patient("infusion/{pk}/edit", ENTRY),
    "record-void": of_patient("infusion/{pk}/void", ENTRY),
    "record-history": of_patient("infusion/{pk}/history", HISTORIANS),
    "reference-index": Door("/reference/", (*READERS, "administrator")),
    "reference-list": Door("/reference/site/", (*READERS, "administrator")),
    "reference-new": Door("/reference/site/new", KEEPERS),
    "reference-detail": Door("/reference/site/{site}/", (*READERS, "administrator")),
    "reference-edit": Door("/reference/site/{site}/edit", KEEPERS),
    "reference-void": Door("/reference/site/{site}/void", KEEPERS),
    "reference-history": Door("/reference/site/{site}/history", (*HISTORIANS, "administrator")),
}
#: Routes that everybody opens, signed in or not: they tell nothing of a patient.
OPEN_TO_ALL = {"healthz", "readyz", "login", "logout", "password_change", "password_change_done"}
#: Rooms with tables of their own.
OTHER_ROOMS = {
    "admin/": "tests/analytics/test_room_doors.py",
    "api/v1/": "tests/api/test_access.py",
    "exports/": "tests/exports/test_pages.py",
    "results/": "tests/analytics/test_room_doors.py",
}

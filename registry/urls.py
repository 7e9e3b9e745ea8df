"""Addresses of the desk and of the generic screens."""

from importlib.util import find_spec

from django.urls import path

from registry import quality_page
from registry.asking import Ask, QueryPage
from registry.care_page import CarePage
from registry.desk import Home, PatientPage
from registry.find import Find
from registry.findings import Acknowledge
from registry.import_page import ImportPage, Imports
from registry.inbox_page import Inbox, InboxCsv
from registry.keys_page import Keys
from registry.patient_list import AskMany, PatientList, SavedViews
from registry.places import Role
from registry.rows_page import RowsPage
from registry.stage_page import StagePage
from registry.views import EntityView, ReferenceIndex

OWN = "patients/<str:registry_id>/"
ROW = OWN + "<str:entity>/"
REFERENCE = "reference/<str:entity>/"


def _patient(role: Role) -> object:
    return EntityView.as_view(role=role, of_patient=True)


urlpatterns = [
    path("", Home.as_view(), name="home"),
    path("find", Find.as_view(), name="find"),
    path("keys", Keys.as_view(), name="keys"),
    path("patients/", PatientList.as_view(), name="patient-list"),
    path("patients/views", SavedViews.as_view(), name="saved-views"),
    path("patients/new", _patient(Role.CREATE), name="patient-new"),
    path(OWN, PatientPage.as_view(), name="patient"),
    path(OWN + "edit", _patient(Role.UPDATE), name="patient-edit"),
    path(OWN + "void", _patient(Role.VOID), name="patient-void"),
    path(OWN + "history", _patient(Role.HISTORY), name="patient-history"),
    path(OWN + "care", CarePage.as_view(), name="care"),
    path(OWN + "findings/<int:pk>/acknowledge", Acknowledge.as_view(), name="acknowledge"),
    path(OWN + "queries/new", Ask.as_view(), name="ask"),
    path("quality/", quality_page.Rules.as_view(), name="quality"),
    path("quality/rules/<str:rule>/", quality_page.Rule.as_view(), name="quality-rule"),
    path("quality/completeness/", quality_page.Completeness.as_view(), name="quality-completeness"),
    path("quality/follow-up/", quality_page.FollowUp.as_view(), name="quality-follow-up"),
    path("stage/<str:step>", StagePage.as_view(), name="stage"),
    path("import/", Imports.as_view(), name="imports"),
    path("import/<int:pk>/", ImportPage.as_view(), name="import"),
    path("queries/", Inbox.as_view(), name="query-inbox"),
    path("queries/new", AskMany.as_view(), name="ask-many"),
    path("queries/export.csv", InboxCsv.as_view(), name="query-csv"),
    path("queries/<int:pk>/", QueryPage.as_view(), name="query"),
    path(ROW, EntityView.as_view(role=Role.LIST), name="record-list"),
    path(ROW + "rows", RowsPage.as_view(), name="record-rows"),
    path(ROW + "new", EntityView.as_view(role=Role.CREATE), name="record-new"),
    path(ROW + "<int:pk>/", EntityView.as_view(role=Role.DETAIL), name="record-detail"),
    path(ROW + "<int:pk>/edit", EntityView.as_view(role=Role.UPDATE), name="record-edit"),
    path(ROW + "<int:pk>/void", EntityView.as_view(role=Role.VOID), name="record-void"),
    path(ROW + "<int:pk>/history", EntityView.as_view(role=Role.HISTORY), name="record-history"),
    path("reference/", ReferenceIndex.as_view(), name="reference-index"),
    path(REFERENCE, EntityView.as_view(role=Role.LIST), name="reference-list"),
    path(REFERENCE + "new", EntityView.as_view(role=Role.CREATE), name="reference-new"),
    path(REFERENCE + "<int:pk>/", EntityView.as_view(role=Role.DETAIL), name="reference-detail"),
    path(REFERENCE + "<int:pk>/edit", EntityView.as_view(role=Role.UPDATE), name="reference-edit"),
    path(REFERENCE + "<int:pk>/void", EntityView.as_view(role=Role.VOID), name="reference-void"),
    path(REFERENCE + "<int:pk>/history", EntityView.as_view(role=Role.HISTORY), name="reference-history"),
]

if find_spec("registry.health"):
    from registry.health import healthz, readyz

    urlpatterns += [path("healthz", healthz, name="healthz"), path("readyz", readyz, name="readyz")]

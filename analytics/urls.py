"""Addresses of the results and analysis pages."""

from django.urls import path

from analytics.views import analysis, compare, overview, patient, snapshot

SNAPSHOT = "snapshots/<int:pk>/"
LOOK = "analysis/<int:pk>/"

urlpatterns = [
    path("", overview.Overview.as_view(), name="results"),
    path("run", overview.RunNow.as_view(), name="results-run"),
    path("plans/<slug:plan>/", overview.History.as_view(), name="results-plan"),
    path(SNAPSHOT, snapshot.SnapshotPage.as_view(), name="results-snapshot"),
    path(SNAPSHOT + "figures/<slug:key>.svg", snapshot.Figure.as_view(), name="results-figure"),
    path(SNAPSHOT + "numbers.json", snapshot.Numbers.as_view(), {"form": "json"}, name="results-json"),
    path(SNAPSHOT + "numbers.csv", snapshot.Numbers.as_view(), {"form": "csv"}, name="results-csv"),
    path(SNAPSHOT + "readings.json", snapshot.Readings.as_view(), name="results-readings"),
    path(SNAPSHOT + "report/<str:name>", snapshot.ReportFile.as_view(), name="results-report"),
    path("compare/<int:a>/<int:b>/", compare.Compare.as_view(), name="results-compare"),
    path("patients/<str:registry_id>/", patient.PatientResults.as_view(), name="results-patient"),
    path("analysis/", analysis.Ask.as_view(), name="analysis"),
    path(LOOK, analysis.Answered.as_view(), name="analysis-look"),
    path(LOOK + "figures/<slug:name>.svg", analysis.LookFigure.as_view(), name="analysis-figure"),
    path(LOOK + "numbers.<str:form>", analysis.LookNumbers.as_view(), name="analysis-numbers"),
    path(LOOK + "code.<str:language>", analysis.Code.as_view(), name="analysis-code"),
    path(LOOK + "save", analysis.Save.as_view(), name="analysis-save"),
]

"""Addresses of the pages of exports."""

from django.urls import path

from exports.views import ExportFile, ExportPage, ExportRelease, Exports, ExportZip

urlpatterns = [
    path("", Exports.as_view(), name="exports"),
    path("<int:pk>/", ExportPage.as_view(), name="export"),
    path("<int:pk>/release", ExportRelease.as_view(), name="export-release"),
    path("<int:pk>/all.zip", ExportZip.as_view(), name="export-zip"),
    path("<int:pk>/files/<path:name>", ExportFile.as_view(), name="export-file"),
]

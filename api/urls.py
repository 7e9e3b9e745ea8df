"""Addresses of the API, one pair per entity; whatever leads nowhere answers in JSON too."""

from django.urls import URLPattern, path, re_path

from api.errors import nothing_here
from api.exports import ExportDoor, ExportFileDoor, ExportListDoor
from api.queries import QueryDoor, QueryListDoor
from api.schema import DocsView, SchemaView
from api.snapshots import ResultDoor, SnapshotDoor, SnapshotListDoor
from api.views import DOORS, Entrance


def _pair(name: str) -> list[URLPattern]:
    door = DOORS[name]
    key = f"<int:{door.lookup_field}>" if door.lookup_field == "pk" else f"<str:{door.lookup_field}>"
    return [
        path(f"{name}/", door.as_view({"get": "list"}), name=f"api-{name}-list"),
        path(f"{name}/{key}/", door.as_view({"get": "retrieve"}), name=f"api-{name}-detail"),
    ]


urlpatterns = [
    path("", Entrance.as_view(), name="api-entrance"),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    *(address for name in DOORS for address in _pair(name)),
    path("queries/", QueryListDoor.as_view(), name="api-queries-list"),
    path("queries/<int:pk>/", QueryDoor.as_view(), name="api-queries-detail"),
    path("snapshots/", SnapshotListDoor.as_view(), name="api-snapshots-list"),
    path("snapshots/<int:pk>/", SnapshotDoor.as_view(), name="api-snapshots-detail"),
    path("snapshots/<int:pk>/results/<slug:key>/", ResultDoor.as_view(), name="api-snapshots-result"),
    path("exports/", ExportListDoor.as_view(), name="api-exports-list"),
    path("exports/<int:pk>/", ExportDoor.as_view(), name="api-exports-detail"),
    path("exports/<int:pk>/files/<path:name>", ExportFileDoor.as_view(), name="api-exports-file"),
    re_path("", nothing_here),
]

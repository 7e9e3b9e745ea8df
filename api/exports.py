"""The doors to the exports: which there are, how far one is, its files.

Exports are asked for by page or command; here they are listed, watched and fetched. The token of an agreement sees
the exports under its agreement, at its tier; others are not there. A file leaves after the ledger has been told.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from analytics import ledger
from analytics.models import Export, Handover
from analytics.sending import file_of
from api.columns import CodeField
from api.filters import refuse_unknown
from api.pagination import NewestFirst
from api.views import ALWAYS, ETAG, Door, ListDoor, refusals
from registry.access import current_scope

TAGS = ["Exports"]
STATES = {state.value: state.label for state in Export.State}
LOOK_AGAIN_SECONDS = 5


class ExportSerializer(serializers.Serializer):
    """An export: of which snapshot, under which agreement, how far it is."""

    id = serializers.IntegerField()
    agreement = serializers.CharField(source="agreement.code", help_text="Code of the agreement.")
    snapshot = serializers.IntegerField(source="snapshot_id", help_text="Number of the snapshot.")
    plan = serializers.CharField(source="snapshot.plan", help_text="Key of the snapshot's plan.")
    tier = serializers.CharField(help_text="T1 de-identified, T2 limited data set, T3 one site's own patients.")
    format = serializers.CharField(source="file_format", help_text="csv, parquet or json.")
    synthetic = serializers.BooleanField(source="snapshot.synthetic", help_text="Invented patients: not evidence.")
    purpose = serializers.CharField()
    state = CodeField(component="ExportState", words=STATES)
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_blank=True, help_text="Why it failed; blank otherwise.")
    patients = serializers.IntegerField(allow_null=True, help_text="Patients in it; null until it is ready.")


class FileSerializer(serializers.Serializer):
    """One file of an export with its hash and its address."""

    path = serializers.CharField()
    url = serializers.URLField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    rows = serializers.IntegerField(required=False, help_text="Rows of a table.")
    columns = serializers.ListField(child=serializers.CharField(), required=False)


class FullExportSerializer(ExportSerializer):
    """The same with its files, none until it is ready."""

    files = serializers.SerializerMethodField()

    @extend_schema_field(FileSerializer(many=True))
    def get_files(self, export: Export) -> list[dict[str, Any]]:
        def address(path: str) -> str:
            return reverse("api-exports-file", args=[export.pk, path], request=self.context["request"])

        ready = export.files if export.state == Export.State.DONE else {}
        return [{"path": path, "url": address(path), **facts} for path, facts in ready.items()]


def _found(pk: int) -> Export:
    """The export; Http404 for one the reader may not see; PermissionDenied when its agreement has ended."""
    export = ledger.exports_of(current_scope()).filter(pk=pk).first()
    if export is None:
        raise Http404
    ledger.require_holding(export)
    return export


@extend_schema_view(
    get=extend_schema(
        operation_id="exports_list",
        tags=TAGS,
        summary="Exports, newest first",
        responses={200: ExportSerializer(many=True), **refusals(400, *ALWAYS)},
    )
)
class ExportListDoor(ListDoor):
    """The exports the reader may receive, newest first."""

    wanted = ("export", "receive")
    queryset = Export.objects.none()
    serializer_class = ExportSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet:
        return ledger.exports_of(current_scope())


class ExportDoor(Door):
    """One export with its files; while it is being made `Retry-After` says when to look again."""

    wanted = ("export", "receive")

    @extend_schema(
        operation_id="exports_retrieve",
        tags=TAGS,
        summary="An export with its files",
        responses={200: FullExportSerializer, **refusals(400, 404, *ALWAYS)},
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        export = _found(pk)
        response = Response(FullExportSerializer(export, context={"request": request}).data)
        if export.working:
            response["Retry-After"] = str(LOOK_AGAIN_SECONDS)
        return response


class AnyType(BaseContentNegotiation):
    """A file is sent as what it is, whatever the reader says it accepts; refusals are JSON."""

    def select_parser(self, request: Request, parsers: list) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: list, format_suffix: str | None = None) -> tuple:
        return renderers[0], renderers[0].media_type


class ExportFileDoor(Door):
    """One file of an export, as an attachment."""

    wanted = ("export", "receive")
    content_negotiation_class = AnyType

    @extend_schema(
        operation_id="exports_file",
        tags=TAGS,
        summary="A file of an export",
        description="The ledger is told who receives it before the first byte. `ETag` is the SHA-256; parts can be "
        "asked for by `Range`.",
        parameters=[
            OpenApiParameter("name", str, "path", description="Its path in the export, as `tables/patient.csv`."),
            ETAG,
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            304: OpenApiResponse(description="Unchanged."),
            **refusals(400, 404, *(status for status in ALWAYS if status != 406)),
        },
    )
    def get(self, request: Request, pk: int, name: str) -> HttpResponse:
        refuse_unknown(request, ())
        return file_of(request, _found(pk), name, way=Handover.Way.API)

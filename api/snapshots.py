"""The doors to the snapshots: what was asked of which data, and the results as the reader may see them.

Small cells are withheld and thin ends of curves cut (analytics.report.disclosure) for everybody but those who
run analyses: they work on person-level data anyway.
"""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import labels, ledger
from analytics.models import Snapshot
from analytics.sight import sees_all
from analytics.snapshots import as_json
from api.filters import BadFilter, refuse_unknown
from api.pagination import NewestFirst
from api.views import ALWAYS, ETAG, Door, ListDoor, refusals, tagged
from registry.access import current_scope

TAGS = ["Snapshots"]
PLAN_LENGTH = 64


class HeadSerializer(serializers.Serializer):
    """What a snapshot is: plan, cut-off, data, code, settings."""

    id = serializers.IntegerField()
    plan = serializers.CharField(help_text="Key of the plan.")
    plan_version = serializers.CharField()
    cutoff = serializers.DateField(help_text="Nothing that happened later is counted.")
    by = serializers.ListField(child=serializers.CharField(), help_text="The strata asked for.")
    taken_at = serializers.DateTimeField()
    data_sha256 = serializers.CharField()
    results_sha256 = serializers.CharField()
    code_version = serializers.CharField()
    synthetic = serializers.BooleanField(help_text="Computed from synthetic patients: not evidence.")


class FullHeadSerializer(HeadSerializer):
    """The same with the settings of the statistics."""

    conventions = serializers.DictField()


class SnapshotSerializer(serializers.Serializer):
    """A snapshot with its way to the cohort and every result."""

    snapshot = FullHeadSerializer()
    attrition = serializers.ListField(child=serializers.DictField(), help_text="Who left, at which step, why.")
    results = serializers.DictField(child=serializers.DictField(), help_text="Results by key of the analysis.")
    not_stratified = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        help_text="Analyses that the strata do not fit, with the reason.",
    )


def _answer(snapshot: Snapshot) -> dict[str, Any]:
    return as_json(snapshot, disclosed=not sees_all())


def _readable() -> QuerySet[Snapshot]:
    """Every snapshot; for who receives under an agreement, those whose results were exported under it."""
    scope = current_scope()
    return Snapshot.objects.all() if scope.can("snapshot") else ledger.snapshots_of(scope)


def _found(pk: int) -> Snapshot:
    snapshot = _readable().filter(pk=pk).first()
    if snapshot is None:
        raise Http404
    return snapshot


def _etag(snapshot: Snapshot) -> str:
    return f"{snapshot.results_sha256[:32]}-{'full' if sees_all() else 'disclosed'}"


def _of_plan(rows: QuerySet, text: str) -> QuerySet:
    if not text.isidentifier() or len(text) > PLAN_LENGTH:
        raise BadFilter("Write the key of a plan.")
    return rows.filter(plan=text)


@extend_schema_view(
    get=extend_schema(
        operation_id="snapshots_list",
        tags=TAGS,
        summary="Snapshots, newest first",
        parameters=[OpenApiParameter("plan", {"type": "string", "maxLength": PLAN_LENGTH}, description="Its key.")],
        responses={200: HeadSerializer(many=True), **refusals(400, *ALWAYS)},
    )
)
class SnapshotListDoor(ListDoor):
    """The snapshots there are, newest first; hidden ones are read by their number only."""

    wanted = ("snapshot", "receive")
    queryset = Snapshot.objects.none()
    serializer_class = HeadSerializer
    pagination_class = NewestFirst
    narrow = {"plan": _of_plan}

    def get_queryset(self) -> QuerySet:
        return labels.listed(_readable()).defer("manifest", "headline")


class SnapshotDoor(Door):
    """One snapshot with every result."""

    wanted = ("snapshot", "receive")

    @extend_schema(
        operation_id="snapshots_retrieve",
        tags=TAGS,
        summary="A snapshot with its results",
        parameters=[ETAG],
        responses={
            200: SnapshotSerializer,
            304: OpenApiResponse(description="Unchanged."),
            **refusals(400, 404, *ALWAYS),
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        snapshot = _found(pk)
        return tagged(request, Response(_answer(snapshot)), _etag(snapshot))


class ResultDoor(Door):
    """One result of a snapshot, ready to draw."""

    wanted = ("snapshot", "receive")

    @extend_schema(
        operation_id="snapshots_result",
        tags=TAGS,
        summary="One result of a snapshot",
        description="A curve, incidence, proportion, summary or table; `kind` says which.",
        parameters=[ETAG],
        responses={
            200: {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}},
            304: OpenApiResponse(description="Unchanged."),
            **refusals(400, 404, *ALWAYS),
        },
    )
    def get(self, request: Request, pk: int, key: str) -> Response:
        refuse_unknown(request, ())
        snapshot = _found(pk)
        result = _answer(snapshot)["results"].get(key)
        if result is None:
            raise Http404
        return tagged(request, Response(result), _etag(snapshot))

"""The doors to the snapshots: what was asked of which data, and the results as the reader may see them.

Small cells are withheld and thin ends of curves cut (analytics.report.disclosure) for everybody but those who
run analyses: they work on person-level data anyway. Under an agreement the results that were exported are read
(analytics.received), and the ledger is told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import labels, ledger, received
from analytics.freezing import Frozen
from analytics.models import Handover, Snapshot
from analytics.sending import telling
from analytics.sight import sees_all
from analytics.snapshots import as_json
from api.filters import BadFilter, refuse_unknown
from api.pagination import NewestFirst
from api.views import ALWAYS, ETAG, Door, ListDoor, refusals, tagged
from registry.access import current_scope
from registry.models import Agreement
from registry.models.agreement import Tier

TAGS = ["Snapshots"]
PLAN_LENGTH = 64


@extend_schema_field({"type": "string", "pattern": r"^\d{4}(-\d{2}-\d{2})?$"})
class Day(serializers.DateField):
    """A day; its year where the reader's agreement gives no days."""


@extend_schema_field({"type": "string", "pattern": r"^\d{4}(-\d{2}-\d{2}T.+)?$"})
class Instant(serializers.DateTimeField):
    """A moment; its year where the reader's agreement gives no days."""


class HeadSerializer(serializers.Serializer):
    """What a snapshot is: plan, cut-off, data, code, settings."""

    id = serializers.IntegerField()
    plan = serializers.CharField(help_text="Key of the plan.")
    plan_version = serializers.CharField()
    cutoff = Day(help_text="Nothing that happened later is counted. Under a T1 agreement the year.")
    by = serializers.ListField(child=serializers.CharField(), help_text="The strata asked for.")
    taken_at = Instant(help_text="Under a T1 agreement the year.")
    data_sha256 = serializers.CharField()
    results_sha256 = serializers.CharField()
    code_version = serializers.CharField()
    synthetic = serializers.BooleanField(help_text="Computed from synthetic patients: not evidence.")

    def to_representation(self, snapshot: Snapshot) -> dict[str, Any]:
        return received.dated(super().to_representation(snapshot), self.context["tier"])


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


@dataclass(frozen=True)
class Reading:
    """A snapshot as its reader may see it, and who is told before it leaves."""

    body: dict[str, Any]
    leaves: Callable[[], object] = lambda: None

    @cached_property
    def etag(self) -> str:
        """Of what is read, not of what is kept: readers with other rights, or other rules, read something else."""
        return Frozen.of_json(self.body).sha256[:32]

    def given(self, request: Request, part: dict[str, Any]) -> Response:
        """The answer that carries the reading or a part of it."""
        response = tagged(request, Response(part), self.etag)
        if response.status_code == 200 and request.method == "GET":
            self.leaves()
        return response


def _for_members() -> bool:
    return current_scope().can("snapshot")


def _readable() -> QuerySet[Snapshot]:
    """Every snapshot; for who receives under an agreement, those whose results were exported under it."""
    return Snapshot.objects.all() if _for_members() else ledger.snapshots_of(current_scope())


def _reading(pk: int) -> Reading:
    """The snapshot of that number for its reader: as its results are, or as they were last exported."""
    if _for_members():
        snapshot = Snapshot.objects.filter(pk=pk).first()
        if snapshot is None:
            raise Http404
        return Reading(as_json(snapshot, disclosed=not sees_all()))
    export = ledger.results_of(current_scope()).filter(snapshot=pk).first()
    if export is None:
        raise Http404
    return Reading(received.reading(export), telling(export, [ledger.RESULTS], way=Handover.Way.API))


def _tier() -> str:
    """The tier at which the reader is told of snapshots; blank for members, the strictest where none is named."""
    if _for_members():
        return ""
    agreement = Agreement.objects.filter(pk=current_scope().agreement).first()
    return agreement.tier if agreement else Tier.T1


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

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "tier": _tier()}


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
        reading = _reading(pk)
        return reading.given(request, reading.body)


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
        reading = _reading(pk)
        result = reading.body["results"].get(key)
        if result is None:
            raise Http404
        return reading.given(request, result)

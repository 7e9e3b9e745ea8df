"""The door to the data queries: what was asked about which field, where it stands, how long it took.

The threads are typed prose and stay inside, like all typed prose; people are not named.
"""

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.columns import CodeField
from api.filters import BadFilter, filters_of, refuse_unknown
from api.views import ALWAYS, ETAG, Door, ListDoor, refusals, tagged
from registry.entities import dictionary
from registry.models import Query, QueryState

TAGS = ["Data queries"]
STATES = {state.value: state.label for state in QueryState}
RULE_LENGTH = 8


class QuerySerializer(serializers.Serializer):
    """A question about one field of one row."""

    id = serializers.IntegerField()
    patient = serializers.CharField(source="patient.registry_id", help_text="Registry id of the patient.")
    site = serializers.CharField(source="patient.site.code", allow_null=True, help_text="The enrolling site.")
    entity = serializers.CharField(help_text="The table asked about.")
    record = serializers.IntegerField(source="record_id", allow_null=True, help_text="Id of the row; null: the chart.")
    column = serializers.CharField(help_text="The field asked about; blank: the whole row or chart.")
    rule = serializers.CharField(help_text="The edit check whose finding is asked about; blank: a person's question.")
    by_check = serializers.BooleanField(help_text="Raised by the nightly sweep.")
    state = CodeField(component="QueryState", words=STATES)
    opened_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    times_reopened = serializers.IntegerField()
    changed_at = serializers.DateTimeField()


def _state(rows: QuerySet, text: str) -> QuerySet:
    if text not in QueryState.values:
        raise BadFilter(f"Write one of {', '.join(QueryState.values)}.")
    return rows.filter(state=text)


def _rule(rows: QuerySet, text: str) -> QuerySet:
    if not text.isalnum() or len(text) > RULE_LENGTH:
        raise BadFilter("Write the number of a check, as H60.")
    return rows.filter(rule=text)


#: A query belongs to a patient and to no site of its own, as a consent does.
LIKE = dictionary()["consent"]
OWN = filters_of(LIKE)
NARROW = {
    "patient": lambda rows, text: OWN["patient"].narrow(rows, text, LIKE),
    "site": lambda rows, text: OWN["site"].narrow(rows, text, LIKE),
    "state": _state,
    "rule": _rule,
}


PARAMETERS = [
    OpenApiParameter("patient", OWN["patient"].schema, description="Queries about one patient, by registry id."),
    OpenApiParameter("site", OWN["site"].schema, description="Queries about patients enrolled at this site, by code."),
    OpenApiParameter("state", {"type": "string", "enum": QueryState.values}, description="Queries in this state."),
    OpenApiParameter("rule", {"type": "string", "maxLength": RULE_LENGTH}, description="Queries of one edit check."),
]


@extend_schema_view(
    get=extend_schema(
        operation_id="queries_list",
        tags=TAGS,
        summary="Data queries",
        parameters=PARAMETERS,
        responses={200: QuerySerializer(many=True), **refusals(400, *ALWAYS)},
    )
)
class QueryListDoor(ListDoor):
    """The data queries of the reader's sites."""

    queryset = Query._base_manager.none()
    serializer_class = QuerySerializer
    narrow = NARROW

    def get_queryset(self) -> QuerySet:
        return Query.objects.select_related("patient__site")


class QueryDoor(Door):
    """One data query."""

    @extend_schema(
        operation_id="queries_retrieve",
        tags=TAGS,
        summary="A data query",
        parameters=[ETAG],
        responses={
            200: QuerySerializer,
            304: OpenApiResponse(description="Unchanged."),
            **refusals(400, 404, *ALWAYS),
        },
    )
    def get(self, request: Request, pk: int) -> Response:
        refuse_unknown(request, ())
        query = Query.objects.select_related("patient__site").filter(pk=pk).first()
        if query is None:
            raise Http404
        return tagged(request, Response(QuerySerializer(query).data), f"{query.pk}-{query.changed_at.timestamp():.6f}")

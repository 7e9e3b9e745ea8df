"""The doors of the API: a list and a single row of every entity, and the list of these lists."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.cache import patch_vary_headers
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.generics import ListAPIView
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.columns import joined_for, withheld_fields
from api.filters import AllowedFilters, Narrowed, Narrowing, parameters_of, refuse_unknown
from api.serializers import SERIALIZERS, ErrorSerializer
from registry.access import current_scope
from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary, model_of

METHODS = ("get", "head")
REFUSALS = {
    400: "A parameter is unknown or its value cannot be read.",
    401: "No token, or one that is unknown, ended or revoked.",
    403: "The person's role may not read this, or the token's agreement has ended.",
    404: "Not there, or at a site that is not the reader's: both look alike.",
    406: "Only JSON is served.",
    429: "Too many requests; `Retry-After` says when to come back.",
}


def refusals(*numbers: int) -> dict[int, OpenApiResponse]:
    """The refusals of a door for the OpenAPI document."""
    return {number: OpenApiResponse(ErrorSerializer, description=REFUSALS[number]) for number in numbers}


ALWAYS = (401, 403, 406, 429)
ETAG = OpenApiParameter("If-None-Match", str, "header", description="An `ETag` given before; 304 if unchanged.")
ADDRESSES = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}


class Door(APIView):
    """What every door shares: reading only, by whom, and answers that no cache may give to somebody else."""

    http_method_names = METHODS
    wanted: tuple[str, ...] = ("read",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse write methods first, whoever asks: nothing can be written here."""
        if request.method.lower() not in METHODS:
            raise MethodNotAllowed(request.method)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ("Authorization", "Cookie"))
        return response


class ListDoor(Door, ListAPIView):
    """A list that is no entity's. `narrow`: what it may be narrowed by, name -> rows and text to rows."""

    narrow: Narrowing = {}
    filter_backends = (Narrowed,)


def tagged(request: HttpRequest, response: Response, etag: str) -> Response:
    """The answer with its ETag; empty (304) when the reader already holds it."""
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    if f'"{etag}"' in known or "*" in known:
        response = Response(status=304)
    response["ETag"] = f'"{etag}"'
    return response


class RecordDoor(Door, ListModelMixin, RetrieveModelMixin, GenericViewSet):
    """Rows of one entity in the reader's scope."""

    spec: EntitySpec
    filter_backends = (AllowedFilters,)

    def get_queryset(self) -> QuerySet:
        """Every row the reader may see, with the links its columns need."""
        rows = model_of(self.spec.slug).objects.all()
        return rows.select_related(*joined_for(self.spec)).defer(*withheld_fields(self.spec))

    def get_object(self) -> Any:
        """One row by id or code, voided ones too; a row of another site is not there."""
        refuse_unknown(self.request, ())
        key = self.kwargs[self.lookup_field]
        row = None if "\x00" in str(key) else self.get_queryset().filter(**{self.lookup_field: key}).first()
        if row is None:
            raise Http404
        return row

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        etag = f"{row.version}-{dictionary().sha256()[:12]}"  # changes with the row and with its columns
        return tagged(request, Response(self.get_serializer(row).data), etag)


def plural(slug: str) -> str:
    """The slug in the plural, as addresses name it: `follow_ups`, `diagnoses`, `toxicities`."""
    if slug.endswith("sis"):
        return f"{slug[:-2]}es"
    return f"{slug[:-1]}ies" if slug.endswith("y") else f"{slug}s"


def _door_of(entity: EntitySpec) -> type[RecordDoor]:
    name, words = plural(entity.slug), entity.entity
    key = words.natural_key or "pk"
    tags = [words.plural]
    described = extend_schema_view(
        list=extend_schema(
            operation_id=f"{name}_list",
            tags=tags,
            summary=words.plural,
            parameters=parameters_of(entity),
            description=entity.doc,
            responses={200: SERIALIZERS[entity.slug](many=True), **refusals(400, *ALWAYS)},
        ),
        retrieve=extend_schema(
            operation_id=f"{name}_retrieve",
            tags=tags,
            summary=words.label,
            description=entity.doc,
            parameters=[ETAG],
            responses={
                200: SERIALIZERS[entity.slug],
                304: OpenApiResponse(description="Unchanged."),
                **refusals(400, 404, *ALWAYS),
            },
        ),
    )
    body = {"spec": entity, "queryset": model_of(entity.slug)._base_manager.none(), "lookup_field": key,
            "serializer_class": SERIALIZERS[entity.slug], "__doc__": entity.doc}  # fmt: skip
    return described(type(f"{entity.slug.title().replace('_', '')}Door", (RecordDoor,), body))


#: The door of every entity by its plural.
DOORS: dict[str, type[RecordDoor]] = {plural(entity.slug): _door_of(entity) for entity in dictionary()}


#: Lists apart from the entities -> the permissions of which one opens them.
OTHER_LISTS = {"queries": ("read",), "snapshots": ("snapshot", "receive"), "exports": ("export", "receive")}


class Entrance(Door):
    """The lists that the reader may open, by name."""

    wanted = ("read", "receive")

    @extend_schema(
        operation_id="entrance",
        tags=["Entrance"],
        summary="Every list that the reader may open, with its address",
        responses={200: ADDRESSES, **refusals(400, *ALWAYS)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ())
        lists, scope = dict.fromkeys(DOORS, ("read",)) | OTHER_LISTS, current_scope()
        may = [name for name, wanted in lists.items() if any(scope.can(one) for one in wanted)]
        return Response({name: reverse(f"api-{name}-list", request=request) for name in may})

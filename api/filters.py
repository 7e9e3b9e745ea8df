"""What a list may be narrowed by: a short closed list; anything else is refused by name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from registry.dictionary.compiled import EntitySpec
from registry.models import Site, Status

PAGE_PARAMETERS = ("cursor", "page_size")
_REGISTRY_ID = re.compile(r"[A-Za-z0-9-]{1,20}")


class BadFilter(ValueError):
    """A value that the filter cannot mean; the sentence says what it can."""


@dataclass(frozen=True)
class Filter:
    """One query parameter: its name, its words, what it does to the rows."""

    name: str
    words: str
    narrow: Callable[[QuerySet, str, EntitySpec], QuerySet]
    applies: Callable[[EntitySpec], bool]
    schema: dict[str, Any]


def _patient(rows: QuerySet, text: str, spec: EntitySpec) -> QuerySet:
    if not _REGISTRY_ID.fullmatch(text):
        raise BadFilter("Write a registry id.")
    return rows.filter(**{"registry_id" if spec.slug == "patient" else "patient__registry_id": text})


def _site(rows: QuerySet, text: str, spec: EntitySpec) -> QuerySet:
    site = None if "\x00" in text else Site.objects.filter(code=text).values_list("pk", flat=True).first()
    if site is None:
        raise BadFilter("There is no site with this code.")
    return rows.filter(**{"site_id" if "site" in spec.by_name else "patient__site_id": site})


def _record_status(rows: QuerySet, text: str, spec: EntitySpec) -> QuerySet:
    if text not in Status.values:
        raise BadFilter(f"Write one of {', '.join(Status.values)}.")
    return rows.filter(record_status=text)


def _moment(text: str) -> datetime:
    """A day or an instant; without a zone it is UTC."""
    try:
        day = parse_date(text)
        moment = datetime.combine(day, time.min) if day else parse_datetime(text)
        if moment is None:
            raise ValueError
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadFilter("Write a day or a UTC instant, as 2026-03-01 or 2026-03-01T12:00:00Z.") from None


def _modified_since(rows: QuerySet, text: str, spec: EntitySpec) -> QuerySet:
    return rows.filter(modified_at__gte=_moment(text))


def _voided(rows: QuerySet, text: str, spec: EntitySpec) -> QuerySet:
    if text not in ("true", "false"):
        raise BadFilter("Write true or false.")
    return rows.filter(voided=text == "true")


FILTERS = (
    Filter(
        "patient",
        "Rows of one patient, by registry id.",
        _patient,
        lambda spec: not spec.entity.reference,
        {"type": "string", "pattern": f"^{_REGISTRY_ID.pattern}$"},
    ),
    Filter(
        "site",
        "Rows of one site, by its code: the row's own site, else the site that enrolled the patient.",
        _site,
        lambda spec: not spec.entity.reference,
        {"type": "string"},
    ),
    Filter(
        "record_status",
        "Rows in this state.",
        _record_status,
        lambda spec: True,
        {"type": "string", "enum": list(Status.values)},
    ),
    Filter(
        "modified_since",
        "Rows saved at or after this day or instant (UTC).",
        _modified_since,
        lambda spec: True,
        {"type": "string"},
    ),
    Filter(
        "voided",
        "`true`: the voided rows instead of those in force, so that a copy can drop them.",
        _voided,
        lambda spec: True,
        {"type": "boolean"},
    ),
)


def filters_of(spec: EntitySpec) -> dict[str, Filter]:
    """The filters of one entity by name."""
    return {each.name: each for each in FILTERS if each.applies(spec)}


def parameters_of(spec: EntitySpec) -> list[OpenApiParameter]:
    """The same for the OpenAPI document."""
    return [OpenApiParameter(each.name, each.schema, description=each.words) for each in filters_of(spec).values()]


def refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    """Refuse unknown and repeated parameters: a misspelt filter must not widen the answer."""
    faults: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in known:
            faults[name[:60]] = [f"Unknown parameter; known here: {', '.join(known) or 'none'}."]
        elif len(values) > 1:
            faults[name] = ["Given more than once."]
    if faults:
        raise ValidationError(faults)


Narrowing = Mapping[str, Callable[[QuerySet, str], QuerySet]]


def narrowed(rows: QuerySet, by: Narrowing, request: Request, given: Mapping[str, str] | None = None) -> QuerySet:
    """Rows narrowed by what the request names and by `given`; every fault is refused at once, by name."""
    refuse_unknown(request, (*by, *PAGE_PARAMETERS))
    faults: dict[str, list[str]] = {}
    for name, text in {**(given or {}), **request.query_params.dict()}.items():
        if name in by:
            try:
                rows = by[name](rows, text)
            except BadFilter as fault:
                faults[name] = [str(fault)]
    if faults:
        raise ValidationError(faults)
    return rows


class Narrowed(BaseFilterBackend):
    """Applies what the door's `narrow` names."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        return narrowed(queryset, view.narrow, request)


class AllowedFilters(BaseFilterBackend):
    """Applies the filters of the view's entity. Rows in force only, unless `voided` is asked for."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        by = {name: partial(each.narrow, spec=view.spec) for name, each in filters_of(view.spec).items()}
        return narrowed(queryset, by, request, {"voided": "false"})

"""What the patient list can be narrowed to and sorted by: two short tables, read by the page and by saved views."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, F, Min, OrderBy, OuterRef, QuerySet, Subquery

from registry.access import current_scope
from registry.dictionary.codelists import code_list
from registry.models import CARTInfusion, CARTProduct, DueItem, FollowUp, Patient, Protocol, Query, Site, Status
from registry.models.query import ACTIVE
from registry.overview import pressing
from registry.schedule import DUE, OVERDUE
from registry.standing import STANDINGS, with_standing

LONGEST = 40
OPEN = {
    "findings": "Open errors or warnings",
    "queries": "Queries not closed",
    "overdue": "Something overdue",
    "due": "Something due or overdue",
    "draft": "Patient record is a draft",
}


@dataclass(frozen=True)
class Filter:
    """One way of narrowing: its name in addresses, its words, the values offered, and what a value does.

    `values` gives {value: words}; without it the value is free text."""

    name: str
    label: str
    narrow: Callable[[QuerySet, str], QuerySet]
    values: Callable[[], dict[str, str]] | None = None


@dataclass(frozen=True)
class Sort:
    """One order of the list; the patients without the value come last either way."""

    key: str
    label: str
    column: str
    annotate: Callable[[QuerySet], QuerySet] = lambda patients: patients

    def apply(self, patients: QuerySet, *, descending: bool) -> QuerySet:
        order = OrderBy(F(self.column), descending=descending, nulls_last=True)
        return self.annotate(patients).order_by(order, "registry_id")


@dataclass(frozen=True)
class Chip:
    """One filter in force, and the address of the list without it."""

    words: str
    without: str


@dataclass(frozen=True)
class Asked:
    """How the list is narrowed and sorted, as the address says it; what is not understood narrows nothing."""

    values: dict[str, str]
    sort: str = ""
    descending: bool = False

    def address(self, **changed: str) -> str:
        """The parameters of the list with these changed; empty ones are left out."""
        told = self.values | {"sort": f"{'-' if self.descending else ''}{self.sort}"} | changed
        return urlencode({name: value for name, value in told.items() if value})

    def chips(self, offered: Mapping[str, dict[str, str]]) -> list[Chip]:
        labels = {one.name: one.label for one in FILTERS}
        return [
            Chip(f"{labels[name]}: {offered.get(name, {}).get(value, value)}", self.address(**{name: ""}))
            for name, value in self.values.items()
            if value
        ]


def asked_of(given: Any) -> Asked:
    """The filters and the order that an address names."""
    values = {one.name: given.get(one.name, "").replace("\x00", "").strip()[:LONGEST] for one in FILTERS}
    sort = given.get("sort", "")
    key = sort.removeprefix("-")
    return Asked(values, key if key in SORTS else "", descending=key in SORTS and sort.startswith("-"))


def listed(asked: Asked, *, leaving_out: str = "") -> QuerySet[Patient]:
    """The patients that fit, in the order asked for; one filter can be left out, to count what it would give."""
    patients = Patient.objects.filter(voided=False, merged_into=None).select_related("site")
    for one in FILTERS:
        value = asked.values[one.name]
        if value and one.name != leaving_out:
            patients = one.narrow(patients, value)
    sort = SORTS.get(asked.sort)
    return sort.apply(patients, descending=asked.descending) if sort else patients.order_by("registry_id")


def offered() -> dict[str, dict[str, str]]:
    """The values of every filter that has a list of them."""
    return {one.name: one.values() for one in FILTERS if one.values}


def _site(patients: QuerySet, value: str) -> QuerySet:
    return patients.filter(site_id=_id(value))


def _infused(column: str, patients: QuerySet, value: str) -> QuerySet:
    given = CARTInfusion.objects.filter(patient=OuterRef("pk"), voided=False, **{column: _id(value)})
    return patients.filter(Exists(given))


def _id(value: str) -> int:
    """An id from an address; 0, which no row has, for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def _standing(patients: QuerySet, value: str) -> QuerySet:
    return with_standing(patients).filter(standing=value) if value in STANDINGS else patients


def _open(patients: QuerySet, value: str) -> QuerySet:
    mine = {"patient": OuterRef("pk")}
    conditions = {
        "findings": lambda: Exists(pressing().filter(**mine)),
        "queries": lambda: Exists(Query.objects.filter(**mine, state__in=ACTIVE).order_by()),
        "overdue": lambda: Exists(DueItem.objects.filter(**mine, state=OVERDUE).order_by()),
        "due": lambda: Exists(DueItem.objects.filter(**mine, state__in=(DUE, OVERDUE)).order_by()),
    }
    if value == "draft":
        return patients.filter(record_status=Status.DRAFT)
    return patients.filter(conditions[value]()) if value in conditions else patients


def _sites() -> dict[str, str]:
    rows = Site.objects.filter(voided=False).order_by("code")
    mine = current_scope().sites("read")
    return {str(site.pk): site.code for site in (rows if mine is None else rows.filter(pk__in=mine))}


def _products() -> dict[str, str]:
    labels = code_list("product_code")
    return {str(one.pk): labels.label(one.code) for one in CARTProduct.objects.filter(voided=False).order_by("code")}


def _protocols() -> dict[str, str]:
    return {str(one.pk): one.short_code for one in Protocol.objects.filter(voided=False).order_by("short_code")}


FILTERS = (
    Filter("q", "Registry id", lambda patients, value: patients.filter(registry_id__icontains=value)),
    Filter("site", "Site", _site, _sites),
    Filter("product", "Product", partial(_infused, "product_id"), _products),
    Filter("protocol", "Protocol", partial(_infused, "protocol_id"), _protocols),
    Filter("standing", "Standing", _standing, lambda: {key: words for key, (words, _tone) in STANDINGS.items()}),
    Filter("open", "Open", _open, lambda: OPEN),
)


def _with_infusion(patients: QuerySet) -> QuerySet:
    first = CARTInfusion.objects.filter(patient=OuterRef("pk"), voided=False).order_by()
    return patients.annotate(first_infusion=_one(first, "infusion_date", Min))


def _with_contact(patients: QuerySet) -> QuerySet:
    rows = FollowUp.objects.filter(patient=OuterRef("pk"), voided=False, contact_date__isnull=False)
    return patients.annotate(last_contact=Subquery(rows.order_by("-contact_date").values("contact_date")[:1]))


def _with_due(patients: QuerySet) -> QuerySet:
    rows = DueItem.objects.filter(patient=OuterRef("pk"), state__in=(DUE, OVERDUE)).order_by()
    return patients.annotate(next_due=_one(rows, "closes_on", Min))


def _one(rows: QuerySet, column: str, of: type) -> Subquery:
    return Subquery(rows.values("patient").annotate(value=of(column)).values("value"))


SORTS = {
    one.key: one
    for one in (
        Sort("id", "Registry id", "registry_id"),
        Sort("site", "Site", "site__code"),
        Sort("infusion", "Infusion", "first_infusion", _with_infusion),
        Sort("standing", "Standing", "standing", with_standing),
        Sort("contact", "Last contact", "last_contact", _with_contact),
        Sort("due", "Next due", "next_due", _with_due),
    )
}

"""A small registry for the tests of the screens: two sites, people of every role, filled forms."""

from html.parser import HTMLParser

from django.core.cache import cache
from django.test import Client

from registry.access import ROLES
from registry.entities import dictionary, model_of
from registry.models import Patient, Record, Site
from tests.factories import PARENT_OF, as_system, make
from tests.registry.people import account

#: Entities whose rows hang on a patient, in the order a patient meets them.
CLINICAL = [spec.slug for spec in dictionary() if spec.of_patient]


class World:
    """Sites `here` and `there`, each with a patient; every role at `here`, its name the account's."""

    def __init__(self) -> None:
        cache.clear()
        with as_system():
            self.here: Site = make("site", code="BOS", name="Boston Hospital")
            self.there: Site = make("site", code="CHI", name="Chicago Hospital")
            self.own: Patient = make("patient", site=self.here)
            self.other: Patient = make("patient", site=self.there)

    def client(self, role: str = "coordinator", site: str = "BOS") -> Client:
        """A browser in which a person of this role at this site is signed in."""
        client = Client()
        client.force_login(account(f"{role}-{site}", role, *([] if ROLES[role].all_sites else [site])))
        return client

    def add(self, slug: str, patient: Patient | None = None, **cells: object) -> Record:
        """A stored row with the parents it needs."""
        patient = patient or self.own
        with as_system():
            parents = dict(dictionary()[slug].parents)
            if parents and not parents.keys() & cells.keys():
                column = PARENT_OF.get(slug, tuple(parents))[0]
                held = model_of(parents[column]).objects.filter(patient=patient, voided=False).first()
                cells[column] = held or self.add(parents[column], patient)
            return make(slug, patient=patient, **cells)

    def reload(self, record: Record) -> Record:
        """The record as it stands in the database, beyond any scope."""
        with as_system():
            fresh = type(record)._base_manager.get(pk=record.pk)
            if isinstance(fresh, Patient):
                fresh.identity  # noqa: B018 - read while the scope is open
            return fresh

    def rows(self, slug: str, patient: Patient | None = None) -> list[Record]:
        with as_system():
            return list(model_of(slug).objects.filter(patient=patient or self.own).order_by("pk"))


class _Boxes(HTMLParser):
    """Reads the fields of the entry form as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self.select: str | None = None
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list) -> None:
        got = dict(attrs)
        if tag == "form":
            self.inside = "entry" in got.get("class", "")
        if not self.inside:
            return
        if tag == "input" and got.get("type") not in ("checkbox", "radio"):
            self.sent.setdefault(got.get("name", ""), []).append(got.get("value", ""))
        if tag == "input" and got.get("type") in ("checkbox", "radio") and "checked" in got:
            self.sent.setdefault(got["name"], []).append(got["value"])
        if tag == "select":
            self.select = got.get("name")
        if tag == "option" and self.select and "selected" in got:
            self.sent.setdefault(self.select, []).append(got["value"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "select":
            self.select = None


def boxes(page: object) -> dict[str, list[str]]:
    """What a browser would send from this page's entry form, nothing touched."""
    parser = _Boxes()
    parser.feed(page.content.decode())
    return parser.sent


def fill(client: Client, address: str, **cells: object) -> object:
    """Open a form, type these answers and send it."""
    return client.post(address, boxes(client.get(address)) | cells)

"""How many queries a page of the desk costs: a checked-in baseline, and the same however many rows there are."""

import pytest
from django.utils import timezone

from registry import queries
from registry.sweep import sweep
from tests.factories import as_system
from tests.query_counts import hold, measured
from tests.registry.screens import World

pytestmark = pytest.mark.django_db

PAGES = {
    "home": "/",
    "patient list": "/patients/",
    "patient list, narrowed": "/patients/?q=C19&standing=relapsed&product=1&sort=-due&open=overdue",
    "patient list, forms": "/patients/?show=forms",
    "query, raise many": "/queries/new?chart={own}",
    "patient page": "/patients/{own}/",
    "list of a patient's infusions": "/patients/{own}/infusion/",
    "infusion": "/patients/{own}/infusion/{pk}/",
    "infusion, new": "/patients/{own}/infusion/new",
    "infusion, edit": "/patients/{own}/infusion/{pk}/edit",
    "infusion, who else edits": "/patients/{own}/infusion/{pk}/edit?others",
    "infusion, void": "/patients/{own}/infusion/{pk}/void",
    "infusion, history": "/patients/{own}/infusion/{pk}/history",
    "relapse, new": "/patients/{own}/relapse/new",
    "response, new": "/patients/{own}/response/new",
    "response, several": "/patients/{own}/response/rows",
    "response, sixty": "/patients/{own}/response/rows?rows=60",
    "follow-up, new": "/patients/{own}/follow_up/new",
    "patient, new": "/patients/new",
    "stage": "/stage/lock?row=infusion:{pk}&row=patient:{patient}",
    "stage of a chart": "/stage/lock?chart={own}",
    "quality": "/quality/",
    "quality, rule": "/quality/rules/H50/",
    "quality, completeness": "/quality/completeness/",
    "quality, completeness of fields": "/quality/completeness/?entity=follow_up",
    "quality, follow-up": "/quality/follow-up/",
    "inbox": "/queries/",
    "query": "/queries/{query}/",
    "query, raise": "/patients/{own}/queries/new?entity=infusion&record={pk}",
    "patient, history": "/patients/{own}/history",
    "reference": "/reference/",
    "sites": "/reference/site/",
}


def asked(record, column: str) -> int:
    """A query about a field, with an answer."""
    with as_system():
        return queries.answer(queries.raise_query(record, column, "Sure?"), "Yes.").pk


def grow(world: World) -> None:
    """More of everything: patients, rows, findings, drafts."""
    for number in range(3):
        patient = world.add("patient", site=world.here)
        world.add("infusion", patient)
        world.add("death", patient)
        world.add("infusion", infusion_date=f"2016-0{number + 1}-10")
        world.add("follow_up", contact_date=f"2017-0{number + 1}", disease_status="")
        world.add("relapse", relapse_date=f"2015-0{number + 4}")
        world.add("hsct", hsct_date=f"2018-0{number + 1}-01")
        world.add("site", code=f"S{number}")
    for row in world.rows("infusion"):
        asked(row, "weight_kg")


def test_every_page_costs_what_the_baseline_says_and_no_more_with_more_rows():
    world = World()
    infusion = world.add("infusion")
    world.add("response", infusion=infusion)
    for slug in ("diagnosis", "relapse", "hsct", "follow_up"):
        world.add(slug)
    names = {"pk": infusion.pk, "patient": world.own.pk, "query": asked(infusion, "infusion_date")}
    names |= {"own": world.own.registry_id}
    with as_system():
        sweep(now=timezone.now())
    edited = PAGES["infusion, edit"].format(**names)
    world.client().post(edited, {"then": "keep", "token": "t" * 20, "infusion_date": "2015-01-11"})
    client = world.client("data_manager")

    few = measured(client, PAGES, **names)
    grow(world)
    many = measured(client, PAGES, **names)

    hold("desk", few)
    assert many == few

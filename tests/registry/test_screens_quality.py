"""The data-quality pages: hits and trend, the patients behind a rule, completeness, person-time, who is overdue."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from registry.quality import sparkline
from registry.sweep import sweep
from tests.factories import as_system
from tests.registry.screens import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def swept(days_ago: int = 0) -> None:
    with as_system():
        sweep(now=timezone.now() - timedelta(days=days_ago))


def lines(client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_a_rule_shows_its_hits_its_trend_and_the_change_since_the_last_sweep(world):
    world.add("relapse")
    swept(days_ago=8)
    swept(days_ago=1)
    world.add("relapse", relapse_date="2016-02-02")
    client = world.client("data_manager")

    page = client.get("/quality/").content.decode()
    assert "Open at the last sweeps: 1, 1" in page and "+1" in page
    found = {line["rule"]: line for line in lines(client, "/quality/?format=csv")}
    assert (found["H50"]["open"], found["H50"]["patients"], found["H50"]["severity"]) == ("2", "1", "ERROR")
    assert found["H01"]["open"] == "0"
    assert "No date lies after today." not in page
    assert "No date lies after today." in client.get("/quality/?all=1").content.decode()


def test_a_rule_leads_to_the_patients_concerned(world):
    relapse = world.add("relapse")
    client = world.client("data_manager")

    page = client.get("/quality/rules/H50/").content.decode()
    assert f"/patients/{world.own.registry_id}/relapse/{relapse.pk}/" in page
    assert "Relapse: Relapse date" in page
    (line,) = lines(client, "/quality/rules/H50/?format=csv")
    assert (line["registry_id"], line["record_id"]) == (world.own.registry_id, str(relapse.pk))
    assert client.get("/quality/rules/H01/").status_code == 200
    assert client.get("/quality/rules/nothing/").status_code == 404


def test_completeness_is_told_by_entity_field_and_site(world):
    world.add("follow_up", disease_status="")
    client = world.client("data_manager")
    assert "has not counted" in client.get("/quality/completeness/").content.decode()
    swept()

    page = client.get("/quality/completeness/").content.decode()
    assert "?entity=follow_up" in page and "heat-" in page
    fields = client.get("/quality/completeness/?entity=follow_up").content.decode()
    assert "Disease status" in fields and "0 %" in fields
    found = lines(client, "/quality/completeness/?entity=follow_up&format=csv")
    assert {"entity": "follow_up", "item": "disease_status", "site": "BOS", "answered": "0", "asked": "1"} in found
    for nonsense in ("nothing", "site"):
        assert client.get(f"/quality/completeness/?entity={nonsense}").status_code == 404


def test_follow_up_tells_person_time_and_who_is_overdue(world):
    world.add("infusion", infusion_date="2024-01-10")
    world.add("follow_up", contact_date="2024-07-10")
    swept()
    client = world.client("data_manager")

    page = client.get("/quality/follow-up/").content.decode()
    assert "BOS" in page and "overdue" in page
    late = lines(client, "/quality/follow-up/?format=csv")
    assert late and {line["registry_id"] for line in late} == {world.own.registry_id}
    assert all(line["state"] == "OVERDUE" and int(line["days_left"]) < 0 for line in late)
    assert not lines(client, f"/quality/follow-up/?format=csv&site={world.there.pk}")
    assert client.get("/quality/follow-up/?site=x&state=due&page=-1").status_code == 200


def test_figures_of_other_sites_are_not_told(world):
    world.add("relapse")
    world.add("follow_up", contact_date="2024-07-10", disease_status="")
    swept(days_ago=1)
    stranger = world.client("data_manager", site="CHI")

    for page in ("", "rules/H50/", "completeness/", "follow-up/"):
        shown = stranger.get(f"/quality/{page}").content.decode()
        assert "BOS" not in shown and world.own.registry_id not in shown, page
    assert {line["open"] for line in lines(stranger, "/quality/?format=csv")} == {"0"}
    assert not lines(stranger, "/quality/rules/H50/?format=csv")
    assert {line["site"] for line in lines(stranger, "/quality/completeness/?format=csv")} == {"CHI"}


def test_who_reads_no_records_is_refused(world):
    for role in ("collaborator", "administrator"):
        client = world.client(role)
        for page in ("", "rules/H50/", "completeness/", "follow-up/"):
            assert client.get(f"/quality/{page}").status_code == 403


def test_a_sparkline_rises_with_its_values():
    assert sparkline([0, 2, 1]) == "0.0,21.0 48.0,1.0 96.0,11.0"
    assert sparkline([]) == "" and sparkline([0]) == "0.0,21.0"

"""Registering: consent first, a look for the same person before anything is entered, nothing told of other sites."""

import pytest

from registry.models import Patient
from tests.factories import as_system
from tests.registry.screens import World, boxes, fill

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NEW = "/patients/new"


@pytest.fixture
def world() -> World:
    return World()


def born(world: World, birth_date: str, sex: str = "F", *, site=None, infused: str = ""):
    """Somebody registered already."""
    patient = world.add("patient", site=site or world.here, birth_date=birth_date, sex_at_birth=sex)
    if infused:
        world.add("infusion", patient, infusion_date=infused)
    return patient


def count() -> int:
    with as_system():
        return Patient.objects.count()


def test_consent_and_first_infusion_are_entered_with_the_patient(world):
    answer = fill(world.client(), NEW, birth_date="2009-05", sex_at_birth="F", entry_route="PROSPECTIVE",
                  consent_kind="WAIVER", consent_date="2 Jan 2015", first_infused_on="2015-01-10")  # fmt: skip

    patient = world.client().get(answer.url).context["patient"]
    consent, infusion = world.rows("consent", patient)[0], world.rows("infusion", patient)[0]
    assert (consent.kind, consent.status, str(consent.effective_date)) == ("WAIVER", "WAIVED", "2015-01-02")
    assert (str(infusion.infusion_date), infusion.record_status) == ("2015-01-10", "DRAFT")


#: Who is there (birth date, sex, infusion), who comes (the same), whether the form asks first.
PAIRS = (
    (("2009-05-03", "F", ""), ("2009-05-03", "F", ""), True),
    (("2009-05-03", "F", ""), ("2009-05-04", "F", ""), False),
    (("2009-05-03", "F", ""), ("2009-05", "F", ""), True),
    (("2009-05-03", "M", ""), ("2009-05-03", "F", ""), False),
    (("2009-05-03", "F", ""), ("2009-05-03", "", ""), True),
    (("2009-05", "F", "2015-01-10"), ("2009-05", "F", "2015-01-12"), True),
    (("2009-05", "F", "2015-01-10"), ("2009-05", "F", "2015-03-12"), False),
    (("2009-05-03", "F", "2015-01-10"), ("2009-05-03", "F", "2015-03-12"), True),
    (("2009-05", "F", "2015-01-10"), ("2009-06", "F", "2015-01-10"), False),
)


@pytest.mark.parametrize(("there", "comes", "asks"), PAIRS)
def test_the_form_asks_first_when_the_person_may_be_here(world, there, comes, asks):
    known = born(world, there[0], there[1], infused=there[2])
    before = count()

    answer = fill(world.client(), NEW, birth_date=comes[0], sex_at_birth=comes[1], first_infused_on=comes[2])

    assert answer.status_code == (409 if asks else 302)
    assert count() == before + (not asks)
    if asks:
        assert answer.context["alike"].known == (known,)
        assert known.registry_id in answer.content.decode()


def test_another_person_is_registered_when_the_writer_says_so(world):
    born(world, "2009-05-03")
    client = world.client()
    asked = fill(client, NEW, birth_date="2009-05-03", sex_at_birth="F", entry_route="PROSPECTIVE")

    answer = client.post(NEW, boxes(asked) | {"another": "1"})

    assert answer.status_code == 302
    assert client.get(answer.url).context["patient"].sex_at_birth == "F"


def test_of_another_site_only_the_same_infusion_is_told_and_nobody_named(world):
    there = born(world, "2009-05-03", site=world.there, infused="2015-01-10")
    client = world.client()

    same = fill(client, NEW, birth_date="2009-05", sex_at_birth="F", first_infused_on="2015-01-11")
    apart = fill(client, NEW, birth_date="2009-05-03", sex_at_birth="F")

    assert (apart.status_code, same.status_code) == (302, 409)
    assert same.context["alike"].known == () and same.context["alike"].elsewhere
    page = same.content.decode()
    assert there.registry_id not in page and "Chicago" not in page and "CHI" not in page


def test_the_same_number_at_the_site_is_refused_and_not_kept_in_the_clear(world):
    client = world.client()
    first = fill(client, NEW, birth_date="2009-05-03", site_number=" 4711-B ")
    held = client.get(first.url).context["patient"]

    again = fill(client, NEW, birth_date="2011-07-08", site_number="4711-B")

    assert again.status_code == 422
    assert f"registered already: patient {held.registry_id}" in again.content.decode()
    assert "4711" not in client.get(f"{first.url}history").content.decode()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"consent_kind": "TRIAL"}, "Choose a consent or waiver for the registry"),
        ({"consent_date": "2015-01-02"}, "Say which consent this is the date of"),
        ({"consent_kind": "REGISTRY", "consent_date": "2015-02-30"}, "not a day of the calendar"),
        ({"site_number": "x" * 61}, "t most 60 characters, not 61"),
        ({"first_infused_on": "2015-01"}, "the exact day is required"),
    ],
)
def test_a_bad_answer_beside_the_patient_is_named_and_nobody_registered(world, cells, says):
    before = count()

    answer = fill(world.client(), NEW, birth_date="2009-05-03", **cells)

    assert answer.status_code == 422 and says in answer.content.decode()
    assert count() == before

"""Hostile, huge and impossible input: one clear sentence, nothing half-written, nothing lost, no 500."""

import pytest

from registry.dictionary.items import Kind
from registry.entities import dictionary
from tests.registry.screens import World, boxes

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>\"'; DROP TABLE registry_patient; --{{ 7*7 }}%s"
MIB = "x" * 1024 * 1024


@pytest.fixture
def world() -> World:
    return World()


BAD_ANSWERS = [
    ("infusion_date", "2015-02-30", "not a day of the calendar"),
    ("infusion_date", "2015-03", "the exact day is required"),
    ("infusion_date", "11.12.2015", "may be 11 December or 12 November: write 2015-12-11 or 11 Dec 2015"),
    ("infusion_date", "last year", "is not a date: write YYYY-MM-DD"),
    ("infusion_date", "0015-01-01", "The year 15 is impossible"),
    ("infusion_date", "9999-12-31", "The year 9999 is impossible"),
    ("infusion_date", "2015-00", "is not a day of the calendar"),
    ("dose_total_e6", "-3", "is impossible; it lies in 0 to 100000"),
    ("dose_total_e6", "NaN", "is not a number"),
    ("dose_total_e6", "1e400", "is not a number"),
    ("dose_total_e6", "Infinity", "is not a number"),
    ("dose_total_e6", "1.1234567", "At most 5 decimal places"),
    ("dose_total_e6", "1,5", "is not a number"),
    ("n_fractions", "2.5", "is not a whole number"),
    ("n_fractions", "9" * 40, "is impossible"),
    ("cell_source", HOSTILE, "is not one of"),
    ("product", "1 OR 1=1", "Choose one of the list"),
    ("product", "99999999999999999999999", "Choose one of the list"),
    ("source_document", MIB, "at most"),
    ("infusion_date", MIB, "32 KiB"),
    ("source_document", "chart\x00 7", "Control or text-direction characters"),
    ("source_document", "chart \u202e7", "Control or text-direction characters"),
]


def test_a_bad_answer_is_named_and_nothing_is_stored(world):
    client, page = world.client(), f"/patients/{world.own.registry_id}/infusion/new"
    untouched = boxes(client.get(page)) | {"weight_kg": "31.5"}

    for item, text, says in BAD_ANSWERS:
        answer = client.post(page, untouched | {item: text})
        words = answer.content.decode().replace("&#x27;", "'")

        assert answer.status_code == 422, (item, text[:40])
        assert says in words, (item, text[:40], answer.context["form"].faults())
        assert "<script>alert" not in words
        assert boxes(answer)["weight_kg"] == ["31.5"]
    assert world.rows("infusion") == []


def test_hostile_prose_is_stored_as_it_is_and_shown_as_text(world):
    client, page = world.client(), f"/patients/{world.own.registry_id}/"

    saved = client.post(page + "infusion/new", {"source_document": HOSTILE, "infusion_date": "2015-01-10"})
    row = world.rows("infusion")[0]
    pages = [
        client.get(page + end).content.decode()
        for end in ("", f"infusion/{row.pk}/", f"infusion/{row.pk}/edit", "history")
    ]

    assert saved.status_code == 302 and row.source_document == HOSTILE
    assert not any("<script>alert" in words for words in pages)
    assert all("&lt;script&gt;" in words for words in pages[1:])


def test_every_box_of_every_form_takes_rubbish_with_a_refusal(world):
    """One hostile text in every box at once: a 422 that names each one asked, for every entity."""
    client = world.client("data_manager")
    for spec in dictionary():
        home = "/reference/" if spec.entity.reference else f"/patients/{world.own.registry_id}/"
        page = "/patients/new" if spec.slug == "patient" else f"{home}{spec.slug}/new"
        rubbish = {item.name: [HOSTILE, "\x07"] if item.kind is Kind.CODES else "\x07" + HOSTILE for item in spec.items}

        answer = client.post(page, rubbish | {"parent": "relapse:x", "version": "NaN", "token": HOSTILE})

        assert answer.status_code == 422, spec.slug
        form, unasked = answer.context["form"], {item.name for item in spec.items if item.item.asked_if}
        assert set(form.unread) == unasked, spec.slug
        assert len(form.faults()) + len(unasked) >= len(spec.items), spec.slug


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(world):
    client = world.client()

    answer = client.post(f"/patients/{world.own.registry_id}/infusion/new", {"source_document": MIB * 3})

    assert answer.status_code == 400
    assert "Traceback" not in answer.content.decode()


ODD_QUERIES = (
    "page=0",
    "page=-1",
    "page=x",
    "page=99999999999999999999",
    "site=x",
    "site=" + "9" * 400,
    "site=%C2%B2",
    "standing=nothing",
    "product=x",
    "protocol=%C2%B2",
    "open=nothing",
    "sort=--id",
    "sort=pk",
    "show=nothing",
    "show=forms&page=99",
    "q=%00",
    "q=%F0%28%8C%28",
    "q=" + "z" * 5000,
    "q='%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
)


def test_the_patient_list_takes_any_query(world):
    client = world.client()
    for query in ODD_QUERIES:
        answer = client.get("/patients/?" + query)

        assert answer.status_code == 200, query
        assert "<script>alert" not in answer.content.decode(), query


def test_presets_from_an_address_are_only_text(world):
    answer = world.client().get(
        f"/patients/{world.own.registry_id}/relapse/new",
        {"relapse_date": '"><script>alert(1)</script>', "version": "7"},
    )

    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_a_nested_base_does_not_break_the_conflict_page(world):
    row, client = world.add("follow_up"), world.client()
    edit = f"/patients/{world.own.registry_id}/follow_up/{row.pk}/edit"
    form = boxes(client.get(edit)) | {"version": "99", "change_reason": "x", "base": "[" * 60000}

    assert client.post(edit, form).status_code == 409
    assert client.post(edit, form | {"base": '{"contact_date": {"a": 1}}'}).status_code == 409


def test_void_takes_rubbish_with_a_refusal(world):
    row, client = world.add("follow_up"), world.client()
    void = f"/patients/{world.own.registry_id}/follow_up/{row.pk}/void"

    answers = [
        client.post(void, {"reason": "x" * 501}),
        client.post(void, {"reason": "why", "version": "abc"}),
        client.post(void, {"reason": "\x00"}),
    ]

    assert [answer.status_code for answer in answers] == [422, 409, 422]
    assert not world.reload(row).voided

"""The registry as it stood: replayed from the memory, byte for byte what was extracted then."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from registry import extract, services
from registry.access import Scope, scoped
from registry.entities import dictionary, model_of
from registry.models import Change, Patient
from registry.replay import moment_text, rows_as_of, tables_as_of
from tests.factories import answers, as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

#: What is entered and changed at random: entity -> (item, cells to choose from).
CELLS = {
    "relapse": [
        ("relapse_date", ("2015-08", "2015-08-12", "2016", "UNK")),
        ("marrow_blast_pct", ("12.5", "<5", "0.00001", "ND")),
    ],
    "infusion": [("weight_kg", ("31", "31.25", "")), ("infusion_date", ("2015-01-10", "2015-01-12"))],
    "hsct": [("hsct_date", ("2015-11-01", "2014-02")), ("hsct_type", ("ALLO", "AUTO", "UNK"))],
    "response": [("response", ("CR", "CRi", "NR")), ("marrow_blast_pct", ("<5", "40"))],
    "follow_up": [("contact_date", ("2016-02-01", "2017-03-04"))],
    "death": [("death_date", ("2016-06-01", "2016-06"))],
    "patient": [("birth_date", ("2004-05", "2004-05-06")), ("race", ("2106-3", "2106-3;2028-9", "UNK"))],
    "site": [("code", ("AA", "BB", "CC")), ("name", ("St Elsewhere", "Sainte-\u00c9lodie \u2013 \u201cNord\u201d"))],
    "protocol": [("in_founding_cohort", ("Y", "N")), ("short_code", ("P1", "P2"))],
}  # fmt: skip


def head() -> int:
    return Change.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def enter(dice: random.Random) -> None:
    slug = dice.choice(["patient", "relapse", "hsct", "follow_up", "death", "response", "infusion"])
    patients = list(Patient.objects.filter(voided=False).order_by("pk"))
    make(slug, **({} if slug == "patient" else {"patient": dice.choice(patients) if patients else None}))


def change(dice: random.Random) -> None:
    slug = dice.choice(sorted(CELLS))
    rows = list(model_of(slug).objects.filter(voided=False).order_by("pk"))
    if not rows:
        return
    row = dice.choice(rows)
    item, cells = dice.choice(CELLS[slug])
    owner = None if dictionary()[slug].entity.reference else row if slug == "patient" else row.patient
    given = answers(slug, **{item: dice.choice(cells)})
    services.save_record(slug, patient=owner, record=row, answers=given, reason="chart review")


def void(dice: random.Random) -> None:
    slug = dice.choice(["relapse", "hsct", "follow_up", "death", "response", "patient"])
    rows = list(model_of(slug).objects.filter(voided=False).order_by("pk"))
    if rows:
        services.void_record(dice.choice(rows), reason="entered twice")


def some_operations(seed: int, count: int) -> Iterator[Callable[[], None]]:
    dice = random.Random(seed)
    for _ in range(count):
        what = dice.choices([enter, change, void], [3, 5, 1])[0]
        yield lambda what=what: what(dice)


@pytest.mark.parametrize("seed", [1, 19, 2026])
def test_every_earlier_moment_comes_back_byte_for_byte(seed: int):
    moments: list[tuple[int, dict[str, str]]] = []
    with as_system():
        for operation in some_operations(seed, 25):
            try:
                operation()
            except ValidationError:
                continue  # refused: nothing was written
            moments.append((head(), extract.tables()))
        assert len(moments) > 12
        for position, then in moments:
            replayed = tables_as_of(position, today=timezone.now().date())
            assert replayed == then, differing(replayed, then)


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return [slug for slug in other if one.get(slug) != other[slug]]


def test_now_is_what_the_tables_hold():
    with as_system():
        make("relapse", relapse_date="2015-08", marrow_blast_pct="12.50")
        make("death")

        assert tables_as_of(timezone.now() + timedelta(seconds=1)) == extract.tables()


def test_the_codes_of_references_and_birth_dates_are_those_of_then():
    with as_system():
        infusion = make("infusion")
        site, patient = infusion.site, infusion.patient
        before, then = head(), extract.tables()
        services.save_record("site", record=site, answers=answers("site", code="RENAMED"), reason="merger")
        services.save_record(
            "patient",
            patient=patient,
            record=patient,
            answers=answers("patient", birth_date="2006-01-01"),
            reason="chart",
        )

        assert "RENAMED" not in then["infusion"] and "RENAMED" in extract.tables()["infusion"]
        assert tables_as_of(before) == then


def test_findings_are_those_of_the_past_day():
    with as_system():
        make("follow_up", contact_date="2016-01-15")
        told = tables_as_of(head(), today=date(2015, 6, 1))

    assert told["findings"] != tables_of_today()["findings"]


def tables_of_today() -> dict[str, str]:
    with as_system():
        return tables_as_of(head())


def test_a_time_counts_what_was_written_until_then():
    with as_system():
        make("patient")
        between = datetime.fromisoformat(Change.objects.order_by("-pk").first().at)
        while timezone.now() <= between + timedelta(milliseconds=2):
            pass
        make("patient")

        assert len(rows_as_of(Patient, between + timedelta(milliseconds=1))) == 1
        assert len(rows_as_of(Patient, timezone.now() + timedelta(seconds=1))) == 2
        assert rows_as_of(Patient, datetime(2000, 1, 1, tzinfo=UTC)) == []


def test_rows_come_back_as_the_orm_reads_them():
    with as_system():
        for seed in (3, 4):
            for operation in some_operations(seed, 8):
                try:
                    operation()
                except ValidationError:
                    continue
        untold = {"version", "modified_at", "modified_by"}
        for slug in ("patient", "relapse", "response", "infusion", "site"):
            model = model_of(slug)
            held = [{k: v for k, v in row.items() if k not in untold} for row in model.objects.order_by("pk").values()]
            replayed = [{k: v for k, v in row.items() if k not in untold} for row in rows_as_of(model, head())]
            assert replayed == held


def test_only_who_reads_every_site_may_replay():
    with scoped(Scope(actor="coordinator", grants=(("read", 1),))), pytest.raises(PermissionDenied):
        rows_as_of(Patient, 1)


def test_a_time_is_compared_as_the_memory_writes_it():
    east = datetime.fromisoformat("2026-03-01T01:30:00.5+02:00")

    assert moment_text(east) == "2026-02-28T23:30:00.500000Z"


def test_an_answer_is_not_shared_between_replayed_rows():
    with as_system():
        make("relapse", relapse_date="UNK")
        make("relapse")
        first, second = rows_as_of(model_of("relapse"), head())

    assert first["missing"].get("relapse_date") == "UNK" and "relapse_date" not in second["missing"]

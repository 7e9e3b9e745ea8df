"""Fill an empty PostgreSQL registry with relapsed patients, and export it: `python -m benchmarks.filling PATIENTS DIR`.

By SQL, with the memory switched off: this is the size of a registry, not its way of growing. Every patient of the
founding cohort has a consent, a diagnosis, an infusion, a remission, a relapse and a contact; those who died, a death.
DIR receives what R reads: one CSV file per table with every column, as exported.
"""

import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

COURSES = """
CREATE UNLOGGED TABLE bench_course AS
SELECT i, infused, infused + 28 AS remission, infused + relapse_day AS relapse,
       infused + relapse_day + LEAST(survived, followed) AS last, survived <= followed AS dead
FROM (SELECT i, DATE '2012-01-01' + (random() * 2900)::int AS infused, 40 + (random() * 600)::int AS relapse_day,
             (-ln(1 - random()) * 500)::int AS survived, 30 + (random() * 1200)::int AS followed
      FROM generate_series(1, {patients}) AS i) AS drawn
"""
DRAWN_ALIKE = "SELECT setseed(0.42)"
DAY = "'D'"
#: slug -> what differs from a blank row: column -> SQL over bench_course
ROWS: dict[str, dict[str, str]] = {
    "patient": {"registry_id": "'SYN' || i", "site_id": "{site}", "sex_at_birth": "'F'"},
    "identity": {"patient_id": "i", "site_id": "{site}", "birth_date": "infused - 3000", "birth_date_precision": DAY},
    "consent": {"patient_id": "i", "kind": "'REGISTRY'", "status": "'GIVEN'", "effective_date": "infused - 30",
                "effective_date_precision": DAY},
    "diagnosis": {"patient_id": "i", "disease": "'B_ALL'", "diagnosis_date": "infused - 500",
                  "diagnosis_date_precision": DAY},
    "infusion": {"patient_id": "i", "site_id": "{site}", "protocol_id": "{protocol}", "product_id": "{product}",
                 "infusion_date": "infused", "intent": "'PRIMARY'"},
    "response": {"patient_id": "i", "infusion_id": "i", "context": "'CART'", "assessment_date": "remission",
                 "assessment_date_precision": DAY, "response": "'CR'"},
    "relapse": {"patient_id": "i", "infusion_id": "i", "relapse_date": "relapse", "relapse_date_precision": DAY,
                "level": "'MORPH'"},
    "follow_up": {"patient_id": "i", "contact_date": "CASE WHEN dead THEN relapse ELSE last END",
                  "contact_date_precision": DAY, "contact_kind": "'CLINIC'", "vital_status": "'ALIVE'"},
    "death": {"patient_id": "i", "death_date": "last", "death_date_precision": DAY},
}  # fmt: skip
EXPORTED = ("protocol", "product", "identity", *(slug for slug in ROWS if slug != "identity"), "prior_therapy")


def fill(patients: int, folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection

    from registry.entities import BY_SLUG
    from registry.models import SubjectIdentity

    models = {**BY_SLUG, "identity": SubjectIdentity}
    with connection.cursor() as cursor:
        shared = _shared_rows()
        cursor.execute(DRAWN_ALIKE)
        cursor.execute(COURSES.format(patients=patients))
        for slug, differs in ROWS.items():
            _insert(cursor, models[slug], {name: sql.format(**shared) for name, sql in differs.items()},
                    dead_only=slug == "death")  # fmt: skip
        cursor.execute("DROP TABLE bench_course")
        cursor.execute("ANALYZE")
        folder.mkdir(parents=True, exist_ok=True)
        for slug in EXPORTED:
            table = models[slug]._meta.db_table
            asked = f"COPY {table} TO STDOUT (FORMAT CSV, HEADER)"
            with (folder / f"{slug}.csv").open("wb") as out, cursor.copy(asked) as copy:
                for piece in copy:
                    out.write(piece)


def _shared_rows() -> dict[str, int]:
    from registry import services
    from registry.access import scoped, system_scope
    from registry.dictionary.cells import Answer
    from registry.dictionary.items import Kind
    from registry.entities import dictionary

    asked = {
        "site": {"code": "SYN", "name": "Synthetic benchmark site", "country": "US"},
        "product": {"code": "CTL019", "target": ["CD19"]},
        "protocol": {"short_code": "SYN-1", "title": "SYNTHETIC", "kind": "TRIAL", "in_founding_cohort": True},
    }
    made = {}
    with scoped(system_scope("benchmark")):
        for slug, values in asked.items():
            answers = {name: Answer(value) for name, value in values.items()}
            assert all(dictionary()[slug].by_name[name].kind is not Kind.REFERENCE for name in values)
            made[slug] = services.save_record(slug, answers=answers, reason="benchmark").record.pk
    return made


def _insert(cursor: Any, model: Any, differs: dict[str, str], *, dead_only: bool) -> None:
    """One row per course; the table's triggers and lesser indexes are off while it is filled, and off they stay."""
    from registry.replay import blank

    table = model._meta.db_table
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    values = {"record_status": "'COMPLETE'", "version": "1", "created_at": "now()", "modified_at": "now()",
              "created_by": "'bench'", "modified_by": "'bench'", "id": "i"}  # fmt: skip
    cells = {
        model._meta.get_field(name).column: differs.get(name)
        or values.get(name)
        or _literal(cursor, model, name, default)
        for name, default in blank(model).items()
    }
    names = ", ".join(f'"{name}"' for name in cells)
    where = " WHERE dead" if dead_only else ""
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {', '.join(cells.values())} FROM bench_course{where}")  # noqa: S608 - our own tables


def _literal(cursor: Any, model: Any, name: str, default: Any) -> str:
    """The blank value of a column as SQL."""
    from django.db import connection

    field = model._meta.get_field(name)
    if default is None:
        return "NULL" if field.null else "''"
    if isinstance(default, (dict, list)):
        return "'{}'::jsonb" if isinstance(default, dict) else "'[]'::jsonb"
    if isinstance(default, date):
        return f"'{default}'"
    return cursor.cursor.mogrify("%s", [field.get_db_prep_save(default, connection)])


if __name__ == "__main__":
    fill(int(sys.argv[1]), Path(sys.argv[2]))

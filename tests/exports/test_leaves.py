"""What leaves: at T1 no date, no identifier, no prose of anybody; at T2 true dates; at T3 one site's own patients."""

import json
import re
from datetime import date

import pytest
from django.conf import settings

from exports.pseudonyms import Pseudonyms
from registry.dictionary.items import Kind
from registry.entities import dictionary
from tests.exports.cohort import CANARY, FORMULA
from tests.exports.conftest import CODES, CUTOFF, World
from tests.exports.reading import files_of, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]

DAY = re.compile(rb"\d{4}-\d{2}-\d{2}|\d{4}-\d{2}(?!\d)|\d{2}[./]\d{2}[./]\d{4}")


def real_dates(world: World) -> set[str]:
    """Every date of a patient that the snapshot or the identities hold."""
    found = {born.isoformat() for _who, born in world.identities if born}
    for spec in dictionary():
        if not spec.entity.reference:
            dates = [item.name for item in spec.items if item.kind is Kind.DATE]
            found |= {row[name] for row in rows_of(world.tables[spec.slug]) for name in dates if row.get(name)}
    return found


def test_no_real_date_survives_at_t1(world: World, parts: dict[str, bytes]) -> None:
    dates = real_dates(world)

    assert len(dates) > 500, "the cohort has dates to lose"
    for path, body in parts.items():
        if path != "results.json":  # disclosed results hold days and definitions, no patient's date
            assert not DAY.search(body), path
        for day in dates:
            assert day.encode() not in body, (path, day)


@pytest.mark.parametrize("key", [("T1", "csv"), ("T1", "parquet"), ("T2", "csv")])
def test_no_id_of_the_registry_and_no_planted_text_survives(world: World, key: tuple[str, str]) -> None:
    who = [registry_id.encode() for registry_id, _born in world.identities]
    own_ids = [row["patient"].encode() for row in world.source["patient"]]
    assert len(who) == 40

    for path, body in files_of(world.made[key]).items():
        assert CANARY.encode() not in body and b"HYPERLINK" not in body, path
        for text in (*who, *(one for one in own_ids if len(one) > 4)):
            assert text not in body, path


def test_sites_and_trials_are_codes_at_t1(world: World, parts: dict[str, bytes]) -> None:
    names = [row[name] for slug, columns in (("site", ("code", "name")), ("protocol", ("short_code", "title")))
             for row in rows_of(world.tables[slug]) for name in columns]  # fmt: skip

    for path, body in parts.items():
        for name in names:  # as a word: the letters of a random code may happen to spell it
            assert not re.search(rf"(?<![A-Z0-9]){re.escape(name)}(?![A-Z0-9])", body.decode("latin-1")), (path, name)
    coded = {row["code"] for row in rows_of(parts["tables/site.csv"])}
    assert {row["site"] for row in rows_of(parts["tables/patient.csv"])} <= coded


def test_intervals_between_exact_dates_are_kept(world: World, parts: dict[str, bytes]) -> None:
    """Days since the index infusion are those of the frozen dates, patient by patient."""
    infused = {}
    for row in rows_of(world.tables["infusion"]):
        infused.setdefault(row["patient"], date.fromisoformat(row["infusion_date"]))
    true = sorted((date.fromisoformat(row["contact_date"]) - infused[row["patient"]]).days
                  for row in rows_of(world.tables["follow_up"]) if row["patient"] in shared(world))  # fmt: skip

    told = sorted(int(row["contact_day"]) for row in rows_of(parts["tables/follow_up.csv"]))
    assert told == true


def shared(world: World) -> set[str]:
    """Registry ids of the patients with an active consent to the registry and to sharing."""
    held: dict[str, set[str]] = {}
    for row in rows_of(world.tables["consent"]):
        if row["status"] == "GIVEN":
            held.setdefault(row["patient"], set()).add(row["kind"])
    return {who for who, kinds in held.items() if {"REGISTRY", "SHARING_EXTERNAL"} <= kinds}


def test_rough_dates_are_rounded_at_t1(parts: dict[str, bytes]) -> None:
    steps = {"M": 30, "Y": 365}
    told = [
        (int(row["diagnosis_day"]), row["diagnosis_day_precision"]) for row in rows_of(parts["tables/diagnosis.csv"])
    ]
    rough = [(days, steps[precision]) for days, precision in told if precision in steps]

    assert len(rough) == 2
    assert all(days % step == 0 for days, step in rough)


def test_only_consenting_patients_leave(world: World, parts: dict[str, bytes]) -> None:
    manifest = json.loads(parts["manifest.json"])
    patients = rows_of(parts["tables/patient.csv"])

    assert len(patients) == len(shared(world)) == world.made["T1", "csv"].patients < 40
    assert manifest["files"]["tables/patient.csv"]["rows"] == len(patients)
    known = {row["patient"] for row in patients}
    for path, body in parts.items():
        if path.startswith("tables/"):
            assert {row.get("patient") for row in rows_of(body)} <= known | {None}, path


def test_t2_has_true_dates_and_other_ids(world: World, parts: dict[str, bytes]) -> None:
    t2 = files_of(world.made["T2", "csv"])
    days = sorted(row["infusion_date"] for row in rows_of(t2["tables/infusion.csv"]))

    true = [row["infusion_date"] for row in rows_of(world.tables["infusion"]) if row["patient"] in shared(world)]
    assert days == sorted(true)
    for path in ("tables/patient.csv", "tables/relapse.csv"):
        for name in ("id", "patient"):
            assert not {row[name] for row in rows_of(t2[path])} & {row[name] for row in rows_of(parts[path])}


def test_no_birth_date_leaves_at_any_tier(world: World) -> None:
    """Not the own one, in any row of the patient; another's diagnosis may fall on the same day."""
    births = {who: born.isoformat() for who, born in world.identities if born}

    for tier, code in CODES.items():
        ids = Pseudonyms.under(code, field_key=settings.FIELD_KEY, plain=tier == "T3")
        own = {ids.patient(who): born for who, born in births.items()}
        for path, body in files_of(world.made[tier, "csv"]).items():
            if path.endswith(".csv"):
                for row in rows_of(body):
                    who = row.get("patient") or row.get("USUBJID")
                    assert own.get(who) not in row.values(), (tier, path)


def test_t3_is_one_site_with_its_registry_ids(world: World) -> None:
    files = files_of(world.made["T3", "csv"])
    patients = rows_of(files["tables/patient.csv"])
    known = {row["patient"]: row["site"] for row in rows_of(world.tables["patient"])}

    assert patients and {row["site"] for row in patients} == {world.site}
    assert all(known[row["patient"]] == world.site for row in patients)
    assert "results.json" not in files, "results of the whole registry are not one site's"
    assert f"'{FORMULA}" in files["tables/consent.csv"].decode()
    assert not any(f"{CANARY} ".encode() in body for body in files.values()), "prose leaves at no tier"


def test_nothing_after_the_cut_off_leaves(world: World) -> None:
    t2 = files_of(world.made["T2", "csv"])
    days = [row["contact_date"] for row in rows_of(t2["tables/follow_up.csv"])]

    assert max(days) <= CUTOFF.isoformat()


def test_value_and_reason_stand_in_two_columns(world: World, parts: dict[str, bytes]) -> None:
    told = rows_of(parts["tables/patient.csv"])
    frozen = [row for row in rows_of(world.tables["patient"]) if row["patient"] in shared(world)]

    unknown = sum("race=UNK" in row["missing"].split(";") for row in frozen)
    assert unknown and unknown == sum(row["race_missing"] == "UNK" and not row["race"] for row in told)
    assert not any(row["race"] and row["race_missing"] for row in told)


def test_children_name_rows_that_are_there(parts: dict[str, bytes]) -> None:
    infusions = {row["id"] for row in rows_of(parts["tables/infusion.csv"])}
    linked = [row["infusion_id"] for row in rows_of(parts["tables/response.csv"]) if row["infusion_id"]]

    assert linked and set(linked) <= infusions


def test_the_manifest_withholds_small_counts(world: World) -> None:
    for made in world.made.values():
        manifest = json.loads(files_of(made)["manifest.json"])
        steps = [*manifest["patients"], *(step for one in manifest["endpoints"].values() for step in one["attrition"])]
        counts = [step["n"] for step in steps] + [left["n"] for step in steps for left in step["left"]]
        assert not any(count is not None and 0 < count < 5 for count in counts)


def test_a_few_left_out_patients_cannot_be_told_by_subtraction(world: World, parts: dict[str, bytes]) -> None:
    left = 40 - world.made["T1", "csv"].patients

    assert ("results.json" in parts) == (left == 0 or left >= 5)


def test_the_risk_report_equals_brute_force(parts: dict[str, bytes]) -> None:
    told = json.loads(parts["manifest.json"])["disclosure_risk"]
    keys = [tuple(row[name] for name in told["quasi_identifiers"]) for row in rows_of(parts["tables/patient.csv"])]

    assert told["k"] == min(sum(other == key for other in keys) for key in keys)
    few = sum(sum(other == key for other in keys) < 5 for key in keys)
    assert told["share_in_groups_below_5"] == round(few / len(keys), 3)
    dead = {row["patient"] for row in rows_of(parts["tables/death.csv"])}
    fates = [row["patient"] in dead for row in rows_of(parts["tables/patient.csv"])]
    among = {key: {fate for other, fate in zip(keys, fates, strict=True) if other == key} for key in keys}
    assert told["l"] == min(map(len, among.values()))

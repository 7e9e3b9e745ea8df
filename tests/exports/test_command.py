"""create_agreement, create_token --agreement, export_snapshot: what they write, what they refuse in one sentence."""

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from analytics import ledger
from analytics.freezing import sha256
from analytics.models import Export, FrozenFile, Handover, Snapshot
from exports import bundle
from exports.consent import Consent
from registry.access import system_scope
from registry.memory import acting
from registry.models import Agreement, ApiToken, Change, Site, User
from tests.api.world import make
from tests.exports.conftest import World, agreement
from tests.exports.reading import rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def export(snapshot: Snapshot, folder: Path, *more: str, tier: str = "T1", code: str = "PAPER-1") -> str:
    return run("export_snapshot", str(snapshot.pk), "--tier", tier, "--agreement", code, "--out", str(folder), *more)


@pytest.fixture
def site(db: None, world: World) -> Site:
    with acting(system_scope("test"), "setup"):
        return make(Site, code=world.site, name="A hospital")


def test_an_agreement_is_remembered_with_its_sites(site: Site) -> None:
    text = run("create_agreement", "OWN-1", "--tier", "T3", "--site", site.code, "--until", "2030-01-01")

    assert "T3 full, one site" in text and site.code in text
    assert {"registry_agreement", "registry_agreement_site"} <= set(Change.objects.values_list("entity", flat=True))


REFUSALS = {
    "tier": (["A", "--tier", "T4", "--until", "2030-01-01"], "There is no tier 'T4'"),
    "past": (["A", "--tier", "T1", "--until", "2020-01-01"], "name a day to come"),
    "far": (["A", "--tier", "T1", "--until", "2999-01-01"], "at most 25 years"),
    "date": (["A", "--tier", "T1", "--until", "soon"], "is not a date"),
    "code": (["a b", "--tier", "T1", "--until", "2030-01-01"], "is no code of an agreement"),
    "site": (["A", "--tier", "T1", "--site", "NIX", "--until", "2030-01-01"], "There is no site 'NIX'"),
    "no site": (["A", "--tier", "T3", "--until", "2030-01-01"], "exactly one site"),
    "twice": (["HELD", "--tier", "T1", "--until", "2030-01-01"], "already"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_agreement_is_refused_in_a_sentence(name: str, db: None) -> None:
    agreement("T1", "HELD")
    words, sentence = REFUSALS[name]

    with pytest.raises(CommandError, match=sentence):
        run("create_agreement", *words)

    assert Agreement.objects.count() == 1


def test_a_token_reads_under_an_agreement_that_holds(db: None) -> None:
    User.objects.create(username="colin")
    agreement("T1", "PAPER-1")

    token = run("create_token", "colin", "--agreement", "PAPER-1").strip()
    assert token.startswith("reg_") and ApiToken.objects.get().agreement.code == "PAPER-1"

    run("end_agreement", "PAPER-1", "--reason", "the study was closed")
    with pytest.raises(CommandError, match="was ended on"):
        run("create_token", "colin", "--agreement", "PAPER-1")
    assert Change.objects.filter(reason="the study was closed").exists()


def test_an_export_is_written_with_its_manifest(snapshot: Snapshot, tmp_path: Path) -> None:
    agreement("T1", "PAPER-1")

    text = export(snapshot, tmp_path / "out", "--purpose", "a paper")

    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert "SYNTHETIC DATA" in text and manifest["snapshot"]["synthetic"]
    for path, facts in manifest["files"].items():
        body = (tmp_path / "out" / path).read_bytes()
        assert (len(body), sha256(body)) == (facts["bytes"], facts["sha256"])
        if path.endswith(".csv"):
            assert len(rows_of(body)) == facts["rows"]
    kept, told = Export.objects.get(), Handover.objects.get()
    assert (kept.state, kept.purpose, kept.requested_by) == ("done", "a paper", "system:export_snapshot")
    assert {one["path"]: one["sha256"] for one in told.files} == {p: f["sha256"] for p, f in kept.files.items()}


def test_the_same_export_gives_the_same_bytes(snapshot: Snapshot, tmp_path: Path, world: World) -> None:
    """By another process of another day, into the same directory, with the rows in another order."""
    agreement("T1", "PAPER-1")

    export(snapshot, tmp_path)
    again = {part.path: part.file.sha256 for part in world.made["T1", "csv"].parts}

    assert {path: facts["sha256"] for path, facts in Export.objects.get().files.items()} == again
    before = FrozenFile.objects.count()
    export(snapshot, tmp_path)
    assert FrozenFile.objects.count() == before and Handover.objects.count() == 2


def test_the_ledger_is_told_before_the_first_byte(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement("T1", "PAPER-1")

    def refused(*asked: object, **more: object) -> None:
        raise DatabaseError("the ledger cannot be written")

    monkeypatch.setattr(ledger, "write_down", refused)
    with pytest.raises(CommandError, match="database"):
        export(snapshot, tmp_path / "out")

    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_the_ledger_is_never_changed(snapshot: Snapshot, tmp_path: Path) -> None:
    agreement("T1", "PAPER-1")
    export(snapshot, tmp_path)

    for sql in ("UPDATE analytics_handover SET actor = 'x'", "DELETE FROM analytics_handover"):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_who_withdrew_since_the_snapshot_is_in_no_export(
    snapshot: Snapshot, tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement("T1", "PAPER-1")
    inside = rows_of(dict((p.path, p.body) for p in world.made["T1", "csv"].parts)["tables/patient.csv"])
    whose = [consent for consent in world.consents if consent.kind == "SHARING_EXTERNAL" and consent.granted]
    gone = Consent(whose[-1].patient, "SHARING_EXTERNAL", "WITHDRAWN", date(2024, 1, 1), date(2024, 1, 1))
    monkeypatch.setattr(bundle, "_consents_today", lambda: [*world.consents, gone])

    export(snapshot, tmp_path)

    left = rows_of((tmp_path / "tables/patient.csv").read_bytes())
    assert len(left) == len(inside) - 1


def test_an_agreement_of_one_site_gives_its_patients_only(snapshot: Snapshot, tmp_path: Path, site: Site) -> None:
    agreement("T1", "PAPER-1", sites=(site.code,))

    export(snapshot, tmp_path)

    assert len({row["site"] for row in rows_of((tmp_path / "tables/patient.csv").read_bytes())}) == 1
    assert len(rows_of((tmp_path / "tables/site.csv").read_bytes())) >= 1
    assert not (tmp_path / "results.json").exists()


BAD: dict[str, tuple[list[str], str]] = {
    "snapshot": (["999", "--tier", "T1", "--agreement", "PAPER-1"], "There is no snapshot '999'"),
    "tier": (["1", "--tier", "T9", "--agreement", "PAPER-1"], "There is no tier 'T9'"),
    "other tier": (["1", "--tier", "T2", "--agreement", "PAPER-1"], "is for T1; T2 needs"),
    "agreement": (["1", "--tier", "T1", "--agreement", "NIX"], "There is no agreement 'NIX'"),
    "over": (["1", "--tier", "T1", "--agreement", "OVER"], "has ended"),
    "format": (["1", "--tier", "T1", "--agreement", "PAPER-1", "--format", "xls"], "There is no format 'xls'"),
    "purpose": (["1", "--tier", "T1", "--agreement", "PAPER-1", "--purpose", " "], "Say what the export is for"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_export_is_refused_in_a_sentence(name: str, snapshot: Snapshot, tmp_path: Path) -> None:
    agreement("T1", "PAPER-1")
    over = agreement("T1", "OVER")
    with acting(system_scope("test"), "time goes by"):
        over.until = timezone.now().date() - timedelta(days=1)
        over.save()
    (first, *words), sentence = BAD[name]

    with pytest.raises(CommandError, match=sentence):
        run("export_snapshot", str(snapshot.pk) if first == "1" else first, *words, "--out", str(tmp_path / "out"))

    assert not Export.objects.exists() and not Handover.objects.exists()


def test_a_directory_that_cannot_be_used_is_refused(snapshot: Snapshot, tmp_path: Path) -> None:
    agreement("T1", "PAPER-1")
    (tmp_path / "file").write_text("mine")
    refusals: dict[str, Callable[[], str]] = {
        "holds other files": lambda: export(snapshot, tmp_path),
        "Cannot make the directory": lambda: export(snapshot, tmp_path / "file" / "below"),
    }

    for sentence, attempt in refusals.items():
        with pytest.raises(CommandError, match=sentence):
            attempt()
    assert (tmp_path / "file").read_text() == "mine" and not Handover.objects.exists()

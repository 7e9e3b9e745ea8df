"""Companions of a snapshot: what is said beside its results, computed from its frozen tables and kept beside it.

`readings.json` holds notes, sensitivity runs, date bands, comparisons free of immortal time, regressions
(`analytics.study.readings`); `patients.jsonl` what each patient gives to each result, person-level. A snapshot's
results never depend on them. One set per snapshot and version of the code, immutable like the snapshot; workers
compute it after a run, web pages only read it.
"""

import json
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics import thawing
from analytics.code_version import code_version
from analytics.freezing import Frozen, canonical_json
from analytics.models import Companion, FrozenFile, Snapshot
from analytics.report import disclosure_readings
from analytics.snapshots import answer_of

READINGS = "readings.json"
PATIENTS = "patients.jsonl"


def readings_of(snapshot: Snapshot) -> dict[str, Any]:
    """The readings of a snapshot by this version of the code, undisclosed: kept ones, or computed and kept now."""
    return json.loads(made(snapshot).read(READINGS))


def made(snapshot: Snapshot, *, now: datetime | None = None) -> Companion:
    """The companion of a snapshot by this version of the code: the one kept, or made now. For workers and commands."""
    mine = {"snapshot": snapshot, "code_version": code_version()}
    existing = Companion.objects.filter(**mine).first()
    if existing is not None:
        return existing
    started = time.monotonic()
    files = computed(snapshot)
    told = {path: {"sha256": file.sha256, "bytes": len(file.body)} for path, file in sorted(files.items())}
    companion = Companion(
        **mine, made_at=now or timezone.now(), seconds=round(time.monotonic() - started, 3), files=told
    )
    try:
        with transaction.atomic():
            FrozenFile.keep(files.values())
            companion.save(force_insert=True)
    except IntegrityError:  # another worker was quicker
        return Companion.objects.get(**mine)
    return companion


def computed(snapshot: Snapshot) -> dict[str, Frozen]:
    """The files of a companion, computed from the frozen tables: the same bytes whenever it is asked."""
    from analytics.study.explain import explained
    from analytics.study.readings import readings

    study = thawing.study_of(snapshot)
    return {
        READINGS: Frozen.of_json(readings(study, snapshot.cutoff)),
        PATIENTS: Frozen.text("".join(canonical_json(list(one)) for one in explained(study))),
    }


def kept(snapshot: Snapshot) -> Companion | None:
    """The newest companion of a snapshot, whatever version of the code made it; None while there is none."""
    return snapshot.companions.order_by("-made_at", "-pk").first()


def shown(snapshot: Snapshot, *, disclosed: bool) -> dict[str, Any] | None:
    """The kept readings as a reader may see them; None while there are none. Reads, never computes."""
    companion = kept(snapshot)
    if companion is None:
        return None
    readings = json.loads(companion.read(READINGS))
    return disclosure_readings.safer_readings(readings, answer_of(snapshot)) if disclosed else readings


def patient_in(companion: Companion, patient: str) -> dict[str, Any] | None:
    """What one patient gives to each result, by registry id; None when the snapshot does not know the patient."""
    body = b"\n" + companion.read(PATIENTS)
    start = body.find(b"\n" + canonical_json([patient])[:-2].encode() + b",")
    if start < 0:
        return None
    return json.loads(body[start + 1 : body.index(b"\n", start + 1)])[1]


def without(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """Those of these snapshots that have no companion of this version yet."""
    chosen = list(snapshots)
    have = Companion.objects.filter(snapshot__in=chosen, code_version=code_version())
    having = set(have.values_list("snapshot_id", flat=True))
    return [snapshot for snapshot in chosen if snapshot.pk not in having]

"""Snapshots: freeze the data, compute a plan from the frozen tables only, keep both; recompute to verify.

`take` reads every table in one consistent transaction, then computes outside of it, so editors wait as little
as possible. The same plan, strata, cut-off, data, settings and code give the snapshot that already exists.
Heavy packages are imported inside the functions: web processes read snapshots without them.
"""

import csv
import gc
import io
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from analytics.code_version import code_version, commit, library_versions
from analytics.freezing import Frozen, list_sha256, sha256, sorted_json
from analytics.models import FrozenFile, Snapshot
from analytics.report import disclosure
from analytics.report.headline import headline
from analytics.report.naming import in_words
from registry import extract
from registry.access import scoped, system_scope
from registry.entities import dictionary
from registry.models import Change
from registry.moment import one_moment
from registry.replay import changes_until, tables_as_of

RESULTS = "results.json"
ANSWER_KEYS = ("attrition", "results", "not_stratified")


class Refused(ValueError):
    """The request cannot be answered; its message tells the person who asked why, without patient data."""


def _quiet(step: str) -> None:
    """Nobody listens."""


def take(
    plan: str,
    *,
    cutoff: date,
    by: Iterable[str] = (),
    as_of: datetime | None = None,
    taken_by: str,
    now: datetime | None = None,
    progress: Callable[[str], None] = _quiet,
    settle: Callable[[Snapshot], None] | None = None,
) -> Snapshot:
    """The snapshot of a plan at a cut-off: computed now, or the existing one when nothing has changed.

    `as_of` replays the registry as it stood then. `progress` hears each step; `settle` runs inside the
    transaction that keeps the snapshot and undoes it by raising.
    """
    from analytics.study.conventions import DEFAULT

    started = time.monotonic()
    plan_version, by = _understood(plan, by)
    if as_of is not None and as_of > timezone.now():
        raise Refused("The registry as of a moment to come cannot be known; name a past one, or leave it out.")
    progress("freezing the data")
    tables, memory = freeze(f"snapshot {plan}") if as_of is None else freeze(f"snapshot {plan}", as_of)
    files = {f"tables/{slug}.csv": Frozen.text(text) for slug, text in sorted(tables.items())}
    conventions = DEFAULT.as_json()
    question = {
        "plan": plan,
        "strata": ",".join(by),
        "cutoff": cutoff,
        "as_of": as_of,
        "data_sha256": list_sha256({path: file.sha256 for path, file in files.items()}),
        "code_version": code_version(),
        "conventions_sha256": sha256(sorted_json(conventions).encode()),
    }
    if (existing := _existing(question, settle)) is not None:
        return existing
    progress("computing the analyses")
    answer = compute(plan, tables, cutoff=cutoff, by=by, conventions=DEFAULT)
    files[RESULTS] = Frozen.of_json(answer)
    files["dictionary.json"] = Frozen.of_json(dictionary().as_json())
    shown = in_words(answer, by)
    told = account(tables, shown)
    files |= figures(shown, synthetic=told["synthetic"], progress=progress)
    progress("keeping the snapshot")
    snapshot = Snapshot(
        **question,
        plan_version=plan_version,
        taken_at=now or timezone.now(),
        taken_by=taken_by[:150],
        results_sha256=files[RESULTS].sha256,
        synthetic=told["synthetic"],
        patients=told["patients"],
        headline=told["headline"],
        manifest={
            "format": 1,
            "files": {path: {"sha256": file.sha256, "bytes": len(file.body)} for path, file in sorted(files.items())},
            "rows": told["rows"],
            "patients_per_site": told["patients_per_site"],
            "conventions": conventions,
            "definitions": _definitions(plan),
            "code": {"version": question["code_version"], "commit": commit()},
            "python": ".".join(map(str, sys.version_info[:3])),
            "libraries": library_versions(),
            "memory": memory,
        },
        seconds=round(time.monotonic() - started, 3),
    )
    return _keep(snapshot, files, question, settle)


def _understood(plan: str, by: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The plan's version and its strata, each once, as ordered; Refused when unknown or not allowed."""
    from analytics.study.run import check_strata, plan_of

    try:
        found = plan_of(plan)
        strata = tuple(stratum.key for stratum in check_strata(plan, tuple(by)))
    except ValueError as fault:
        raise Refused(f"{fault}.".replace("..", ".")) from None
    return str(found.version), strata


def _definitions(plan: str) -> dict[str, Any]:
    """The versions of the population and of every question of a plan: what a later comparison looks at."""
    from analytics.study.catalogue import PLANS

    population = PLANS[plan].population
    questions = {analysis.key: analysis.question for analysis in PLANS[plan].analyses}
    return {
        "population": f"{population.key} {population.version}",
        "analyses": {key: getattr(question, "version", 1) for key, question in questions.items()},
    }


# Freezing -----------------------------------------------------------------------------------------


def freeze(purpose: str, as_of: datetime | None = None) -> tuple[dict[str, str], dict[str, Any]]:
    """Every table of every site as canonical text, and where the memory stood, of one and the same moment."""
    with scoped(system_scope(purpose)), one_moment(), _without_collector():
        told = Change.objects.all() if as_of is None else changes_until(as_of)
        head = told.order_by("-pk").values("id", "row_hash").first()
        tables = extract.tables() if as_of is None else tables_as_of(as_of)
        return tables, {"last_change": head["id"], "row_hash": head["row_hash"]} if head else {}


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of cells are made and none of them is garbage: looking for cycles among them took 30 % of the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def is_synthetic(tables: Mapping[str, str]) -> bool:
    """Whether the data are made up: a site's row says so in its name or code.

    Every page and figure then repeats it.
    """
    return "synthetic" in tables.get("site", "").casefold()


def _rows(text: str) -> int:
    """How many rows a canonical table has (quoted line ends included, as csv counts them)."""
    lines = text.count("\n") if '"' not in text else sum(1 for _ in csv.reader(io.StringIO(text, newline="")))
    return max(lines - 1, 0)


def _per_site(patients: str) -> dict[str, int]:
    """How many patients each site enrolled."""
    sites = (row.get("site") or "unknown" for row in csv.DictReader(io.StringIO(patients, newline="")))
    return dict(sorted(Counter(sites).items()))


def account(tables: Mapping[str, str], answer: dict[str, Any]) -> dict[str, Any]:
    """What a snapshot's row and manifest repeat of its tables and results, so that lists need not open them."""
    return {
        "synthetic": is_synthetic(tables),
        "patients": _rows(tables["patient"]),
        "headline": {"open": headline(answer), "disclosed": headline(disclosure.safer(answer))},
        "rows": {slug: _rows(text) for slug, text in sorted(tables.items())},
        "patients_per_site": _per_site(tables["patient"]),
    }


# Computing ----------------------------------------------------------------------------------------


def compute(
    plan: str, tables: Mapping[str, str], *, cutoff: date, by: tuple[str, ...], conventions: Any
) -> dict[str, Any]:
    from analytics.study.run import run

    answer = run(plan, tables, cutoff=cutoff, by=by, conventions=conventions)
    return {key: answer[key] for key in ANSWER_KEYS if key in answer}


def figures(answer: dict[str, Any], *, synthetic: bool, progress: Callable[[str], None] = _quiet) -> dict[str, Frozen]:
    """Every figure twice: for readers with person-level rights, and as the disclosure policy lets it out."""
    from analytics.report.figures import draw, drawings

    safe = disclosure.safer(answer)["results"]
    drawn = {}
    for name, key, way in drawings(answer["results"]):
        progress(f"drawing {name}")
        how = {"drawn": way} if way else {}
        result, told = answer["results"][key], safe[key]
        open_one = Frozen(draw(name, {**result, **how}, synthetic=synthetic))
        drawn[f"figures/{name}.svg"] = open_one
        hidden = open_one if told == result else Frozen(draw(name, {**told, **how}, synthetic=synthetic))
        drawn[f"figures-disclosed/{name}.svg"] = hidden
    return drawn


# Keeping ------------------------------------------------------------------------------------------


def _existing(question: dict[str, Any], settle: Callable[[Snapshot], None] | None) -> Snapshot | None:
    with transaction.atomic():
        existing = Snapshot.objects.filter(**question).first()
        if existing is not None and settle is not None:
            settle(existing)
        return existing


def _keep(
    snapshot: Snapshot,
    files: dict[str, Frozen],
    question: dict[str, Any],
    settle: Callable[[Snapshot], None] | None,
) -> Snapshot:
    """Write files, row and run together or not at all; a twin that was quicker is the answer."""
    for _try in range(2):
        try:
            with transaction.atomic():
                FrozenFile.keep(files.values())
                snapshot.save(force_insert=True)
                if settle is not None:
                    settle(snapshot)
                return snapshot
        except IntegrityError:
            # Somebody kept the same snapshot, or one of its files, in the meantime.
            snapshot.pk = None
            if (twin := _existing(question, settle)) is not None:
                return twin
    raise RuntimeError("The snapshot could not be kept: the database refused it twice.")


# Reading ------------------------------------------------------------------------------------------


def answer_of(snapshot: Snapshot, *, disclosed: bool = False) -> dict[str, Any]:
    """Attrition and results; with `disclosed` as anybody without person-level rights may see them."""
    answer = json.loads(snapshot.read(RESULTS))
    return disclosure.safer(answer) if disclosed else answer


def answer_in_words(snapshot: Snapshot, *, disclosed: bool = False) -> dict[str, Any]:
    """The same with its groups by name, as pages, tables and reports print it."""
    return in_words(answer_of(snapshot, disclosed=disclosed), snapshot.by)


def as_json(snapshot: Snapshot, *, disclosed: bool = False) -> dict[str, Any]:
    """The promised JSON of a snapshot: what was asked, of which data, and every result."""
    return {"snapshot": head_of(snapshot), **answer_of(snapshot, disclosed=disclosed)}


def head_of(snapshot: Snapshot) -> dict[str, Any]:
    """What was asked, of which data, by which code, with which settings."""
    return {
        "id": snapshot.pk,
        "plan": snapshot.plan,
        "plan_version": snapshot.plan_version,
        "cutoff": snapshot.cutoff.isoformat(),
        "taken_at": snapshot.taken_at.isoformat(),
        "data_sha256": snapshot.data_sha256,
        "results_sha256": snapshot.results_sha256,
        "code_version": snapshot.code_version,
        "synthetic": snapshot.synthetic,
        "conventions": snapshot.manifest["conventions"],
        **({"by": list(snapshot.by)} if snapshot.by else {}),
        **({"as_of": snapshot.as_of.isoformat()} if snapshot.as_of else {}),
    }

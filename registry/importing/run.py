"""The way of one import: open, parse, tie, check, write - in one transaction that takes everything or nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from time import monotonic

from django.apps import apps
from django.db import IntegrityError, connection

from registry.access import current_scope
from registry.entities import dictionary
from registry.importing import commit
from registry.importing.bundle import Bundle
from registry.importing.parse import ParsedRow, parse_table
from registry.importing.report import CONTRADICTED, DONE, ERROR, Fault, Refused, Report
from registry.importing.source import Source, open_source
from registry.memory import acting
from registry.models import ImportBatch

#: PostgreSQL: imports follow one another, so that the same source is never taken twice at once.
ONE_AT_A_TIME = 1920
#: An import of more rows than this tells PostgreSQL what its tables hold now.
MANY_ROWS = 1000


class _Undo(Exception):
    """Raised inside the transaction to take nothing: a dry run, or a contradiction under --strict."""


def _quiet(step: str, rows: int) -> None:
    """No progress is shown."""


def _unseen(bundle: Bundle) -> None:
    """Nobody looks at the rows."""


def import_source(
    path: Path,
    *,
    now: datetime,
    site: str = "",
    dry_run: bool = False,
    strict: bool = False,
    encoding: str = "",
    reason: str = "",
    progress: commit.Progress = _quiet,
    seen: Callable[[Bundle], None] = _unseen,
) -> Report:
    """Import a source as the actor of the current scope; never raises for bad input, the report says what is wrong.

    `now` stamps the rows and is the day the checks compare with. A dry run does everything and undoes it. Every change
    is remembered with the import as its reason, and with `reason` where somebody gave one. `seen` is shown the rows
    when all of them are written, before anything is undone.
    """
    report, started = Report(), monotonic()
    try:
        source = open_source(path, dictionary().slugs, encoding=encoding)
        rows, notes = _parse(source, site, progress)
        _take(report, source, rows, notes, now=now, site=site, undo=dry_run, strict=strict, reason=reason,
              progress=progress, seen=seen)  # fmt: skip
    except Refused as refused:
        report.findings = sorted(refused.faults, key=lambda fault: (fault.file, fault.row or 0, fault.column))
        report.patients = {}
    report.seconds = monotonic() - started
    return report


def _parse(source: Source, site: str, progress: commit.Progress) -> tuple[dict[str, list[ParsedRow]], list[Fault]]:
    """The rows of every table; faults join those of the source, notes are what the person should know."""
    rows: dict[str, list[ParsedRow]] = {}
    notes: list[Fault] = []
    for spec in dictionary():
        table = source.tables.get(spec.slug)
        if table is not None:
            parsed, found = parse_table(table, spec, site)
            rows[spec.slug] = parsed or []
            source.unread |= {spec.slug} if parsed is None else set()
            source.faults += [one for one in found if one.severity == ERROR]
            notes += [one for one in found if one.severity != ERROR]
            progress("read", len(table.rows))
    return rows, notes


def _take(
    report: Report,
    source: Source,
    rows: Mapping[str, list[ParsedRow]],
    notes: list[Fault],
    *,
    now: datetime,
    site: str,
    undo: bool,
    strict: bool,
    reason: str,
    progress: commit.Progress,
    seen: Callable[[Bundle], None],
) -> None:
    scope = current_scope()
    try:
        with acting(scope, f"import of {source.sha256[:12]}" + (f": {reason.strip()}" if reason.strip() else "")):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
            bundle = Bundle(rows, scope=scope, site=site, now=now, faults=source.faults, unread=source.unread)
            bundle.write_references()
            bundle.tie()
            findings = commit.check(bundle, now.date(), progress)
            report.findings = notes + bundle.notes + list(commit.told(findings))
            if strict and any(fault.severity == ERROR for fault in report.findings):
                report.exit_code = CONTRADICTED
                raise _Undo
            turned = commit.settle(bundle, findings)
            ended = commit.write(bundle, turned, progress)
            commit.keep_findings(findings, ended, now)
            _account(report, bundle, new_ids=not undo)
            seen(bundle)
            if undo:
                report.status, report.exit_code = "dry_run", DONE
                raise _Undo
            ImportBatch.objects.create(at=now, actor=scope.actor, source_sha256=source.sha256, created=report.created,
                                       updated=report.updated, findings=len(report.findings))  # fmt: skip
        report.status, report.exit_code = "committed", DONE
        if sum(map(len, rows.values())) > MANY_ROWS:
            _analyze()
    except _Undo:
        pass
    except IntegrityError as clash:
        if "anonymous" in str(clash):
            raise
        message = "A row clashes with one that is already in use (perhaps outside your sites); ask a data manager"
        raise Refused([Fault("", None, "", "", "", "unique", ERROR, message)]) from None


def _analyze() -> None:
    """Tell PostgreSQL how full its tables are now.

    Until it knows, it reads a filled registry as if it were empty, and a list of patients takes seconds. On most
    servers it would learn by itself, minutes later.
    """
    if connection.vendor == "postgresql":
        tables = sorted(model._meta.db_table for model in apps.get_app_config("registry").get_models())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE " + ", ".join(map(connection.ops.quote_name, tables)))


def _account(report: Report, bundle: Bundle, *, new_ids: bool) -> None:
    for kind, counts in bundle.outcome.items():
        setattr(report, kind, {slug: counts[slug] for slug in dictionary().slugs if counts.get(slug)})
    known_before = {id(row.target) for row in bundle.rows.get("patient", ()) if row.before is not None}
    for target in bundle.patients.all():
        held = new_ids or id(target) in known_before or not target.rows["patient"]
        report.patients[target.source_id] = target.instance.registry_id if held else None

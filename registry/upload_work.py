"""What workers do with an upload: look what it would do; do it. Both may be asked for twice.

The uploader's rights are read anew when the work begins. Nothing of the file is logged, an error only by its kind.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from registry import uploads
from registry.access import Scope, scope_of, scoped
from registry.entities import dictionary
from registry.importing import Report, import_source
from registry.importing.bundle import Bundle
from registry.importing.report import ERROR, Fault, Refused
from registry.importing.source import open_source
from registry.importing.staged import SAME, staged
from registry.models import ImportBatch, ImportUpload, User

State = ImportUpload.State
log = logging.getLogger(__name__)
SOMETIMES = 0.2
MOST_ROWS = {"sqlite": 20_000, "postgresql": 1_000_000}


def ask(upload: ImportUpload, state: str, *, reason: str = "") -> bool:
    """Put an upload on its way; False when it has left the state it was shown in. `send` gives it to a worker."""
    before = {State.CHECKING: State.CHECKING, State.COMMITTING: State.READY}[state]
    taken = ImportUpload.objects.filter(pk=upload.pk, state=before).update(state=state, reason=reason)
    if taken:
        uploads.note_progress(upload, 0)
        transaction.on_commit(partial(send, upload.pk))
    return bool(taken)


def send(upload: int) -> bool:
    """Tell the workers; False when no broker answers, the page offers to try again."""
    from registry.tasks import import_upload

    try:
        import_upload.delay(upload=upload)
    except (BrokerDown, OSError):
        log.warning("import not sent", extra={"upload": upload})
        return False
    return True


def work(pk: int) -> None:
    """Do what the upload waits for; nothing when it was done meanwhile."""
    upload = ImportUpload.objects.filter(pk=pk).select_related("user").first()
    if upload is None or not upload.working:
        return
    try:
        with scoped(scope_for(upload)):
            _check(upload) if upload.state == State.CHECKING else _commit(upload)
    except Exception as error:
        log.error("import failed", extra={"upload": pk, "kind": type(error).__name__})
        ImportUpload.objects.filter(pk=pk, state=upload.state).update(state=State.FAILED, done_at=timezone.now())
    uploads.forget_files(upload, uploads.PROGRESS)


def scope_for(upload: ImportUpload) -> Scope:
    """What the uploader may do now; their changes carry the id of the upload."""
    user = User.objects.prefetch_related("memberships").get(pk=upload.user_id)
    scope = replace(scope_of(user), request_id=upload.request_id)
    scope.require("import")
    return scope


def _check(upload: ImportUpload) -> None:
    report, told = _run(upload, dry_run=True)
    _keep(upload, report, told)
    _tell(upload, report, State.READY if report.status == "dry_run" else State.REFUSED)


def _commit(upload: ImportUpload) -> None:
    with transaction.atomic():
        held = ImportUpload.objects.select_for_update().get(pk=upload.pk)
        if held.state != State.COMMITTING:
            return
        report, told = _run(upload, dry_run=False)
        done = report.status == "committed"
        if done:
            upload.batch = ImportBatch.objects.filter(actor=upload.user.username).latest("pk")
        _tell(upload, report, State.DONE if done else State.REFUSED)
    _keep(upload, report, told)
    uploads.forget_files(upload, uploads.SOURCE)


def _run(upload: ImportUpload, *, dry_run: bool) -> tuple[Report, dict[tuple, dict]]:
    """The report, and where the rows with findings stand; the changes lie sealed beside the database."""
    places: dict[tuple, dict] = {}
    progress = Throttled(upload)

    def seen(bundle: Bundle) -> None:
        uploads.keep_pages(upload, uploads.CHANGES, _changes(bundle))

    def _changes(bundle: Bundle) -> Iterator[dict]:
        for row in staged(bundle, stored=not dry_run):
            places[row["file"], row["line"]] = {name: row[name] for name in ("slug", "pk", "patient", "kind", "stored")}
            if row["kind"] != SAME:
                yield row

    with uploads.opened(upload) as path:
        fault = _too_long(upload, path)
        if fault is not None:
            report = Report(findings=[fault])
        else:
            report = import_source(path, now=timezone.now(), site=upload.site_code, dry_run=dry_run,
                                   reason=upload.reason, progress=progress, seen=seen)  # fmt: skip
    if report.status == "refused":
        uploads.forget_files(upload, uploads.CHANGES)
        places = {}
    return report, places


def _keep(upload: ImportUpload, report: Report, places: dict[tuple, dict]) -> None:
    findings = (one.as_json() | {"at": places.get((one.file, one.row))} for one in report.findings)
    uploads.keep_pages(upload, uploads.FINDINGS, findings)


class Throttled:
    """Notes how far the work is, a few times a second at most."""

    def __init__(self, upload: ImportUpload) -> None:
        self.upload, self.step, self.through, self.noted = upload, "", 0, 0.0

    def __call__(self, step: str, rows: int) -> None:
        if step == "read":
            return
        step = "checked" if step == "checked" else "stored"
        self.through = rows if step != self.step else self.through + rows
        if step != self.step or monotonic() - self.noted > SOMETIMES:
            uploads.note_progress(self.upload, self.through, step)
            self.noted = monotonic()
        self.step = step


def _too_long(upload: ImportUpload, path: Any) -> Fault | None:
    """More rows than one upload may have; what cannot be read is told by the import itself."""
    try:
        source = open_source(path, dictionary().slugs)
    except Refused:
        return None
    upload.rows = sum(len(table.rows) for table in source.tables.values())
    ImportUpload.objects.filter(pk=upload.pk).update(rows=upload.rows)
    most = MOST_ROWS[connection.vendor]
    if upload.rows <= most:
        return None
    message = f"{upload.rows} rows; one upload takes {most} here. Split it, or ask for the command import_registry"
    return Fault("", None, "", "", "", "limit", ERROR, message)


def _tell(upload: ImportUpload, report: Report, state: str) -> None:
    upload.state, upload.findings = state, len(report.findings)
    upload.created, upload.updated, upload.unchanged = report.created, report.updated, report.unchanged
    upload.done_at = timezone.now() if state != State.READY else None
    upload.save()

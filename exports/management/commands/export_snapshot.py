"""Export a snapshot to a directory, under an agreement."""

import os
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from analytics import ledger
from analytics.management.command import SentenceCommand, a_snapshot
from analytics.models import Export, Handover
from exports import jobs, release
from exports.bundle import Composed, compose
from exports.formats import FORMATS
from exports.profiles import TIERS
from exports.risk import LEAST
from registry import agreements
from registry.access import system_scope

NAME = "export_snapshot"
SHOWN = 60


class Command(SentenceCommand):
    """Computes in this process; no worker is needed. The ledger is told before the first file is written.

    In production an export that singles patients out is kept, but not written, until a second person releases it.
    """

    help = (
        "Export a snapshot under an agreement: one typed table per entity (tables/), one ADTTE-like table per endpoint "
        "(adtte/), dictionary.json and manifest.json with row counts and SHA-256. "
        "Example: manage.py export_snapshot 3 --tier T1 --format csv --agreement DEMO --out export"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", metavar="ID", help="number of the snapshot (list_snapshots)")
        parser.add_argument("--tier", required=True, metavar="T", help=f"{', '.join(TIERS)}: that of the agreement")
        parser.add_argument("--format", default="csv", metavar="F", help=f"{', '.join(FORMATS)} (default csv)")
        parser.add_argument("--agreement", required=True, metavar="CODE", help="made with create_agreement")
        parser.add_argument("--out", required=True, metavar="DIR", help="a directory, new or empty")
        parser.add_argument("--purpose", default="export by command", metavar="TEXT", help="what the ledger remembers")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot, file_format = a_snapshot(options["id"]), options["format"]
        if options["tier"] not in TIERS:
            raise CommandError(f"There is no tier '{options['tier']}'; the tiers are {', '.join(TIERS)}.")
        if file_format not in FORMATS:
            raise CommandError(f"There is no format '{file_format}'; the formats are {', '.join(FORMATS)}.")
        if not options["purpose"].strip():
            raise CommandError("Say what the export is for, or leave --purpose out.")
        try:
            agreement = agreements.holding(options["agreement"], tier=options["tier"])
        except agreements.Refused as refusal:
            raise CommandError(str(refusal)) from None
        folder = Path(options["out"])
        _check(folder)
        made = compose(snapshot, agreement, file_format, progress=self._progress)
        self._progress("")
        _check(folder, made)
        scope = system_scope(NAME)
        purpose = options["purpose"][: jobs.LONGEST_PURPOSE]
        export = self._kept(jobs.new_export(
            snapshot, agreement, file_format=file_format, purpose=purpose, by=scope.actor
        ), made)  # fmt: skip
        ledger.write_down(export, export.files, scope=scope, way=Handover.Way.COMMAND)
        _write(folder, made)
        self._tell(export, folder)

    def _kept(self, export: Export, made: Composed) -> Export:
        """The export, free to leave; CommandError where a second person has to release it first."""
        needed = release.needed(export, made) and not release.given(export, made)
        held = needed and settings.COMMANDS_WAIT_FOR_RELEASE
        jobs.keep(export, made, held=held)
        few = f"the smallest group of patients who share their quasi-identifiers has {made.k}, fewer than {LEAST}"
        if held:
            raise CommandError(
                f"Export {export.pk} waits for release and nothing was written: {few}. A second person who may release "
                f"exports does so on its page, /exports/{export.pk}/; then run the same command again."
            )
        if needed:
            self.stderr.write(f"Note: {few}; in production a second person has to release such an export.")
        return export

    def _progress(self, step: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{step:{SHOWN}}\r", ending="")

    def _tell(self, export: Export, folder: Path) -> None:
        tables = [facts["rows"] for facts in export.files.values() if "rows" in facts]
        mark = "  SYNTHETIC DATA" if export.snapshot.synthetic else ""
        self.stdout.write(
            f"Export {export.pk}: snapshot {export.snapshot_id}, {export.tier}, agreement {export.agreement.code}{mark}"
        )
        self.stdout.write(f"  {export.patients} of {export.snapshot.patients} patients; the manifest says why not all")
        self.stdout.write(f"  {len(tables)} tables, {sum(tables)} rows, {len(export.files)} files in {folder}")


def _check(folder: Path, made: Composed | None = None) -> None:
    """A directory that can be written and holds nothing else than an earlier copy of the same files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    except (OSError, ValueError) as fault:
        raise CommandError(f"Cannot make the directory {folder}: {getattr(fault, 'strerror', fault)}.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(f"Cannot write to the directory {folder}.")
    other = sorted(held - {part.path for part in made.parts}) if made else []
    if other:
        raise CommandError(f"The directory {folder} holds other files ({other[0]}); name a new or empty one.")


def _write(folder: Path, made: Composed) -> None:
    """Every file whole, the manifest last: where it stands the export is complete."""
    try:
        for part in made.parts:
            place = folder / part.path
            place.parent.mkdir(exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as draft:
                draft.write(part.body)
            os.chmod(draft.name, 0o600)
            os.replace(draft.name, place)
    except OSError as fault:
        raise CommandError(f"Cannot write to {folder}: {fault.strerror}; the export is incomplete.") from None

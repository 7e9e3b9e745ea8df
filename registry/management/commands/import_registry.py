"""Imports a bundle of records from a folder, a .zip or an .xlsx workbook."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from registry.access import scoped, system_scope
from registry.importing import Report, import_source
from registry.management.command import SentenceCommand
from registry.management.progress import Bar

SHOWN = 40


class Command(SentenceCommand):
    """Reads SOURCE, checks every row, and stores all of it or nothing."""

    help = (
        "Import records from a folder of CSV files, a .zip of them or an .xlsx workbook (a file or sheet per entity). "
        "Malformed input: nothing is written, exit 2. Contradictions are stored as drafts with findings, or refused "
        "with --strict (exit 3). Example: manage.py import_registry ./bundle --site HOSP_A --dry-run"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", help="folder, .zip or .xlsx")
        parser.add_argument("--site", default="", metavar="CODE", help="site for rows whose column 'site' is blank")
        parser.add_argument("--dry-run", action="store_true", help="report exactly what would be done; write nothing")
        parser.add_argument("--strict", action="store_true", help="refuse contradictions found by the edit checks")
        parser.add_argument("--encoding", default="", help="encoding of the files when it is not UTF-8 or UTF-16")
        parser.add_argument("--json", default="", metavar="FILE", help="write the report as JSON ('-' for the output)")

    def handle(self, *args: Any, **options: Any) -> None:
        keep = self.json_to(options["json"])
        with Bar(self.stderr) as bar, scoped(system_scope("import")):
            report = import_source(
                Path(options["source"]),
                now=timezone.now(),
                site=options["site"].strip(),
                dry_run=options["dry_run"],
                strict=options["strict"],
                encoding=options["encoding"].strip(),
                progress=bar.step,
            )
        if keep:
            keep(f"{json.dumps(report.as_json(), indent=1, ensure_ascii=False)}\n".encode())
        self._tell(report)
        if report.exit_code:
            sys.exit(report.exit_code)

    def _tell(self, report: Report) -> None:
        refused = report.status == "refused"
        out = self.stderr if refused else self.stdout
        for finding in report.findings[:SHOWN]:
            out.write(str(finding))
        if len(report.findings) > SHOWN:
            out.write(f"... and {len(report.findings) - SHOWN} more (--json FILE lists all)")
        if refused:
            self.stderr.write(f"Refused: nothing was written ({len(report.findings)} faults).")
            return
        verb = "Would create" if report.status == "dry_run" else "Created"
        for word, counts in ((verb, report.created), ("updated", report.updated), ("unchanged", report.unchanged)):
            if counts:
                self.stdout.write(f"{word}: " + ", ".join(f"{number} {slug}" for slug, number in counts.items()))
        self.stdout.write(f"{report.status} in {report.seconds:.1f} s, {len(report.findings)} findings")

"""Take a snapshot: freeze the data, compute a plan, keep both."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from analytics import reports, snapshots
from analytics.freezing import canonical_json
from analytics.management import report_folder
from analytics.management.command import SentenceCommand, a_date, a_moment
from analytics.models import Snapshot
from analytics.report.headline import lines

STEP_WIDTH = 60


class Command(SentenceCommand):
    """Computes in this process; no worker is needed."""

    help = (
        "Freeze the data and compute a plan from them: post_cart_relapse, post_infusion or post_transplant. "
        "The same plan, data, cut-off, strata and code give the existing snapshot. What is printed "
        "and written is for the operator and not disclosure-controlled. "
        "Example: manage.py take_snapshot post_cart_relapse --cutoff 2026-06-30 --by sex --json results.json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("plan", metavar="PLAN", help="post_cart_relapse, post_infusion or post_transplant")
        parser.add_argument("--cutoff", metavar="DATE", help="last day that counts, YYYY-MM-DD (default: today)")
        by = "compare groups known at time zero, for example sex; may be repeated: groups cross"
        parser.add_argument("--by", action="append", default=[], metavar="STRATUM", help=by)
        past = "the registry as it stood at the end of a past day (YYYY-MM-DD) or at a time, UTC (default: now)"
        parser.add_argument("--as-of", metavar="MOMENT", help=past)
        parser.add_argument("--json", metavar="FILE", help="write the results as JSON ('-' for the output)")
        report = (
            "write report.html, report.pdf, report.docx, figures/, the numbers and recompute.R into a directory: "
            "a new or empty one, or that of an earlier report, which is replaced"
        )
        parser.add_argument("--report", metavar="DIR", help=report)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        today = now.date()
        cutoff = today if options["cutoff"] is None else a_date(options["cutoff"])
        if cutoff > today:
            self.stderr.write(f"Note: the cut-off {cutoff} lies in the future; everything known today counts.")
        keep = self.json_to(options["json"])
        folder = Path(options["report"]) if options["report"] else None
        besides = Path(options["json"]) if options["json"] else None
        if folder:
            report_folder.check(folder, besides=besides)
        started = timezone.now()
        snapshot = snapshots.take(
            options["plan"],
            cutoff=cutoff,
            by=options["by"],
            as_of=a_moment(options["as_of"], now=now) if options["as_of"] is not None else None,
            taken_by="system:take_snapshot",
            progress=self._progress,
        )
        self._progress("")
        if keep:
            keep(canonical_json(snapshots.as_json(snapshot)).encode())
        if folder:
            report_folder.write_report(folder, reports.build(snapshot, progress=self._progress), besides=besides)
            self._progress("")
            self.stderr.write(f"Wrote report.html, report.pdf, report.docx, figures/ and recompute.R to {folder}")
        self._tell(snapshot, new=snapshot.taken_at >= started)

    def _progress(self, step: str) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{step:{STEP_WIDTH}}\r", ending="")

    def _tell(self, snapshot: Snapshot, *, new: bool) -> None:
        strata = f" by {', '.join(snapshot.by)}" if snapshot.by else ""
        mark = "  SYNTHETIC DATA" if snapshot.synthetic else ""
        answer = snapshots.answer_of(snapshot)
        past = f", registry as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC" if snapshot.as_of else ""
        self.stdout.write(f"Snapshot {snapshot.pk}: {snapshot.plan}{strata}, cut-off {snapshot.cutoff}{past}{mark}")
        studied, results = answer["attrition"][-1]["n"], len(answer["results"])
        self.stdout.write(f"  {studied} patients studied of {snapshot.patients} in the registry; {results} results")
        for line in lines(snapshot.headline["open"]):
            self.stdout.write("\n".join(f"  {told}" for told in line.in_lines()))
        for item in answer.get("not_stratified", ()):
            self.stdout.write(f"  not compared: {item['key']} - {item['reason']}")
        self.stdout.write(f"  data {snapshot.data_sha256[:16]}  results {snapshot.results_sha256[:16]}  "
                          f"code {snapshot.code_version}")  # fmt: skip
        if new:
            self.stdout.write(f"  taken in {snapshot.seconds:.1f} s")
        else:
            self.stdout.write(f"  nothing has changed: it was taken {snapshot.taken_at:%Y-%m-%d %H:%M} UTC")

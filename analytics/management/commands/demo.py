"""Shows the registry on a synthetic cohort."""

import io
import shutil
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from analytics import demo, snapshots
from analytics.management import report_folder
from analytics.management.command import SentenceCommand
from analytics.synthetic import CUTOFF, NOTICE, founding_bundle, write_bundle

LAST_PORT = 65535


class Command(SentenceCommand):
    """Database, synthetic cohort, snapshots through the job queue, founding table; then web, worker and scheduler."""

    help = (
        "Load the synthetic founding cohort, take a snapshot of every plan through Celery, print the founding table "
        "beside the published figures, then serve. Example: manage.py demo --port 8000 (or make demo)"
    )
    refusals = (demo.DemoRefused,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="end after the founding table")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        if not options["no_serve"]:
            self._port_is_free(options["port"])
        self._show(options, started)

    def _port_is_free(self, port: int) -> None:
        if not 1 <= port <= LAST_PORT:
            raise CommandError(f"There is no port {port}; ports are 1 to {LAST_PORT}.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                raise CommandError(f"Port {port} is in use; choose another, for example PORT={port + 1} make demo.")

    def _show(self, options: dict[str, Any], started: float) -> None:
        self.stdout.write("Preparing the database ...")
        call_command("migrate", verbosity=0)
        demo.refuse_real_patients()
        self.stdout.write("Loading the synthetic founding cohort ...")
        self._load()
        password = demo.make_user()
        demo.make_agreement()
        with demo.worker() as process:
            self.stdout.write("Taking a snapshot of every plan through the job queue ...")
            taken = demo.take_snapshots(_plans(), CUTOFF, process, self.stdout.write)
            demo.make_schedule("post_cart_relapse")
            self._table(taken["post_cart_relapse"])
            self._report(taken["post_cart_relapse"], process)
            number = taken["post_cart_relapse"].pk
            self.stdout.write(f"Agreement {demo.AGREEMENT} (T1): python manage.py export_snapshot {number} --tier T1 "
                              f"--format csv --agreement {demo.AGREEMENT} --out export")  # fmt: skip
            self.stdout.write(f"({time.monotonic() - started:.0f} s)")
            if options["no_serve"]:
                return
            address = f"http://127.0.0.1:{options['port']}/"

            def ready() -> None:
                self.stdout.write(f"ready {address} user={demo.USER} password={password}")
                self.stdout.flush()

            demo.serve(options["port"], ready)

    def _report(self, snapshot: Any, process: Any) -> None:
        folder = Path(settings.INSTANCE_DIR) / "report"
        files = demo.reported(snapshot, process)
        try:
            report_folder.write_report(folder, files)
        except CommandError as fault:
            self.stdout.write(f"Report of post_cart_relapse not written: {fault}")
            return
        self.stdout.write(f"Report of post_cart_relapse: {folder}/report.html, report.pdf, report.docx, "
                          "with figures/ and recompute.R")  # fmt: skip

    def _load(self) -> None:
        folder = Path(settings.INSTANCE_DIR) / "founding-bundle"
        shutil.rmtree(folder, ignore_errors=True)
        write_bundle(founding_bundle(), folder)
        told = io.StringIO()
        try:
            call_command("import_registry", str(folder), stdout=told, stderr=told)
        except SystemExit:
            raise CommandError(f"The synthetic cohort was refused: {told.getvalue()[:500]}") from None
        self.stdout.write("  " + told.getvalue().strip().splitlines()[-1])

    def _table(self, snapshot: Any) -> None:
        from analytics.study.founding import founding_table

        rows = founding_table(snapshots.answer_of(snapshot))
        self.stdout.write("")
        self.stdout.write("Founding text (ASPHO 2023, abstract 121) beside the registry's own numbers")
        self.stdout.write(f"{NOTICE}")
        wide = max(len(row["text"]) for row in rows)
        for row in rows:
            mark = {"agrees": "=", "differs": "!", "not built": "-"}.get(row["mark"], row["mark"])
            self.stdout.write(f" {mark} {row['number']:>3}  {row['text']:<{wide}}  {row['own']}")
        agreeing = sum(row["mark"] == "agrees" for row in rows)
        self.stdout.write(f"{agreeing} of {len(rows)} agree (= agrees, ! differs, - not built)")
        if agreeing < len(rows) and not sys.stdout.isatty():
            for row in rows:
                if row["mark"] != "agrees":
                    self.stdout.write(f"   {row['number']}: {row['mark']}. {row['ambiguity']}")


def _plans() -> list[str]:
    from analytics.study.catalogue import PLANS

    return list(PLANS)

"""Compare two snapshots: every number that differs, and why."""

from argparse import ArgumentParser
from typing import Any

from analytics.comparison import Cause, Difference, compared
from analytics.freezing import canonical_json
from analytics.management.command import SentenceCommand, a_snapshot
from analytics.models import Snapshot

#: Causes printed per group of differences; the JSON holds more.
MOST_PRINTED = 12


class Command(SentenceCommand):
    """Exit 0 whether the snapshots differ or not."""

    help = (
        "Compare two snapshots of one plan: every number that differs and its causes - rows added, corrected or "
        "removed (patient, field, who, when, why), another definition, other code. What is printed and written is for "
        "the operator and not disclosure-controlled. Example: manage.py compare_snapshots 12 15 --json differences.json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("a", metavar="A", help="number of the first snapshot")
        parser.add_argument("b", metavar="B", help="number of the second snapshot")
        parser.add_argument("--json", metavar="FILE", help="write the differences as JSON ('-' for the output)")

    def handle(self, *args: Any, **options: Any) -> None:
        keep = self.json_to(options["json"])
        a, b = a_snapshot(options["a"]), a_snapshot(options["b"])
        found = compared(a, b)
        if keep:
            keep(canonical_json(found.as_json()).encode())
        self.stdout.write(f"{described(a)}\n-> {described(b)}")
        if not found.differences:
            self.stdout.write("The results are the same.")
        held: list[Difference] = []
        for difference in found.differences:
            if held and held[-1].causes != difference.causes:
                self._tell(held)
                held = []
            held.append(difference)
        if held:
            self._tell(held)
        if found.silent:
            self.stdout.write("Changed rows that moved no number:")
            self._causes(found.silent)
        for note in found.notes:
            self.stdout.write(f"Note: {note}")
        self.stdout.write(f"differences={len(found.differences)}")

    def _tell(self, differences: list[Difference]) -> None:
        """Numbers with the same causes, then the causes."""
        wide = max(len(f"{one.key} {one.path}") for one in differences)
        for one in differences:
            name = f"{one.key} {one.path}"
            self.stdout.write(f"  {name:<{wide}}  {plain(one.a)} -> {plain(one.b)}")
        self.stdout.write("    because:")
        self._causes(differences[0].causes)

    def _causes(self, causes: tuple[Cause, ...]) -> None:
        for cause in causes[:MOST_PRINTED]:
            self.stdout.write(f"      {sentence(cause)}")
        if len(causes) > MOST_PRINTED:
            self.stdout.write(f"      ... and {len(causes) - MOST_PRINTED} more")


def described(snapshot: Snapshot) -> str:
    """What a snapshot was asked, of which data, by which code."""
    strata = f" by {', '.join(snapshot.by)}" if snapshot.by else ""
    past = f", registry as of {snapshot.as_of:%Y-%m-%d %H:%M} UTC" if snapshot.as_of else ""
    data = f"data {snapshot.data_sha256[:16]}, code {snapshot.code_version}"
    return f"{snapshot}: {snapshot.plan}{strata}, cut-off {snapshot.cutoff}{past}, {data}"


def sentence(cause: Cause) -> str:
    """`corrected C19-7K4TQ-X relapse.relapse_date 2015-08 -> 2015-08-12, by ada, 2026-01-01T10:00: chart review`."""
    said = [cause.kind, *filter(None, (cause.patient, cause.field))]
    if cause.old or cause.new:
        said.append(f"{cause.old or 'blank'} -> {cause.new or 'blank'}")
    who = ", ".join(filter(None, (cause.by and f"by {cause.by}", cause.at and cause.at[:16].replace("T", " "))))
    reason = cause.reason if cause.reason != f"{cause.old} -> {cause.new}" else ""
    return " ".join(said) + (f", {who}" if who else "") + (f": {reason}" if reason else "")


def plain(value: Any) -> str:
    """A value in a line: numbers to four digits, the parts of a group by name."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {plain(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:g}"
    return "-" if value is None else str(value)

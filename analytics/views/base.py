"""What the results pages share: the door, and results as a page shows them."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from analytics.models import Snapshot
from analytics.report.naming import prose, words
from analytics.report.tabulate import Tabulated, tabulate
from analytics.report.wording import count
from analytics.sight import sees_all
from registry.access import current_scope

HOME = ("Results", "results")
#: A cell that begins so would be a formula in a spreadsheet.
FORMULA = ("=", "+", "-", "@", "\t")


class ResultsView(LoginRequiredMixin, View):
    """A page for whoever may see snapshots; `wanted` names another permission."""

    wanted = "snapshot"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        current_scope().require(self.wanted)
        self.disclosed = not sees_all()
        self.reading = "disclosed" if self.disclosed else "open"
        return super().dispatch(request, *args, **kwargs)

    def page(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        shown = {"disclosed": self.disclosed, "may_run": current_scope().can("run")} | context
        return render(self.request, f"results/{template}.html", shown, status=status)


@dataclass(frozen=True)
class Shown:
    """One result as a page shows it; beside: what accompanies it."""

    key: str
    title: str
    definition: str
    figure: str
    table: Tabulated
    stacked: str = ""
    beside: tuple["Shown", ...] = ()


def found(pk: int) -> Snapshot:
    """The snapshot of that number; not found where there is none."""
    if pk > 2**62 or (snapshot := Snapshot.objects.filter(pk=pk).first()) is None:
        raise Http404("There is no such snapshot.")
    return snapshot


def shown(key: str, result: Mapping[str, Any], *, figure: str = "", title: str = "", stacked: str = "") -> Shown:
    """A result with its table in words and the addresses of its figures."""
    return Shown(key, title or words(key), prose(result.get("definition", "")), figure, tabulate(result), stacked)


def noted(note: Mapping[str, Any]) -> tuple[str, str, str]:
    """A note as a page prints it: of how many patients, what, and its code."""
    number = f"{count(note['n'])} patient{'' if note['n'] == 1 else 's'}"
    return "number withheld" if note["n"] is None else number, note["text"], note["code"]


def as_file(name: str, body: bytes | str, kind: str) -> HttpResponse:
    """A download."""
    response = HttpResponse(body, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def as_csv(name: str, tables: Iterable[Tabulated]) -> HttpResponse:
    """Tables as one CSV file, one below the other."""
    text = io.StringIO()
    writer = csv.writer(text)
    for table in tables:
        writer.writerows([[_plain(cell) for cell in row] for row in (table.columns, *table.rows)])
        writer.writerows([_plain(note)] for note in table.notes)
        writer.writerow([])
    return as_file(name, text.getvalue(), "text/csv; charset=utf-8")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell

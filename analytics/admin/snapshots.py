"""Snapshots: the list with its headline numbers, and the page that shows everything a snapshot holds.

People with person-level rights (they may run analyses) see every number; everybody else sees what the
disclosure policy lets out - in figures, tables and downloads alike.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from analytics import checks
from analytics.admin.questions import ByPlan
from analytics.admin.reports import ReportDoors, offered
from analytics.freezing import canonical_json
from analytics.models import Snapshot
from analytics.questions import PLANS
from analytics.report.figures import STACKED
from analytics.report.headline import Line, lines
from analytics.report.naming import compared_by, prose, words
from analytics.report.phrases import in_steps
from analytics.report.tabulate import Tabulated, tabulate
from analytics.report.wording import count
from analytics.sight import sees_all
from analytics.snapshots import answer_in_words, as_json


@dataclass(frozen=True)
class Shown:
    """One result as the page shows it."""

    key: str
    title: str
    definition: str
    figure: str
    stacked: str
    table: Tabulated


class SnapshotAdmin(ReportDoors, admin.ModelAdmin):
    """Snapshots are read, downloaded and verified; nothing changes them."""

    list_display = ("snapshot", "question", "headline_in_words", "cut_off", "taken", "hashes")
    list_display_links = ("snapshot",)
    list_filter = (ByPlan, "synthetic")
    list_per_page = 25
    change_list_template = "admin/analytics/snapshot/list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Snapshot | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Snapshot | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("manifest")

    def get_urls(self) -> list[URLPattern]:
        def door(view: Any) -> Any:
            return self.admin_site.admin_view(view)

        return [
            path("<int:pk>/figure/<slug:key>.svg", door(self.figure), name="analytics_snapshot_figure"),
            path("<int:pk>/results.json", door(self.results), name="analytics_snapshot_results"),
            path("<int:pk>/verify/", door(self.verify), name="analytics_snapshot_verify"),
            *self.report_urls(),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_run = request.user.has_perm("analytics.add_run")
        return super().changelist_view(
            request, {**(extra_context or {}), "title": "Snapshots", "plans": PLANS, "may_run": may_run}
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a snapshot."""
        snapshot = self._found(request, object_id)
        answer = answer_in_words(snapshot, disclosed=not sees_all())
        check, report = snapshot.checks.first(), offered(snapshot)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{snapshot}: {words(snapshot.plan)}",
            "snapshot": snapshot,
            "by": compared_by(snapshot.by),
            "plan": PLANS.get(snapshot.plan, snapshot.plan),
            "headline": _headline(snapshot),
            "studied": count(answer["attrition"][-1]["n"]),
            "attrition": in_steps(answer["attrition"]),
            "results": [_shown(snapshot, key, result) for key, result in answer["results"].items()],
            "not_stratified": [
                (words(item["key"]), prose(item["reason"])) for item in answer.get("not_stratified", ())
            ],
            "conventions": [(words(key), _plain(value)) for key, value in snapshot.manifest["conventions"].items()],
            "libraries": snapshot.manifest["libraries"],
            "manifest": snapshot.manifest,
            "files": sorted(snapshot.manifest["files"].items()),
            "runs": snapshot.runs.all()[:20],
            "check": check,
            "report": report,
            "working": report.waiting or (check is not None and check.finished_at is None),
            "disclosed": not sees_all(),
        }
        return TemplateResponse(request, "admin/analytics/snapshot/page.html", context)

    def figure(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        """A figure as the reader may see it."""
        snapshot = self._found(request, pk)
        folder = "figures" if sees_all() else "figures-disclosed"
        try:
            return HttpResponse(snapshot.read(f"{folder}/{key}.svg"), content_type="image/svg+xml")
        except KeyError:
            raise Http404 from None

    def results(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The promised JSON as a file."""
        snapshot = self._found(request, pk)
        body = canonical_json(as_json(snapshot, disclosed=not sees_all()))
        response = HttpResponse(body, content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="snapshot-{snapshot.pk}.json"'
        return response

    @method_decorator(require_POST)
    def verify(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask a worker to recompute the snapshot."""
        snapshot = self._found(request, pk)
        checks.request(snapshot, requested_by=request.user.get_username())
        messages.success(request, "A worker recomputes the snapshot from its frozen tables.")
        return HttpResponseRedirect(reverse("admin:analytics_snapshot_change", args=[snapshot.pk]) + "#verify")

    def _found(self, request: HttpRequest, pk: Any) -> Snapshot:
        if not self.has_view_permission(request):
            raise PermissionDenied("You may not see snapshots.")
        if not str(pk).isdecimal() or len(str(pk)) > 18:
            raise Http404
        return get_object_or_404(Snapshot, pk=pk)

    # Columns

    @admin.display(description="Snapshot", ordering="id")
    def snapshot(self, snapshot: Snapshot) -> str:
        mark = format_html(' <span class="pill pill-synthetic">{}</span>', "SYNTHETIC") if snapshot.synthetic else ""
        return format_html("{}{}", snapshot, mark)

    @admin.display(description="Plan", ordering="plan")
    def question(self, snapshot: Snapshot) -> str:
        return f"{words(snapshot.plan)}{compared_by(snapshot.by)}"

    @admin.display(description="Cut-off, patients", ordering="cutoff")
    def cut_off(self, snapshot: Snapshot) -> str:
        return format_html("{}<br>{}", snapshot.cutoff.isoformat(), f"{snapshot.patients:,}")

    @admin.display(description="Headline")
    def headline_in_words(self, snapshot: Snapshot) -> str:
        return render_to_string("admin/analytics/snapshot/headline.html", {"headline": _headline(snapshot)})

    @admin.display(description="Taken (UTC)", ordering="taken_at")
    def taken(self, snapshot: Snapshot) -> str:
        return format_html("{}<br>{}", f"{snapshot.taken_at:%Y-%m-%d %H:%M}", f"in {snapshot.seconds:.1f} s")

    @admin.display(description="Data, results, code")
    def hashes(self, snapshot: Snapshot) -> str:
        told = (snapshot.data_sha256, snapshot.results_sha256, snapshot.code_version)
        return format_html_join(mark_safe("<br>"), '<code title="{}">{}</code>', ((one, _short(one)) for one in told))


def _headline(snapshot: Snapshot) -> tuple[Line, ...]:
    return lines(snapshot.headline["open" if sees_all() else "disclosed"])


def _short(digest: str) -> str:
    """The beginning of a hash, without the version of the product before it."""
    return digest.rpartition("+")[2][:8]


def _shown(snapshot: Snapshot, key: str, result: dict[str, Any]) -> Shown:
    def address(name: str) -> str:
        drawn = f"figures/{name}.svg" in snapshot.manifest["files"]
        return reverse("admin:analytics_snapshot_figure", args=[snapshot.pk, name]) if drawn else ""

    figures = address(key), address(f"{key}{STACKED}")
    return Shown(key, words(key), prose(result.get("definition", "")), *figures, tabulate(result))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

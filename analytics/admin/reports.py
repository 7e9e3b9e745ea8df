"""The doors to a snapshot's report, and who is told of new ones by mail."""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from analytics import report_orders, reports
from analytics.models import Schedule, Snapshot, Subscription
from analytics.questions import PLANS
from analytics.report.naming import words
from analytics.sight import sees_all
from registry.models import User

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".R": "text/plain; charset=utf-8",
}
SHOWN = {".html", ".svg", ".png"}  # opened in the browser; everything else is saved
LABELS = {"report.html": "Web page", "report.pdf": "PDF", "report.docx": "Word"}
STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True)
class Offered:
    """The report as the page of a snapshot offers it: documents to open, or why there is none yet."""

    documents: tuple[tuple[str, str], ...]
    files: int
    made: Any
    waiting: bool
    error: str


def offered(snapshot: Snapshot) -> Offered:
    """What the reader finds on the page."""
    report, order = reports.latest_of(snapshot), snapshot.report_orders.first()
    listed = {} if report is None else report.listed(disclosed=not sees_all())
    documents = tuple(
        (LABELS[name], reverse("admin:analytics_snapshot_report", args=[snapshot.pk, name]))
        for name in reports.DOCUMENTS
        if name in listed
    )
    waiting = order is not None and order.done_at is None
    return Offered(documents, len(listed), report.made_at if report else None, waiting, order.error if order else "")


class ReportDoors:
    """Views of `SnapshotAdmin`: a file of the report, all of them in a zip, and asking for one."""

    def report_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("<int:pk>/report/make/", door(self.make_report), name="analytics_snapshot_make_report"),
            path("<int:pk>/report.zip", door(self.bundle), name="analytics_snapshot_bundle"),
            path("<int:pk>/report/<path:name>", door(self.report_file), name="analytics_snapshot_report"),
        ]

    def report_file(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One file as the reader may have it."""
        snapshot = self._found(request, pk)
        try:
            body = reports.read(snapshot, name, disclosed=not sees_all())
        except KeyError:
            raise Http404 from None
        suffix = PurePosixPath(name).suffix
        if suffix == ".html":
            return page(body)
        how = "inline" if suffix in SHOWN else "attachment"
        return _file(body, f"snapshot-{pk}-{PurePosixPath(name).name}", TYPES.get(suffix, "text/plain"), how)

    def bundle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The machine-readable bundle: every file of the report with its manifest."""
        snapshot = self._found(request, pk)
        try:
            body = reports.bundle(snapshot, disclosed=not sees_all())
        except KeyError:
            raise Http404 from None
        return _file(body, f"snapshot-{pk}-report.zip", "application/zip", "attachment")

    @method_decorator(require_POST)
    def make_report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask a worker for the report."""
        snapshot = self._found(request, pk)
        report_orders.request(snapshot, requested_by=request.user.get_username())
        messages.success(request, "A worker writes the report; it appears here in a moment.")
        return HttpResponseRedirect(reverse("admin:analytics_snapshot_change", args=[snapshot.pk]) + "#report")


def _file(body: bytes, name: str, kind: str, how: str) -> HttpResponse:
    response = HttpResponse(body, content_type=kind)
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response


def page(body: bytes) -> HttpResponse:
    """The report as a page: its own style sheet, told by its hash, and nothing else may load or run."""
    found = STYLE.search(body)
    style = base64.b64encode(hashlib.sha256(found.group(1) if found else b"").digest()).decode()
    response = HttpResponse(body, content_type=TYPES[".html"])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'sha256-{style}'; frame-ancestors 'none'; base-uri 'none'; sandbox"
    )
    return response


class SubscriptionForm(forms.ModelForm):
    """A plan, or one schedule."""

    plan = forms.ChoiceField(
        choices=[("", "-"), *PLANS.items()], required=False, help_text="Every scheduled snapshot of this plan, or"
    )
    schedule = forms.ModelChoiceField(
        Schedule.objects.all(), required=False, help_text="the snapshots of this schedule only."
    )
    person = forms.ModelChoiceField(
        User.objects.filter(is_active=True).exclude(email="").order_by("username"),
        help_text="Accounts with a mail address. Who may not see snapshots gets no mail.",
    )

    class Meta:
        model = Subscription
        fields = ("person", "plan", "schedule")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if bool(cleaned.get("plan")) == bool(cleaned.get("schedule")) and not self.errors:
            self.add_error("plan", "Choose a plan or a schedule, one of the two.")
        return cleaned


class SubscriptionAdmin(admin.ModelAdmin):
    """Who gets a mail, with a link and headlines, when a scheduled snapshot is there."""

    form = SubscriptionForm
    list_display = ("person", "what", "since")
    list_select_related = ("person", "schedule")

    @admin.display(description="Is told of")
    def what(self, subscription: Subscription) -> str:
        if subscription.schedule is not None:
            return f"schedule {subscription.schedule.name}"
        return f"every scheduled snapshot of {words(subscription.plan)}"

"""The pages of exports: which there are, a new one asked for, one with its files and who received them."""

import io
import zipfile
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from analytics import labels, ledger, received
from analytics.freezing import sha256
from analytics.models import Export, Handover, Release, Snapshot
from analytics.report.naming import compared_by, words
from analytics.sending import attachment, file_of, name_of, telling
from exports import jobs, release
from exports.bundle import STEPS
from exports.formats import FORMATS
from registry.access import current_scope
from registry.form_fields import ReasonField

PAGE_ROWS, LATEST = 20, 50
PURPOSE = ReasonField(error_messages={"required": "Say what the export is for: the ledger remembers it."})
TONES = {"waiting": "draft", "running": "draft", "held": "warn", "done": "complete", "failed": "bad"}
WHY = ReasonField(error_messages={"required": "Say why it may leave: the release is remembered with its reason."})
#: 1980-01-01, the first day a ZIP file knows: the same files give the same bytes.
NO_TIME = (1980, 1, 1, 0, 0, 0)


class ExportView(LoginRequiredMixin, View):
    """For those who export, and for those who receive under an agreement."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        scope = current_scope()
        if not scope.can("export") and not scope.can("receive"):
            raise PermissionDenied("You may not see exports.")
        return super().dispatch(request, *args, **kwargs)

    def found(self, pk: int) -> Export:
        export = ledger.exports_of(current_scope()).filter(pk=pk).first()
        if export is None:
            raise Http404("There is no such export.")
        return export


class Exports(ExportView):
    """The exports the reader may see, the latest first, and where a new one is asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show()

    def show(self, fault: str = "", status: int = 200) -> HttpResponse:
        scope = current_scope()
        seen = ledger.exports_of(scope).defer("files", "snapshot__manifest", "snapshot__headline")
        page = Paginator(seen, PAGE_ROWS).get_page(self.request.GET.get("page"))
        snapshots = labels.listed(Snapshot.objects.order_by("-pk").defer("manifest", "headline"))[:LATEST]
        context = {
            "page_of": page,
            "rows": [(one, TONES[one.state], words(one.snapshot.plan)) for one in page.object_list],
            "may_ask": scope.can("export"),
            "snapshots": [(one, _named(one)) for one in snapshots] if scope.can("export") else (),
            "agreements": ledger.exportable(scope),
            "formats": FORMATS.values(),
            "given": self.request.POST,
            "fault": fault,
        }
        return render(self.request, "exports/list.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        scope, given = current_scope(), request.POST
        scope.require("export")
        snapshot = _chosen(Snapshot.objects.all(), given.get("snapshot", ""))
        agreement = _chosen(ledger.exportable(scope), given.get("agreement", ""))
        if snapshot is None or agreement is None:
            return self.show("Choose a snapshot and an agreement that holds.", status=422)
        try:
            made = jobs.request(
                snapshot,
                agreement,
                file_format=given.get("format", ""),
                purpose=PURPOSE.clean(given.get("purpose")),
                scope=scope,
            )
        except ValidationError as fault:
            return self.show(" ".join(fault.messages), status=422)
        return HttpResponseRedirect(reverse("export", args=[made.pk]))


def _named(snapshot: Snapshot) -> str:
    told = f"cut-off {snapshot.cutoff.isoformat()}, {snapshot.patients:,} patients"
    return f"{snapshot.pk}: {words(snapshot.plan)}{compared_by(snapshot.by)}, {told}"


def _chosen(rows: Any, text: str) -> Any:
    """The row of that number; None for any other text."""
    return rows.filter(pk=int(text)).first() if text.isascii() and text.isdigit() and len(text) < 18 else None


class ExportPage(ExportView):
    """One export: how far it is, its files, who received them."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(request, self.found(pk))

    def show(self, request: HttpRequest, export: Export, fault: str = "") -> HttpResponse:
        scope, over = current_scope(), export.agreement.over(timezone.now().date())
        files = [(path, facts) for path, facts in export.files.items()]
        context = {
            "export": export,
            "tone": TONES[export.state],
            "plan": words(export.snapshot.plan),
            "cutoff": received.head(export.snapshot, "" if scope.can("export") else export.tier)["cutoff"],
            "form": FORMATS[export.file_format].label,
            "steps": len(STEPS) + 1,
            "step": STEPS.index(export.step) + 1 if export.step in STEPS else 0,
            "holds": not over and export.state != Export.State.HELD,
            "over": over,
            "may_release": release.may_release(export, scope),
            "decided": Release.objects.filter(export=export).first(),
            "fault": fault,
            "reason": request.POST.get("reason", ""),
            "files": files,
            "tables": sum("rows" in facts for _path, facts in files),
            "rows": sum(facts.get("rows", 0) for _path, facts in files),
            "handovers": export.handovers.all()[:LATEST] if scope.can("export") else (),
            "trail": [("Exports", reverse("exports"))],
        }
        return render(request, "exports/export.html", context, status=422 if fault else 200)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The message to the workers may be lost; asking twice does nothing twice."""
        current_scope().require("export")
        export = self.found(pk)
        if export.working:
            jobs.send(export.pk)
            messages.info(request, "The workers were asked again.")
        return HttpResponseRedirect(reverse("export", args=[pk]))


class ExportRelease(ExportPage):
    """A second person lets a held export out, with a reason and their password."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        scope = current_scope()
        scope.require("release")
        export = self.found(pk)
        if not request.user.check_password(request.POST.get("password", "")):
            return self.show(request, export, "That is not your password.")
        try:
            release.release(export, reason=WHY.clean(request.POST.get("reason")), scope=scope)
        except ValidationError as fault:
            return self.show(request, export, " ".join(fault.messages))
        messages.success(request, f"Export {pk} is released.")
        return HttpResponseRedirect(reverse("export", args=[pk]))


class ExportFile(ExportView):
    """A file of an export, as an attachment."""

    def get(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        return file_of(request, self.found(pk), name, way=Handover.Way.PAGE)


class ExportZip(ExportView):
    """All files of an export in one."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        export = self.found(pk)
        if not export.files:
            raise Http404("There are no files yet.")
        files = ledger.bodies(export, export.files)
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
            for path, body in files.items():
                packed.writestr(zipfile.ZipInfo(path, NO_TIME), body, zipfile.ZIP_DEFLATED)
        body, told = sink.getvalue(), telling(export, export.files, way=Handover.Way.PAGE)
        return attachment(request, name_of(export, ".zip"), body, sha256=sha256(body), leaves=told)

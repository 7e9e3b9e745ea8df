"""The import page: send a file, look what it would do, say why, watch it happen, take it back."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry import import_undo, upload_work, uploads
from registry.access import current_scope
from registry.entities import dictionary
from registry.form_fields import ReasonField
from registry.models import ImportUpload, Site

State = ImportUpload.State
PAGE_ROWS = 20
WHY = ReasonField(error_messages={"required": "Say why: the reason is remembered with every change."})
SEVERITIES = {"ERROR": "bad", "WARNING": "warn", "FLAG": "info"}


class ImportView(LoginRequiredMixin, View):
    """For those who may import; everybody sees their own uploads."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        current_scope().require("import")
        return super().dispatch(request, *args, **kwargs)


class Imports(ImportView):
    """The uploads of the reader, and where another is sent."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show()

    def show(self, fault: str = "", status: int = 200) -> HttpResponse:
        sites = current_scope().sites("import")
        named = Site.objects.filter(voided=False).order_by("code")
        mine = ImportUpload.objects.filter(user=self.request.user).order_by("-pk")
        context = {
            "page_of": Paginator(mine, PAGE_ROWS).get_page(self.request.GET.get("page")),
            "sites": named if sites is None else named.filter(pk__in=sites),
            "given": self.request.POST.get("site", ""),
            "fault": fault,
            "now": timezone.now(),
        }
        return render(self.request, "imports/list.html", context, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        sites = current_scope().sites("import")
        code = request.POST.get("site", "")
        held = Site.objects.filter(code=code, voided=False).first() if code else None
        if code and (held is None or (sites is not None and held.pk not in sites)):
            return self.show("Choose one of your sites.", status=422)
        try:
            upload = uploads.take_in(request.user, request.FILES.getlist("files"), site_code=code, now=timezone.now())
        except ValidationError as fault:
            return self.show(" ".join(fault.messages), status=422)
        upload_work.ask(upload, State.CHECKING)
        return HttpResponseRedirect(reverse("import", args=[upload.pk]))


class ImportPage(ImportView):
    """One upload: at work, waiting for a decision, refused, or done."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mine = ImportUpload.objects.filter(user_id=request.user.pk).select_related("batch")
        self.upload = mine.filter(pk=kwargs["pk"]).first()
        if self.upload is None and request.user.is_authenticated and current_scope().can("import"):
            raise Http404("There is no such upload.")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show()

    def show(self, faults: list[str] | None = None, status: int = 200) -> HttpResponse:
        upload = self.upload
        changes, found = (uploads.Pages(upload, part) for part in (uploads.CHANGES, uploads.FINDINGS))
        rows = Paginator([] if upload.working else changes, uploads.CHUNK).get_page(self.request.GET.get("page"))
        findings = Paginator([] if upload.working else found, uploads.CHUNK).get_page(self.request.GET.get("findings"))
        done, step = uploads.progress_of(upload)
        context = {
            "upload": upload,
            "done": done,
            "step": step,
            "expired": upload.expires_at <= timezone.now(),
            "page_of": rows,
            "changes": [(row, _label(row["slug"]), _url(row)) for row in rows.object_list],
            "findings": [(one, SEVERITIES.get(one["severity"], ""), _url(one["at"])) for one in findings.object_list],
            "findings_of": findings,
            "counts": _counts(upload),
            "faults": faults or [],
            "reason": self.request.POST.get("reason", ""),
            "trail": [("Imports", reverse("imports"))],
        }
        return render(self.request, "imports/upload.html", context, status=status)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        act = {"commit": self.commit, "undo": self.undo, "again": self.again, "forget": self.forget}
        try:
            return act.get(request.POST.get("do", ""), self.show)()
        except ValidationError as fault:
            return self.show(fault.messages, status=422)

    def commit(self) -> HttpResponse:
        reason = WHY.clean(self.request.POST.get("reason"))
        if not upload_work.ask(self.upload, State.COMMITTING, reason=reason):
            messages.warning(self.request, "This upload is no longer waiting for a decision.")
        return self.here()

    def again(self) -> HttpResponse:
        """The message to the workers may be lost; asking twice does nothing twice."""
        if self.upload.working and not upload_work.send(self.upload.pk):
            messages.error(self.request, "The workers cannot be reached. Ask an administrator to start them.")
        return self.here()

    def undo(self) -> HttpResponse:
        if self.upload.state == State.DONE:
            import_undo.undo(self.upload, reason=WHY.clean(self.request.POST.get("reason")), now=timezone.now())
            messages.success(self.request, "The import is undone. What it wrote stays readable in the history.")
        return self.here()

    def forget(self) -> HttpResponse:
        """Nothing was imported and nothing shall be: the file goes."""
        undecided = ImportUpload.objects.filter(pk=self.upload.pk, state__in=(State.READY, State.REFUSED), batch=None)
        if undecided.delete()[0]:
            uploads.forget_files(self.upload)
            messages.success(self.request, "The upload is discarded.")
        return HttpResponseRedirect(reverse("imports"))

    def here(self) -> HttpResponse:
        return HttpResponseRedirect(reverse("import", args=[self.upload.pk]))


def _label(slug: str) -> str:
    return dictionary()[slug].entity.label


def _counts(upload: ImportUpload) -> list[tuple[str, int, int, int]]:
    """(entity, new, changed, unchanged) of what the file holds."""
    kinds = (upload.created, upload.updated, upload.unchanged)
    return [
        (spec.entity.plural, *(kind.get(spec.slug, 0) for kind in kinds))
        for spec in dictionary()
        if any(kind.get(spec.slug) for kind in kinds)
    ]


def _url(row: dict | None) -> str:
    """Where a row can be read; empty while it is not stored."""
    if not row or not row["pk"] or (row["kind"] == "new" and not row.get("stored")):
        return ""
    if row["slug"] == "patient":
        return reverse("patient", args=[row["patient"]])
    if dictionary()[row["slug"]].entity.reference:
        return reverse("reference-detail", kwargs={"entity": row["slug"], "pk": row["pk"]})
    return reverse("record-detail", kwargs={"registry_id": row["patient"], "entity": row["slug"], "pk": row["pk"]})

"""Runs: what was asked, how far it is, how it ended; run now, and again after a failure."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from analytics import runs
from analytics.admin.questions import ByPlan, RunForm
from analytics.models import Run, State
from analytics.questions import PLANS
from analytics.report.naming import compared_by, words

ACTIVE = (State.QUEUED, State.RUNNING)


class RunAdmin(admin.ModelAdmin):
    """Runs are asked for, never edited."""

    form = RunForm
    list_display = ("run", "status", "plan_in_words", "cutoff", "requested_by",
                    "requested_at", "duration", "outcome")  # fmt: skip
    list_filter = ("state", ByPlan)
    list_per_page = 50
    list_select_related = ("snapshot",)
    readonly_fields = ("status", "plan_in_words", "cutoff", "requested_by", "requested_at",
                       "schedule", "slot", "tries", "step", "worker", "started_at", "finished_at", "duration",
                       "outcome")  # fmt: skip
    change_list_template = "admin/analytics/run/list.html"
    change_form_template = "admin/analytics/run/page.html"

    def get_fields(self, request: HttpRequest, obj: Run | None = None) -> tuple[str, ...]:
        return ("plan", "cutoff", "by") if obj is None else self.readonly_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Run | None = None) -> tuple[str, ...]:
        return () if obj is None else self.readonly_fields

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        return [
            path("now/", self.admin_site.admin_view(self.now), name="analytics_run_now"),
            path("<int:pk>/again/", self.admin_site.admin_view(self.again), name="analytics_run_again"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Run, form: RunForm, change: bool) -> None:
        """A run that is asked for goes through the ledger, so that its message follows its commit."""
        asked = form.cleaned_data
        made = runs.request(
            asked["plan"], cutoff=asked["cutoff"], by=asked["by"], requested_by=request.user.get_username()
        )
        obj.__dict__.update({k: v for k, v in made.__dict__.items() if k != "_state"})
        obj._state.adding = False

    @method_decorator(require_POST)
    def now(self, request: HttpRequest) -> HttpResponse:
        """Run a plan now: today's cut-off, all patients together."""
        if not self.has_add_permission(request):
            return self._refused(request)
        plan = request.POST.get("plan", "")
        if plan not in PLANS:
            messages.error(request, "There is no such plan.")
            return HttpResponseRedirect(reverse("admin:analytics_run_changelist"))
        return self._asked(request, plan, timezone.now().date(), ())

    @method_decorator(require_POST)
    def again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the question of a run again; the old run stays as it ended."""
        if not self.has_add_permission(request):
            return self._refused(request)
        old = get_object_or_404(Run, pk=pk)
        return self._asked(request, old.plan, old.cutoff, old.by)

    def _asked(self, request: HttpRequest, plan: str, cutoff: Any, by: tuple[str, ...]) -> HttpResponse:
        run = runs.request(plan, cutoff=cutoff, by=by, requested_by=request.user.get_username())
        messages.success(request, f"{run} of '{words(plan)}' is queued.")
        return HttpResponseRedirect(reverse("admin:analytics_run_change", args=[run.pk]))

    def _refused(self, request: HttpRequest) -> HttpResponse:
        from django.core.exceptions import PermissionDenied

        raise PermissionDenied("You may not run analyses.")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        active = Run.objects.filter(state__in=ACTIVE).exists()
        shown = {"plans": PLANS, "may_run": self.has_add_permission(request), "working": active}
        return super().changelist_view(request, {**(extra_context or {}), **shown, "title": "Runs"})

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        run = kwargs.get("obj")
        context |= {
            "run": run,
            "may_run": self.has_add_permission(request),
            "working": run is not None and run.state in ACTIVE,
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        return super().render_change_form(request, context, **kwargs)

    # Columns

    @admin.display(description="Run", ordering="id")
    def run(self, run: Run) -> str:
        return str(run)

    @admin.display(description="State", ordering="state")
    def status(self, run: Run) -> str:
        return format_html('<span class="pill pill-{}">{}</span>', run.state, run.get_state_display())

    @admin.display(description="Plan", ordering="plan")
    def plan_in_words(self, run: Run) -> str:
        return f"{words(run.plan)}{compared_by(run.by)}"

    @admin.display(description="Took")
    def duration(self, run: Run) -> str:
        return "-" if run.seconds is None else f"{run.seconds:.1f} s"

    @admin.display(description="Outcome")
    def outcome(self, run: Run) -> str:
        """The snapshot, the reason of the failure, or the step reached."""
        if run.snapshot_id:
            url = reverse("admin:analytics_snapshot_change", args=[run.snapshot_id])
            return format_html('<a href="{}">{}</a>', url, run.snapshot)
        if run.error:
            return format_html('<span class="error-text">{}</span>', run.error)
        return run.step or "-"

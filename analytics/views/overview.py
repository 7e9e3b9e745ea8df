"""Results at a glance: the latest snapshot of every plan, how its estimates moved, whether it is still of today."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from analytics import history, runs
from analytics.models import Run, SavedAnalysis, Snapshot, State
from analytics.questions import PLANS
from analytics.report.headline import lines
from analytics.report.naming import compared_by, words
from analytics.views.asking import asked_again
from analytics.views.base import HOME, ResultsView

MOST_FAILED = 5
FIGURES = {"post_cart_relapse": "os_relapse", "post_infusion": "os_infusion", "post_transplant": "os_hsct"}
PENDING = (State.QUEUED, State.RUNNING)


class Overview(ResultsView):
    """Every plan with its latest snapshot; runs that wait or failed; analyses kept by name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        newest = {snapshot.plan: snapshot for snapshot in history.latest()}
        return self.page(
            "overview",
            plans=[self._plan(plan, label, newest.get(plan)) for plan, label in PLANS.items()],
            pending=_labelled(Run.objects.filter(state__in=PENDING)[:MOST_FAILED]),
            failed=_labelled(_failed()),
            saved=[(one, *asked_again(one)) for one in SavedAnalysis.objects.all()],
        )

    def _plan(self, plan: str, label: str, snapshot: Snapshot | None) -> dict[str, Any]:
        if snapshot is None:
            return {"key": plan, "label": label, "snapshot": None}
        key = FIGURES[plan]
        drawn = f"figures/{key}.svg" in snapshot.manifest["files"]
        return {
            "key": plan,
            "label": label,
            "snapshot": snapshot,
            "headline": lines(snapshot.headline[self.reading]),
            "trends": history.trends(history.of_question(plan), disclosed=self.disclosed),
            "changes": history.changes_since(snapshot),
            "figure": reverse("results-figure", args=[snapshot.pk, key]) if drawn else "",
            "figure_words": words(key),
        }


def _labelled(found: Iterable[Run]) -> list[tuple[Run, str]]:
    return [(run, PLANS.get(run.plan, run.plan)) for run in found]


def _failed() -> list[Run]:
    """Failed runs of questions nobody has answered since, the newest of each."""
    same = Run.objects.filter(plan=OuterRef("plan"), strata=OuterRef("strata"), pk__gt=OuterRef("pk"))
    unanswered = Run.objects.filter(~Exists(same.exclude(state=State.FAILED)), state=State.FAILED)
    found: dict[tuple[str, str], Run] = {}
    for run in unanswered.order_by("-pk")[:50]:
        found.setdefault((run.plan, run.strata), run)
    return list(found.values())[:MOST_FAILED]


class History(ResultsView):
    """The snapshots of one plan, newest first, with the course of every headline estimate."""

    def get(self, request: HttpRequest, plan: str) -> HttpResponse:
        if plan not in PLANS:
            raise Http404("There is no such plan.")
        strata = request.GET.get("by", "")[:200]
        snapshots = history.of_question(plan, strata)
        listed = [
            (one, lines(one.headline[self.reading]), older.pk if older else None)
            for one, older in zip(snapshots, [*snapshots[1:], None], strict=True)
        ]
        return self.page(
            "history",
            plan=plan,
            label=PLANS[plan],
            by=compared_by([one for one in strata.split(",") if one]),
            lines=listed,
            trends=history.trends(snapshots, disclosed=self.disclosed),
            trail=[(HOME[0], reverse(HOME[1]))],
        )


class RunNow(ResultsView):
    """Ask for a snapshot: of a plan as of today, or what a failed run asked for."""

    wanted = "run"

    def post(self, request: HttpRequest) -> HttpResponse:
        by: tuple[str, ...] = ()
        plan, cutoff = request.POST.get("plan", ""), timezone.now().date()
        if number := request.POST.get("run", ""):
            if not number.isdecimal() or len(number) > 18:
                raise Http404
            old = get_object_or_404(Run, pk=int(number))
            plan, cutoff, by = old.plan, old.cutoff, old.by
        if plan not in PLANS:
            raise PermissionDenied("There is no such plan.")
        waiting = Run.objects.filter(plan=plan, cutoff=cutoff, strata=",".join(by), state__in=PENDING)
        if not waiting.exists():
            runs.request(plan, cutoff=cutoff, by=by, requested_by=request.user.get_username())
        messages.success(request, f"A snapshot of '{PLANS[plan]}' is on its way; this page shows it when it is there.")
        return HttpResponseRedirect(reverse("results"))

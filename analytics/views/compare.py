"""Two snapshots of a plan side by side: every number that differs; why, by a worker, for person-level readers."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from analytics import looks
from analytics.comparison.leaves import Leaf, leaves, shown, told
from analytics.models import Look, Snapshot
from analytics.report.naming import stratum, words
from analytics.snapshots import answer_of
from analytics.views.base import HOME, ResultsView, found
from analytics.views.differences import grouped, measured, place, values
from registry.access import current_scope

MOST = 300
STEPS = ".steps"


class Compare(ResultsView):
    """GET: the differences; POST: ask a worker what caused them."""

    def get(self, request: HttpRequest, a: int, b: int) -> HttpResponse:
        one, other = self._both(a, b)
        sides = [leaves(answer_of(side, disclosed=self.disclosed)) for side in (one, other)]
        leaf_names = [leaf for leaf in told(*sides) if not leaf[1].endswith(STEPS)]
        look = _asked(one, other) if current_scope().can("run") else None
        causes = _causes(look)
        rows = [_row(leaf, sides, causes, by=one.by) for leaf in leaf_names[:MOST]]
        return self.page(
            "compare",
            a=one,
            b=other,
            groups=grouped(rows),
            shown=len(rows),
            more=len(leaf_names) - len(rows),
            look=look,
            notes=(look.body or {}).get("notes", ()) if look else (),
            settings=_settings(one, other),
            trail=[(HOME[0], reverse(HOME[1])), (words(one.plan), reverse("results-plan", args=[one.plan]))],
        )

    def post(self, request: HttpRequest, a: int, b: int) -> HttpResponse:
        current_scope().require("run")
        one, other = self._both(a, b)
        asked = {"a": one.pk, "b": other.pk}
        looks.request(Look.Kind.COMPARISON, asked, requested_by=request.user.get_username())
        return HttpResponseRedirect(reverse("results-compare", args=[a, b]))

    def _both(self, a: int, b: int) -> tuple[Snapshot, Snapshot]:
        one, other = found(a), found(b)
        if one.plan != other.plan:
            raise Http404("Two snapshots of different plans answer different questions.")
        return one, other


def _asked(a: Snapshot, b: Snapshot) -> Look | None:
    return Look.objects.filter(kind=Look.Kind.COMPARISON, asked={"a": a.pk, "b": b.pk}).first()


def _causes(look: Look | None) -> dict[Leaf, list[dict[str, Any]]]:
    if look is None or look.body is None:
        return {}
    return {(one["key"], one["path"]): one["causes"] for one in look.body["differences"]}


def _row(
    leaf: Leaf, sides: list[dict[Leaf, Any]], causes: dict[Leaf, list[Any]], *, by: Sequence[str]
) -> dict[str, Any]:
    a, b = (side.get(leaf) for side in sides)
    unit = next((side[leaf[0], "unit"] for side in sides if (leaf[0], "unit") in side), "")
    one, other = values(shown(a, b), shown(b, a), unit if measured(leaf[1]) else "")
    return {"title": words(leaf[0]), "place": place(leaf[1], by), "a": one, "b": other, "causes": causes.get(leaf, [])}


def _by(snapshot: Snapshot) -> str:
    return " and ".join(map(stratum, snapshot.by)) or "nothing"


def _settings(a: Snapshot, b: Snapshot) -> list[tuple[str, str, str]]:
    """Cut-off, strata, data, code: what differs between the two as they were asked."""
    pairs = (
        ("Cut-off", a.cutoff.isoformat(), b.cutoff.isoformat()),
        ("Compared by", _by(a), _by(b)),
        ("Patients in the registry", str(a.patients), str(b.patients)),
        ("Data", a.data_sha256[:12], b.data_sha256[:12]),
        ("Code", a.code_version, b.code_version),
    )
    return [pair for pair in pairs if pair[1] != pair[2]]

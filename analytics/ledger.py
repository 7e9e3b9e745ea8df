"""What may be received, and the ledger that says what was: the floor below every door to the exports.

A file leaves only while its agreement holds, and only after a row of the ledger that tells who receives what,
for which purpose, has been committed (RELIABILITY EXP-09, EXP-10); one that singles patients out only after a
second person has released it (EXP-07).
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.models import Export, FrozenFile, Handover, Snapshot
from registry.access import Scope
from registry.models import Agreement, AgreementSite, ApiToken

RESULTS = "results.json"


class Held(PermissionDenied):
    """The export waits for a second person: nothing of it leaves."""


class Ended(PermissionDenied):
    """The agreement has ended: nothing is received under it any more."""


def agreements_of(scope: Scope) -> QuerySet[Agreement]:
    """The agreements under which the reader may receive: those of the token or of the person's tokens, and for
    those who export all that lie within their sites."""
    if scope.agreement is not None:
        return Agreement.objects.filter(pk=scope.agreement) if scope.can("receive") else Agreement.objects.none()
    mine = _within(scope.sites("export")) if scope.can("export") else Q(pk__in=())
    if scope.can("receive"):
        now = timezone.now()
        held = ApiToken.objects.filter(user__username=scope.actor, revoked_at=None, expires_at__gt=now)
        mine |= Q(pk__in=held.exclude(agreement=None).values("agreement"))
    return Agreement.objects.filter(mine)


def exportable(scope: Scope) -> QuerySet[Agreement]:
    """The agreements that hold today and under which the reader may ask for exports."""
    if not scope.can("export"):
        return Agreement.objects.none()
    today = timezone.now().date()
    return Agreement.objects.filter(_within(scope.sites("export")), ended_at=None, until__gte=today)


def releasable(scope: Scope) -> QuerySet[Agreement]:
    """The agreements under which the reader may release what somebody else asked for."""
    return Agreement.objects.filter(_within(scope.sites("release")) if scope.can("release") else Q(pk__in=()))


def _within(sites: tuple[int, ...] | None) -> Q:
    """Agreements that cover no other sites than these."""
    if sites is None:
        return Q(pk__gt=0)  # all of them; an empty Q would vanish in an "or"
    covering = AgreementSite.objects.all()
    beyond = covering.exclude(site__in=sites)
    return Q(pk__in=covering.values("agreement")) & ~Q(pk__in=beyond.values("agreement"))


def exports_of(scope: Scope) -> QuerySet[Export]:
    """The exports the reader may see; one of another agreement is not there."""
    return Export.objects.filter(agreement__in=agreements_of(scope)).select_related("agreement", "snapshot")


def results_of(scope: Scope) -> QuerySet[Export]:
    """The exports the reader may receive that hold the disclosed results of their snapshot."""
    return exports_of(scope).filter(state=Export.State.DONE, files__has_key=RESULTS)


def snapshots_of(scope: Scope) -> QuerySet[Snapshot]:
    """The snapshots whose disclosed results were exported under the reader's agreement."""
    return Snapshot.objects.filter(pk__in=results_of(scope).order_by().values("snapshot"))


def require_holding(export: Export) -> None:
    """Raise unless something may be received under the export's agreement today."""
    require_in_force(export.agreement)


def require_in_force(agreement: Agreement) -> None:
    """Raise unless something may be received under the agreement today; the sentence says since when, and whom to
    ask."""
    if over := agreement.over(timezone.now().date()):
        raise Ended(
            f"The agreement {agreement.code} {over}: nothing more is received under it. For a new one ask the "
            "registry's data managers or statisticians."
        )


def require_released(export: Export) -> None:
    """Raise while an export that singles patients out waits for a second person."""
    if export.state == Export.State.HELD:
        raise Held(
            f"Export {export.pk} waits for release: its smallest group of patients who share their quasi-identifiers "
            f"has {export.k}. A second person who may release exports does so on its page."
        )


def bodies(export: Export, paths: Iterable[str]) -> dict[str, bytes]:
    """The bytes of these files while the agreement holds and none waits for release; KeyError for a file that the
    export does not have.

    Who sends them on tells the ledger first (`write_down`).
    """
    hashes = {path: export.files[path]["sha256"] for path in paths}
    require_holding(export)
    require_released(export)
    held = FrozenFile.objects.in_bulk(set(hashes.values()))
    return {path: held[sha256].body for path, sha256 in hashes.items()}


def write_down(export: Export, files: dict[str, dict], *, scope: Scope, way: str) -> Handover:
    """A row of the ledger, committed before anything leaves: it outlives what happens afterwards."""
    with transaction.atomic(durable=True):
        return Handover.objects.create(
            export=export,
            snapshot_id=export.snapshot_id,
            agreement=export.agreement.code,
            tier=export.tier,
            file_format=export.file_format,
            purpose=export.purpose,
            files=[{"path": path, **facts} for path, facts in files.items()],
            way=way,
            actor=scope.actor,
            at=timezone.now(),
            request_id=scope.request_id,
        )

"""Release by a second person of an export that singles patients out (RELIABILITY EXP-07).

Held are exports of real patients to others (T1, T2) in which fewer than 5 patients share their quasi-identifiers.
T3 gives a site its own patients back, whom it knows; invented patients are nobody.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from analytics import ledger
from analytics.models import Export, Release
from exports.bundle import Composed
from exports.profiles import T3
from exports.risk import LEAST
from registry.access import Scope

MANIFEST = "manifest.json"


def needed(export: Export, made: Composed) -> bool:
    """Whether these files leave only after a second person has released them."""
    if export.tier == T3 or export.snapshot.synthetic or made.k is None:
        return False
    return made.k < LEAST


def given(export: Export, made: Composed) -> bool:
    """Whether these very bytes were released under the agreement before."""
    return Release.objects.filter(
        manifest_sha256=made.manifest_sha256, export__agreement=export.agreement_id, export__tier=export.tier
    ).exists()


def may_release(export: Export, scope: Scope) -> bool:
    """Whether the reader is a second person who may release this export now."""
    return export.state == Export.State.HELD and not _refusal(export, scope)


def release(export: Export, *, reason: str, scope: Scope, now: datetime | None = None) -> Release:
    """Let a held export out; PermissionDenied or ValidationError say what is wrong."""
    now = now or timezone.now()
    reason = " ".join(reason.split())
    if not reason:
        raise ValidationError("Say why it may leave: the release is remembered with its reason.")
    if refusal := _refusal(export, scope):
        raise PermissionDenied(refusal)
    ledger.require_holding(export)
    with transaction.atomic():
        if not Export.objects.filter(pk=export.pk, state=Export.State.HELD).update(state=Export.State.DONE):
            raise ValidationError("The export does not wait for release any more.")
        return Release.objects.create(
            export=export,
            k=export.k,
            manifest_sha256=export.files[MANIFEST]["sha256"],
            asked_by=export.requested_by,
            released_by=scope.actor,
            reason=reason[:500],
            at=now,
            request_id=scope.request_id,
        )


def _refusal(export: Export, scope: Scope) -> str:
    """Why this reader may not release it; empty when they may."""
    if not ledger.releasable(scope).filter(pk=export.agreement_id).exists():
        return "You may not release exports under this agreement."
    if scope.actor == export.requested_by:
        return "Who asked for an export does not release it; another person has to."
    return ""

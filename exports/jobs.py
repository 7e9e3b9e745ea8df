"""From the request of an export to its files: the row is the truth, the message to a worker a hint.

Doing it twice gives the same bytes, so a message delivered twice, or a worker that dies, harms nothing.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics.ledger import exportable
from analytics.models import Export, FrozenFile, Snapshot
from analytics.runs import MOST_TRIES, RESEND, quietly
from analytics.worker import sentence_of
from exports import release
from exports.bundle import Composed, compose
from exports.formats import FORMATS
from registry.access import Scope
from registry.models import Agreement

log = logging.getLogger(__name__)
TASK = "exports.tasks.make_export"
LONGEST_PURPOSE = 300
#: A message delivered late changes nothing about these.
FINAL = (Export.State.HELD, Export.State.DONE)
#: How long a worker may be silent about an export before another takes it up.
SILENCE = timedelta(minutes=10)


def request(
    snapshot: Snapshot,
    agreement: Agreement,
    *,
    file_format: str,
    purpose: str,
    scope: Scope,
    now: datetime | None = None,
) -> Export:
    """Ask for an export; ValidationError or PermissionDenied say what is wrong."""
    if not exportable(scope).filter(pk=agreement.pk).exists():
        raise PermissionDenied("You may not export under this agreement.")
    with transaction.atomic():
        made = new_export(snapshot, agreement, file_format=file_format, purpose=purpose, by=scope.actor, now=now)
        transaction.on_commit(partial(send, made.pk))
    return made


def new_export(
    snapshot: Snapshot, agreement: Agreement, *, file_format: str, purpose: str, by: str, now: datetime | None = None
) -> Export:
    """The row of an export that was asked for."""
    purpose = " ".join(purpose.split())
    if not purpose:
        raise ValidationError("Say what the export is for: the ledger remembers it.")
    if len(purpose) > LONGEST_PURPOSE:
        raise ValidationError(f"Say it in at most {LONGEST_PURPOSE} characters.")
    if file_format not in FORMATS:
        raise ValidationError(f"Choose one of the formats {', '.join(FORMATS)}.")
    now = now or timezone.now()
    return Export.objects.create(
        snapshot=snapshot,
        agreement=agreement,
        tier=agreement.tier,
        file_format=file_format,
        purpose=purpose,
        requested_by=by[:150],
        requested_at=now,
        sent_at=now,
    )


def send(export: int) -> None:
    """Tell the workers."""
    with quietly("message of an export not sent"):
        current_app.send_task(TASK, kwargs={"export": export})


def work(pk: int) -> None:
    """Make the files of an export; one that is made already is left alone."""
    waiting = Export.objects.filter(pk=pk, state__in=(Export.State.WAITING, Export.State.RUNNING))
    if not waiting.update(state=Export.State.RUNNING, tries=F("tries") + 1, sent_at=timezone.now()):
        return
    export = Export.objects.select_related("snapshot", "agreement").get(pk=pk)
    try:
        if not export.agreement.holds(timezone.now().date()):
            return fail(pk, "The agreement ended before the export was made.")
        made = compose(export.snapshot, export.agreement, export.file_format, progress=partial(_tell, pk))
        keep(export, made, held=release.needed(export, made))
    except Exception as fault:
        log.exception("export failed", extra={"export": pk})
        fail(pk, sentence_of(fault))


def _tell(pk: int, step: str) -> None:
    Export.objects.filter(pk=pk, state=Export.State.RUNNING).update(step=step[:80], sent_at=timezone.now())


def keep(export: Export, made: Composed, *, held: bool) -> None:
    """Files and row together or not at all; `held`: nothing leaves before a second person has released it."""
    with transaction.atomic():
        FrozenFile.keep(part.file for part in made.parts)
        Export.objects.filter(pk=export.pk).exclude(state__in=FINAL).update(
            state=Export.State.HELD if held else Export.State.DONE,
            step="",
            finished_at=timezone.now(),
            patients=made.patients,
            k=made.k,
            files={part.path: part.facts for part in made.parts},
        )
    export.refresh_from_db()


def fail(pk: int, sentence: str) -> None:
    Export.objects.filter(pk=pk).exclude(state__in=FINAL).update(
        state=Export.State.FAILED, step="", error=sentence[:500], finished_at=timezone.now()
    )


def sweep(*, now: datetime | None = None) -> None:
    """Announce exports whose message got lost or whose worker fell silent; give up on those tried too often."""
    now = now or timezone.now()
    lost = Export.objects.filter(state=Export.State.WAITING, sent_at__lte=now - RESEND)
    silent = Export.objects.filter(state=Export.State.RUNNING, sent_at__lte=now - SILENCE)
    for pk, tries in [*lost.values_list("pk", "tries"), *silent.values_list("pk", "tries")]:
        if tries >= MOST_TRIES:
            fail(pk, "The workers stopped without a word, several times.")
        else:
            Export.objects.filter(pk=pk).update(sent_at=now)
            send(pk)

"""Mails about scheduled snapshots: a link and disclosed headlines, never a file, never a patient.

Who is told is written down first (`Announcement`: one per run and person), then each mail is claimed, sent and
marked. Repeating finds nothing left to do. A mail that a worker died over goes out again, under the same
Message-ID, so that a reader's program shows it once.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from analytics.models import Announcement, ReportOrder, Run, Snapshot, State, Subscription
from analytics.report.headline import lines
from analytics.report.naming import compared_by, words
from registry.access import scope_of

log = logging.getLogger(__name__)

#: A run that ended longer ago is no news.
NEWS = timedelta(days=1)
AGAIN = timedelta(minutes=10)
MOST_TRIES = 5


def announce(*, now: datetime | None = None) -> int:
    """Write down who is to be told of what, then send what waits; how many mails went out."""
    now = now or timezone.now()
    for subscription in Subscription.objects.select_related("person"):
        for run in _news(subscription, now):
            Announcement.objects.get_or_create(run=run, person=subscription.person)
    waiting = Announcement.objects.filter(sent_at=None, tries__lt=MOST_TRIES, run__finished_at__gt=now - NEWS)
    free = Q(claimed_at=None) | Q(claimed_at__lte=now - AGAIN)
    return sum(_send(pk, now) for pk in list(waiting.filter(free).values_list("pk", flat=True)))


def _news(subscription: Subscription, now: datetime) -> Iterator[Run]:
    """Scheduled runs that ended after the subscription began, whose report is made or given up, not yet told."""
    done = Run.objects.filter(state=State.DONE, slot__isnull=False, finished_at__gt=max(now - NEWS, subscription.since))
    mine = done.filter(schedule=subscription.schedule_id) if subscription.schedule_id else done.filter(
        plan=subscription.plan
    )  # fmt: skip
    open_orders = ReportOrder.objects.filter(done_at=None).values("snapshot")
    yield from mine.exclude(announcements__person=subscription.person).exclude(snapshot__in=open_orders)


def _send(pk: int, now: datetime) -> bool:
    """Claim one announcement, send it, mark it; False when it was not ours or did not go out."""
    free = Announcement.objects.filter(pk=pk, sent_at=None).filter(Q(claimed_at=None) | Q(claimed_at__lte=now - AGAIN))
    with transaction.atomic():
        if not free.update(claimed_at=now, tries=F("tries") + 1):
            return False
        told = Announcement.objects.select_related("run__snapshot", "run__schedule", "person").get(pk=pk)
    error = _refusal(told)
    if not error:
        try:
            mail(told).send()
        except OSError as fault:  # every fault of a mail server is one
            log.warning("mail not sent", extra={"announcement": pk}, exc_info=True)
            Announcement.objects.filter(pk=pk).update(
                error=f"The mail server did not take it ({type(fault).__name__})."
            )
            return False
    Announcement.objects.filter(pk=pk).update(sent_at=timezone.now(), error=error)
    return not error


def _refusal(told: Announcement) -> str:
    """Why this person gets no mail; rights are asked anew every time."""
    person = told.person
    if not person.is_active or not scope_of(person).can("snapshot"):
        return "Not sent: the person may not see snapshots."
    if "@" not in parseaddr(person.email)[1]:
        return "Not sent: the account has no mail address."
    return ""


def mail(told: Announcement) -> EmailMessage:
    """The mail: what was computed, the disclosed headlines, where to read on."""
    snapshot = told.run.snapshot
    mark = "[SYNTHETIC] " if snapshot.synthetic else ""
    host = settings.SITE_URL.split("//")[-1].partition(":")[0].partition("/")[0]
    return EmailMessage(
        subject=f"{mark}{words(snapshot.plan)}: new outcome report, data up to {snapshot.cutoff}",
        body="\n".join(_lines(told.run, snapshot)) + "\n",
        to=[told.person.email],
        headers={
            "Message-ID": f"<run-{told.run_id}-person-{told.person_id}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )


def _lines(run: Run, snapshot: Snapshot) -> Iterator[str]:
    schedule = run.schedule.name if run.schedule else run.requested_by.removeprefix("schedule: ")
    question = f"{words(snapshot.plan)}{compared_by(snapshot.by)}"
    yield f'The schedule "{schedule}" has taken snapshot {snapshot.pk}: {question}.'
    if snapshot.synthetic:
        yield "SYNTHETIC DATA: invented patients, no evidence about anybody."
    yield ""
    yield from (f"  {told}" for line in lines(snapshot.headline["disclosed"]) for told in line.in_lines())
    yield ""
    yield "Report, figures and every number (sign in first):"
    yield settings.SITE_URL + reverse("admin:analytics_snapshot_change", args=[snapshot.pk])
    yield ""
    yield "Counts of 1 to 4 are withheld in this mail. You get it because you are subscribed; an administrator or"
    yield "statistician of the registry can end the subscription."

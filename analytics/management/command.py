"""What the commands of snapshots share."""

import re
from datetime import UTC, date, datetime, time

from django.core.management.base import CommandError

from analytics.models import Snapshot
from analytics.snapshots import Refused
from registry.management import command
from registry.management.command import a_date, writable, write, write_folder

__all__ = ["SentenceCommand", "a_date", "a_moment", "a_snapshot", "writable", "write", "write_folder"]


class SentenceCommand(command.SentenceCommand):
    """A command whose every foreseeable fault ends in one clear sentence and a non-zero code."""

    refusals = (Refused,)


def a_moment(text: str, *, now: datetime) -> datetime | None:
    """A past moment: a day (its end, UTC) or a time; None for today, whose registry is the one that stands."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            return None if day == now.date() else datetime.combine(day, time.max, UTC)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"'{text}' is neither a day nor a time; write 2026-12-31 or 2026-12-31T18:00 (UTC unless it says +01:00)."
        ) from None


def a_snapshot(text: str) -> Snapshot:
    """The snapshot with this number."""
    found = Snapshot.objects.filter(pk=int(text)).first() if re.fullmatch(r"[0-9]{1,18}", text) else None
    if found is None:
        raise CommandError(f"There is no snapshot '{text}'; `python manage.py list_snapshots` lists them.")
    return found

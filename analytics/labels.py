"""Tags and hiding: what people say about a snapshot, kept in rows beside it; the snapshot itself never changes.

Hidden snapshots stay where they are: lists leave them out, their addresses, numbers and files remain.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from analytics.models import Snapshot, SnapshotLabel

Kind = SnapshotLabel.Kind
MOST_CHARACTERS = 80


class LabelRefused(ValueError):
    """The label cannot be kept; the message says why."""


def tag(snapshot: Snapshot, text: str, *, actor: str, now: datetime | None = None) -> bool:
    """Give a snapshot a name people know it by; False when it already has that one."""
    text = _text(text)
    if text in tags(snapshot):
        return False
    _add(snapshot, Kind.TAG, actor, now, text=text)
    return True


def untag(snapshot: Snapshot, text: str, *, actor: str, now: datetime | None = None) -> bool:
    """Take a tag off; False when the snapshot does not have it."""
    text = _text(text)
    if text not in tags(snapshot):
        return False
    _add(snapshot, Kind.UNTAG, actor, now, text=text)
    return True


def hide(snapshot: Snapshot, *, actor: str, reason: str, now: datetime | None = None) -> bool:
    """Leave a snapshot out of lists, for a reason; False when it is hidden already."""
    if not reason.strip():
        raise LabelRefused("Say why the snapshot is hidden.")
    if hiding(snapshot) is not None:
        return False
    _add(snapshot, Kind.HIDE, actor, now, reason=reason)
    return True


def show(snapshot: Snapshot, *, actor: str, reason: str = "", now: datetime | None = None) -> bool:
    """List a hidden snapshot again; False when it is not hidden."""
    if hiding(snapshot) is None:
        return False
    _add(snapshot, Kind.SHOW, actor, now, reason=reason)
    return True


def tags(snapshot: Snapshot) -> list[str]:
    """The tags a snapshot has now, in the order they were given."""
    return tags_of([snapshot.pk]).get(snapshot.pk, [])


def tags_of(snapshots: Iterable[int]) -> dict[int, list[str]]:
    """The tags of several snapshots in one query: id -> texts."""
    found: dict[int, list[str]] = {}
    rows = SnapshotLabel.objects.filter(snapshot__in=list(snapshots), kind__in=[Kind.TAG, Kind.UNTAG])
    for owner, kind, text in rows.order_by("pk").values_list("snapshot_id", "kind", "text"):
        mine = found.setdefault(owner, [])
        if kind == Kind.UNTAG:
            mine[:] = [one for one in mine if one != text]
        elif text not in mine:
            mine.append(text)
    return {owner: mine for owner, mine in found.items() if mine}


def hiding(snapshot: Snapshot) -> SnapshotLabel | None:
    """Who hid the snapshot, when and why; None when it is listed."""
    last = snapshot.labels.filter(kind__in=[Kind.HIDE, Kind.SHOW]).order_by("-pk").first()
    return last if last is not None and last.kind == Kind.HIDE else None


def listed(snapshots: QuerySet[Snapshot]) -> QuerySet[Snapshot]:
    """The snapshots that lists show: all that are not hidden."""
    unhidden = Q(shown_or_hidden__isnull=True) | Q(shown_or_hidden=Kind.SHOW)
    return with_hidden(snapshots).filter(unhidden)


def with_hidden(snapshots: QuerySet[Snapshot]) -> QuerySet[Snapshot]:
    """Every snapshot, with `shown_or_hidden`: the last word on it ("hide", "show", or none)."""
    words = SnapshotLabel.objects.filter(snapshot=OuterRef("pk"), kind__in=[Kind.HIDE, Kind.SHOW])
    return snapshots.annotate(shown_or_hidden=Subquery(words.order_by("-pk").values("kind")[:1]))


def _text(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise LabelRefused("Say what the tag is.")
    if len(text) > MOST_CHARACTERS or not text.isprintable():
        raise LabelRefused(f"A tag has at most {MOST_CHARACTERS} printable characters.")
    return text


def _add(snapshot: Snapshot, kind: str, actor: str, now: datetime | None, *, text: str = "", reason: str = "") -> None:
    SnapshotLabel.objects.create(
        snapshot=snapshot,
        kind=kind,
        text=text,
        reason=reason.strip()[:500],
        actor=actor[:150],
        at=now or timezone.now(),
    )

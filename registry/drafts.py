"""Unsent input: kept while it is typed, offered to its writer again, forgotten when saved or after two weeks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.models import FormDraft, Patient, User
from registry.sealing import Unreadable, seal, unseal
from registry.submissions import TOKEN

KEPT = timedelta(days=14)
#: As many opened forms of one address are kept for one person; the oldest goes first.
MOST = 5


@dataclass(frozen=True)
class Kept:
    """One draft as its form takes it back: the texts of the boxes and what the form began with."""

    token: str
    at: datetime
    texts: Mapping[str, str]
    base: str
    version: str

    @property
    def typed(self) -> int:
        """How many boxes no longer hold what they held when the form was opened."""
        began = boxes_of(self.base)
        return sum(self.texts.get(name, "") != began.get(name, "") for name in {*self.texts, *began})


def boxes_of(base: str) -> dict[str, str]:
    """What stood in the boxes when the form was opened, as the form itself sends it; anything else is nothing."""
    try:
        began = json.loads(base)
    except (ValueError, RecursionError):
        return {}
    return began if isinstance(began, dict) else {}


def keep(user: User, place: str, patient: Patient | None, token: str, *, texts: Mapping[str, str], base: str,
         version: str, now: datetime) -> bool:  # fmt: skip
    """Keep what stands in an opened form, in place of what was kept of it before; False for a forged token."""
    if not TOKEN.fullmatch(token):
        return False
    content = json.dumps({"texts": dict(texts), "base": base, "version": version})
    fresh = {
        "site_id": patient.site_id if patient else None,
        "sealed": seal(content.encode("utf-8", "surrogatepass"), bound=_bound(user, place, token)),
        "at": now,
        "expires_at": now + KEPT,
    }
    FormDraft.objects.update_or_create(
        user=user, place=place, token=token, defaults=fresh, create_defaults=fresh | {"since": now}
    )
    surplus = FormDraft.objects.filter(user=user, place=place).order_by("-at").values_list("pk", flat=True)[MOST:]
    if stale := list(surplus):
        FormDraft.objects.filter(pk__in=stale).delete()
    return True


def kept_at(user: User, place: str, *, now: datetime) -> list[Kept]:
    """What this person typed at this address and did not save, the newest first; what cannot be read is left out."""
    found = []
    for row in FormDraft.objects.filter(user=user, place=place, expires_at__gt=now).order_by("-at"):
        try:
            content = json.loads(unseal(bytes(row.sealed), bound=_bound(user, place, row.token)))
        except Unreadable:
            continue
        found.append(Kept(row.token, row.at, content["texts"], content["base"], content["version"]))
    return found


def forget(user: User, place: str, token: str) -> None:
    """The form was saved, or its writer does not want it any more."""
    FormDraft.objects.filter(user=user, place=place, token=token).delete()


def forget_expired(now: datetime) -> int:
    return FormDraft.objects.filter(expires_at__lte=now).delete()[0]


def _bound(user: User, place: str, token: str) -> str:
    return f"draft:{user.pk}:{place}:{token}"

"""Bearer tokens: made once, shown once, stored as a hash, always with an end (RELIABILITY AUT-07)."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.utils import timezone

from registry.models import Agreement, ApiToken, User

MAX_DAYS, DEFAULT_DAYS = 365, 90


@dataclass(frozen=True)
class Bearer:
    """Whom a token names, and the agreement under which it reads, if it is an agreement's."""

    user: User | AnonymousUser
    agreement: Agreement | None = None


NOBODY = Bearer(AnonymousUser())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(
    user: User, *, days: int = DEFAULT_DAYS, agreement: Agreement | None = None, now: datetime | None = None
) -> str:
    """Make a token for a person and return its text, the only time it is seen. ValueError if too long-lived."""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"A token lives 1 to {MAX_DAYS} days, not {days}")
    now = now or timezone.now()
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        agreement=agreement,
        prefix=prefix,
        secret_sha256=_digest(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return f"reg_{prefix}_{secret}"


def bearer_of(header: str) -> Bearer:
    """Who stands behind an Authorization header; nobody when the token is unknown, ended or its owner inactive."""
    scheme, _, text = header.partition(" ")
    parts = text.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != "reg":
        return NOBODY
    token = ApiToken.objects.select_related("user", "agreement").filter(prefix=parts[1]).first()
    now = timezone.now()
    known = token.secret_sha256 if token else _digest("no such token")
    genuine = hmac.compare_digest(known, _digest(parts[2]))
    if not token or not genuine or token.revoked_at or token.expires_at <= now or not token.user.is_active:
        return NOBODY
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=5):
        with suppress(OperationalError):  # a busy writer must not cost the reader an answer
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Bearer(token.user, token.agreement)

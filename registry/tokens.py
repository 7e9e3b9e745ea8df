"""Bearer tokens: made once, shown once, stored as a hash, always with an end (RELIABILITY AUT-07)."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.utils import timezone

from registry.models import ApiToken, User

MAX_DAYS, DEFAULT_DAYS = 365, 90


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(user: User, *, days: int = DEFAULT_DAYS, now: datetime | None = None) -> str:
    """Make a token for a person and return its text, the only time it is seen. ValueError if too long-lived."""
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"A token lives 1 to {MAX_DAYS} days, not {days}")
    now = now or timezone.now()
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, prefix=prefix, secret_sha256=_digest(secret), created_at=now, expires_at=now + timedelta(days=days)
    )
    return f"reg_{prefix}_{secret}"


def user_of_bearer(header: str) -> User | AnonymousUser:
    """The person behind an Authorization header; anonymous when the token is unknown, ended or its owner inactive."""
    scheme, _, text = header.partition(" ")
    parts = text.strip().split("_", 2)
    if scheme.lower() != "bearer" or len(parts) != 3 or parts[0] != "reg":
        return AnonymousUser()
    token = ApiToken.objects.select_related("user").filter(prefix=parts[1]).first()
    now = timezone.now()
    known = token.secret_sha256 if token else _digest("no such token")
    genuine = hmac.compare_digest(known, _digest(parts[2]))
    if not token or not genuine or token.revoked_at or token.expires_at <= now or not token.user.is_active:
        return AnonymousUser()
    if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=5):
        with suppress(OperationalError):  # a busy writer must not cost the reader an answer
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user

"""A form sent twice is answered once (RELIABILITY INT-03).

Each form carries a one-time token. It is stored in the same transaction as what the form changes: either both
exist or neither; a second sending finds the token and gets the first answer.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.http import QueryDict

from registry.models import SubmittedForm

KEPT = timedelta(days=2)
#: Posted names that say nothing about what was entered.
UNTOLD = ("csrfmiddlewaretoken", "token")
TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


class SentBefore(Exception):
    """The token was used: `same` says whether the same was sent, `answer_url` where the answer stands."""

    def __init__(self, answer_url: str, *, same: bool) -> None:
        super().__init__("This form was sent before.")
        self.answer_url, self.same = answer_url, same


def new_token() -> str:
    return secrets.token_urlsafe(18)


def body_hash(sent: QueryDict | Mapping) -> str:
    """What was entered, as one hash; the order of the fields does not matter."""
    pairs = sorted((name, tuple(values)) for name, values in sent.lists() if name not in UNTOLD)
    return hashlib.sha256(repr(pairs).encode("utf-8", "surrogatepass")).hexdigest()


def answered(actor: str, token: str) -> bool:
    """Whether the form with this token was saved already."""
    return SubmittedForm.objects.filter(actor=actor, token=token).exists()


def once(sent: QueryDict, *, actor: str, now: datetime, act: Callable[[], str]) -> str:
    """Do what the form asks and return the address of its answer; SentBefore when its token was used."""
    token = sent.get("token", "")
    if not TOKEN.fullmatch(token):
        return act()
    digest = body_hash(sent)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = SubmittedForm.objects.create(actor=actor, token=token, body_sha256=digest, at=now)
        except IntegrityError:
            earlier = SubmittedForm.objects.get(actor=actor, token=token)
            raise SentBefore(earlier.answer_url, same=earlier.body_sha256 == digest) from None
        row.answer_url = act()
        row.save(update_fields=["answer_url"])
        SubmittedForm.objects.filter(at__lt=now - KEPT).delete()
    return row.answer_url

"""A session in use lives on; reading pages hardly ever writes."""

from datetime import UTC, datetime

import time_machine
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

from config.sessions import LAST_USED, UNATTENDED, KeepAliveMiddleware

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def visit(session: SessionBase, at: datetime, **headers: str) -> bool:
    """Whether a visit at this time would save the session."""
    request = HttpRequest()
    request.META |= {f"HTTP_{name.replace('-', '_').upper()}": told for name, told in headers.items()}
    request.session = session
    session.modified = False
    with time_machine.travel(at, tick=False):
        KeepAliveMiddleware(lambda _: HttpResponse())(request)
    return session.modified


def session(**content) -> SessionBase:
    found = SessionBase("a" * 32)
    found._session_cache = content  # what a load from the store leaves behind
    return found


def test_session_is_renewed_once_a_minute():
    used = session(user="1", **{LAST_USED: int(NOON.timestamp())})

    assert not visit(used, NOON.replace(second=59))
    assert visit(used, NOON.replace(minute=1))
    assert not visit(used, NOON.replace(minute=1, second=30))


def test_a_page_that_looks_by_itself_keeps_nobody_signed_in():
    used = session(user="1", **{LAST_USED: int(NOON.timestamp())})

    assert not visit(used, NOON.replace(minute=20), **{UNATTENDED: "1"})
    assert visit(used, NOON.replace(minute=20))


def test_visitor_without_a_session_gets_none():
    anonymous = SessionBase()

    assert not visit(anonymous, NOON)

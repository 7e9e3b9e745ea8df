"""Keeps a session alive while somebody uses it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

TOUCH_SECONDS = 60
LAST_USED = "_last_used"
#: Sent with what a page asks by itself, whether anybody sits before it or not.
UNATTENDED = "X-Unattended"


class KeepAliveMiddleware:
    """Renews a signed-in session at most once a minute.

    Saving at every request would do the same, but on SQLite every page would then wait for the one writer,
    and a long import would stop people from reading. A page that looks by itself how a job goes is not somebody at
    work: a screen left alone signs its person out in time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        attended = UNATTENDED not in request.headers
        if attended and request.session.session_key and not request.session.is_empty():
            now = int(timezone.now().timestamp())
            if now - request.session.get(LAST_USED, 0) >= TOUCH_SECONDS:
                request.session[LAST_USED] = now
        return response

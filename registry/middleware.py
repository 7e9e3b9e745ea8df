"""Every request runs in the scope of who asks, with an id that its changes and log lines share."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from registry.access import Scope, scope_of, scope_under, scoped
from registry.models import Agreement
from registry.signin import has_to_choose_password
from registry.tokens import bearer_of


class RequestMemoryMiddleware:
    """Opens the scope of the session's or the token's user and stamps the request with an id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = secrets.token_hex(8)
        header, agreement = request.headers.get("Authorization", ""), None
        if header:
            bearer = bearer_of(header)
            request.user, agreement = bearer.user, bearer.agreement
            request._dont_enforce_csrf_checks = False
        request.by_token = bool(header)
        request.scope_of_user = _scope(request, agreement)
        with scoped(request.scope_of_user):
            if has_to_choose_password(request):
                response = redirect("password_change")
            else:
                response = self.get_response(request)
        response.headers["X-Request-ID"] = request.request_id
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _scope(request: HttpRequest, agreement: Agreement | None) -> Scope:
    if agreement is None:
        return scope_of(request.user, request_id=request.request_id)
    holds = agreement.holds(timezone.now().date())
    return scope_under(agreement, request.user, holds=holds, request_id=request.request_id)

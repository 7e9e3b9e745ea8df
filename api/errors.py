"""One shape for every refusal: `{"code", "message", "fields"}`, always JSON, never a page or a traceback."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.urls import Resolver404, resolve
from django.utils.cache import patch_vary_headers
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

log = logging.getLogger(__name__)

PREFIX = "/api/"
CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    429: "throttled",
    500: "fault",
}
NOT_FOUND = "There is nothing here that you may see."
FAULT = "The server met a fault; nothing was changed. Tell the registry's staff the request number {number}."


def envelope(status: int, message: str, fields: dict[str, list[str]] | None = None) -> dict:
    """The body of a refusal."""
    return {"code": CODES.get(status, "error"), "message": message, "fields": fields or {}}


def _known(error: Exception) -> Exception:
    """Django's own refusals as the API's: what they tell of the inside is left out."""
    if isinstance(error, Http404):
        return exceptions.NotFound(NOT_FOUND)
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError("The request is malformed.")
    if isinstance(error, PermissionDenied):
        return exceptions.PermissionDenied(str(error) or None)
    return error


def _words(detail: Any) -> tuple[str, dict[str, list[str]]]:
    """Message and fields of an exception's detail."""
    if isinstance(detail, dict):
        fields = {str(name): [str(text) for text in texts] for name, texts in detail.items()}
        return " ".join(f"{name}: {' '.join(texts)}" for name, texts in fields.items()), fields
    if isinstance(detail, list):
        return " ".join(str(text) for text in detail), {}
    return str(detail), {}


def answer(error: Exception, context: dict) -> Response:
    """DRF's exception handler: any exception becomes an envelope; an unforeseen one is logged: 500."""
    error = _known(error)
    response = exception_handler(error, context)
    if response is None:
        request = context.get("request")
        number = getattr(getattr(request, "_request", request), "request_id", "")
        log.exception("API request failed", exc_info=error)
        return Response(envelope(500, FAULT.format(number=number)), status=500)
    message, fields = _words(getattr(error, "detail", error))
    response.data = envelope(response.status_code, message, fields)
    return response


def plain(status: int, message: str) -> JsonResponse:
    """A refusal outside DRF's views."""
    response = JsonResponse(envelope(status, message), status=status)
    patch_vary_headers(response, ("Authorization", "Cookie"))
    return response


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any address under the API that leads nowhere; one that only lacks its last slash is shown the way."""
    path = request.path_info
    if request.method in ("GET", "HEAD") and not path.endswith("/"):
        try:
            found = resolve(f"{path}/")
        except Resolver404:
            found = None
        if found is not None and found.func is not nothing_here:
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
    return plain(404, NOT_FOUND)


def _for_the_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(PREFIX)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's 400: JSON under the API, the usual page elsewhere."""
    return (
        plain(400, "The request is malformed.") if _for_the_api(request) else defaults.bad_request(request, exception)
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's 403: JSON under the API, the usual page elsewhere."""
    if _for_the_api(request):
        return plain(403, "You may not do this here.")
    return defaults.permission_denied(request, exception)


def fault(request: HttpRequest) -> HttpResponse:
    """The site's 500: JSON under the API, the usual page elsewhere."""
    if _for_the_api(request):
        return plain(500, FAULT.format(number=getattr(request, "request_id", "")))
    return defaults.server_error(request)

"""Who asks: the person whom the request's token or session names, as the middleware found them.

The middleware reads the bearer token before any view runs, so that the scope of the request, its changes and
its log lines all name the same person; nothing is decided twice here.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from analytics.ledger import require_in_force
from registry.access import current_scope
from registry.models import Agreement

REFUSED_TOKEN = "The token is unknown, has ended or was revoked; ask for a new one."  # noqa: S105 - a sentence
OWN_PASSWORD = "Choose a password of your own first; the one-time password opens nothing else."  # noqa: S105


class MemoryAuthentication(BaseAuthentication):
    """Takes the person that `registry.middleware` found; a token that named nobody is told so."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        user = request._request.user
        if user.is_authenticated:
            return user, None
        if getattr(request._request, "by_token", False):
            raise AuthenticationFailed(REFUSED_TOKEN)
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="registry"'


class MemoryAuthenticationScheme(OpenApiAuthenticationExtension):
    """How the OpenAPI document names the token."""

    target_class = MemoryAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal token, made by `manage.py create_token USER`; with `--agreement CODE` it "
            "reads what was exported under that agreement.",
        }


class MayUse(BasePermission):
    """The person may use the API and holds one of the permissions that the view names in `wanted`."""

    message = "Your role may not read this by the API."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        if request.user.must_change_password and not request._request.by_token:
            raise PermissionDenied(OWN_PASSWORD)
        scope = current_scope()
        if scope.agreement is not None and not scope.can("receive"):
            require_in_force(Agreement.objects.get(pk=scope.agreement))
        return scope.can("api") and any(scope.can(wanted) for wanted in getattr(view, "wanted", ()))

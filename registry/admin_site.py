"""The administration: one sign-in for the whole registry, open to people whose roles have business there."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from registry.access import scope_of
from registry.backends import may_enter


class RegistryAdminSite(admin.AdminSite):
    """Django's admin behind the registry's own door."""

    site_header = "CART19 Registry"
    site_title = "CART19 Registry"
    index_title = "Administration"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """By role, not by flag; a token of the API opens no page."""
        if getattr(request, "by_token", False):
            return False
        return may_enter(getattr(request, "scope_of_user", None) or scope_of(request.user))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send strangers to the registry's sign-in; whoever is signed in and comes here may not enter."""
        if request.user.is_authenticated:
            raise PermissionDenied("Your roles have nothing to do in the administration.")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Analyses first, people after; inside, the order in which they were registered."""
        found = self._build_app_dict(request, app_label)
        order = {model._meta.object_name: number for number, model in enumerate(self._registry)}
        for app in found.values():
            app["models"].sort(key=lambda model: order.get(model["object_name"], 0))
        return sorted(found.values(), key=lambda app: app["name"])

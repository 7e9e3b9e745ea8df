"""Addresses: who answers where."""

from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import URLPattern, URLResolver, include, path, re_path

from api.errors import nothing_here
from registry.signin import NewPassword


def rooms(*places: tuple[str, str]) -> list[URLResolver]:
    """The addresses of every room that has any yet."""
    return [path(prefix, include(module)) for prefix, module in places if find_spec(module)]


urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/password/", NewPassword.as_view(), name="password_change"),
    path("accounts/password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    *rooms(
        ("", "registry.urls"),
        ("results/", "analytics.urls"),
        ("api/v1/", "api.urls"),
        ("exports/", "exports.urls"),
    ),
    re_path(r"^api/", nothing_here),
]

# Refusals outside any view: JSON under /api/, the usual pages elsewhere.
handler400 = "api.errors.bad_request"
handler403 = "api.errors.forbidden"
handler500 = "api.errors.fault"

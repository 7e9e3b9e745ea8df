"""One-time passwords: whoever signs in with one chooses a password before anything else."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

#: Where somebody with a one-time password may go; the API refuses such a session by itself.
OPEN_PATHS = ("/static/", "/healthz", "/readyz", "/api/")


class NewPassword(auth_views.PasswordChangeView):
    """Change the password; a one-time password is used up by it."""

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        form.user.must_change_password = False
        return super().form_valid(form)


def has_to_choose_password(request: HttpRequest) -> bool:
    """Whether this request has to wait until its person has chosen a password."""
    user = request.user
    if not user.is_authenticated or request.by_token or not user.must_change_password:
        return False
    ways_out = (reverse("password_change"), reverse("logout"))
    return request.path not in ways_out and not request.path.startswith(OPEN_PATHS)

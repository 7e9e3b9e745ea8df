"""The page that lists the keys."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from registry.keys import GROUPS


class Keys(LoginRequiredMixin, View):
    """The table of keys."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "desk/keys.html", {"groups": GROUPS})

"""People, findings and the memory in the administration.

No clinical record is edited here; that is the desk's work.
"""

import secrets
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from registry.access import ROLES, current_scope, scope_of
from registry.backends import may_enter
from registry.memory import acting
from registry.models import Change, Finding, Membership, Patient, SubjectIdentity, User

REASON = "account maintained in the administration"


class MembershipForm(forms.ModelForm):
    """A role at one site or at all of them; roles for all sites need no site."""

    class Meta:
        model = Membership
        fields = ("role", "site", "all_sites")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        role = ROLES.get(cleaned.get("role", ""))
        if role is None:
            return cleaned
        if role.all_sites:
            cleaned["site"], cleaned["all_sites"] = None, True
        elif cleaned.get("all_sites") and cleaned.get("site"):
            self.add_error("site", "One site or all sites, not both.")
        elif not cleaned.get("all_sites") and not cleaned.get("site"):
            self.add_error("site", f"Name the site of the {role.label.lower()}, or tick all sites.")
        return cleaned


class MembershipInline(admin.StackedInline):
    """What the person may do, and where."""

    model = Membership
    form = MembershipForm
    extra = 1
    show_change_link = False


class UserAdmin(admin.ModelAdmin):
    """Accounts are made and closed, never deleted or handed on; rights follow from memberships."""

    list_display = ("username", "first_name", "last_name", "is_active", "roles", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "first_name", "last_name")
    fields = (
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "must_change_password",
        "last_login",
    )
    readonly_fields = ("last_login",)
    inlines = (MembershipInline,)
    change_form_template = "admin/registry/user/page.html"

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return ("last_login", "must_change_password") if obj is None else ("username", "last_login")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("memberships__site")

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:pk>/password/", self.admin_site.admin_view(self.new_password), name="registry_user_password")
        return [own, *super().get_urls()]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A save is remembered like every other: who, when, why."""
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with acting(current_scope(), REASON):
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            self._give_password(request, obj)
        obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        person = User.objects.get(pk=form.instance.pk)
        User.objects.filter(pk=person.pk).update(is_staff=may_enter(scope_of(person)))

    @method_decorator(require_POST)
    def new_password(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new one-time password, shown once."""
        person = get_object_or_404(User, pk=pk)
        if not self.has_change_permission(request, person):
            from django.core.exceptions import PermissionDenied

            raise PermissionDenied("You may not manage accounts.")
        with acting(current_scope(), REASON):
            self._give_password(request, person)
            person.save()
        return HttpResponseRedirect(reverse("admin:registry_user_change", args=[pk]))

    def _give_password(self, request: HttpRequest, person: User) -> None:
        password = secrets.token_urlsafe(15)
        person.set_password(password)
        person.must_change_password = True
        told = "One-time password of {}, shown only now: <code>{}</code>"
        messages.warning(request, format_html(told, person.username, password))

    @admin.display(description="Roles")
    def roles(self, person: User) -> str:
        def told(membership: Membership) -> str:
            role = ROLES.get(membership.role)
            place = membership.site.code if membership.site_id else "all sites"
            return f"{role.label if role else membership.role} ({place})"

        return "; ".join(told(membership) for membership in person.memberships.all()) or "-"


class ReadOnly(admin.ModelAdmin):
    """Seen, never changed."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FindingAdmin(ReadOnly):
    """Open findings of the reader's sites."""

    list_display = ("patient", "rule", "severity", "entity", "message")
    list_filter = ("severity", "rule")
    list_select_related = ("patient",)


class ChangeAdmin(ReadOnly):
    """The memory: changes of patients in scope, without identities for readers who may not see them."""

    list_display = ("at", "actor", "entity", "record_id", "operation", "reason")
    list_filter = ("operation", "entity")
    ordering = ("-id",)
    fields = (
        "at",
        "actor",
        "request_id",
        "reason",
        "entity",
        "record_id",
        "operation",
        "changes",
        "row_hash",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        scope, seen = current_scope(), super().get_queryset(request)
        if scope.sites("history") is not None:
            seen = seen.filter(patient_id__in=Patient.objects.values("pk"))
        return seen if scope.can("identity") else seen.exclude(entity=SubjectIdentity._meta.db_table)


admin.site.unregister(Group)
admin.site.register(User, UserAdmin)
admin.site.register(Finding, FindingAdmin)
admin.site.register(Change, ChangeAdmin)

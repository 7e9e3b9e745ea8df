"""Role permissions in the administration's own words: the only place where the two meet.

Django's admin asks for `app.action_model`; the answer comes from the memberships through `registry.access`,
never from groups or flags of the account. What is not listed here nobody may do there.
"""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from registry.access import Scope, scope_of

#: Who holds one of these may enter the administration.
ENTRANCE = ("snapshot", "run", "schedule", "users")

#: Permission of the administration -> permission of a role.
ADMIN_PERMISSIONS = {
    "analytics.view_snapshot": "snapshot",
    "analytics.view_run": "snapshot",
    "analytics.add_run": "run",
    "analytics.view_schedule": "schedule",
    "analytics.add_schedule": "schedule",
    "analytics.change_schedule": "schedule",
    "analytics.delete_schedule": "schedule",
    "analytics.view_subscription": "schedule",
    "analytics.add_subscription": "schedule",
    "analytics.change_subscription": "schedule",
    "analytics.delete_subscription": "schedule",
    "registry.view_user": "users",
    "registry.add_user": "users",
    "registry.change_user": "users",
    "registry.view_membership": "users",
    "registry.add_membership": "users",
    "registry.change_membership": "users",
    "registry.delete_membership": "users",
    "registry.view_finding": "read",
    "registry.view_change": "history",
}


def may_enter(scope: Scope) -> bool:
    """Whether the administration has anything for this person."""
    return any(scope.can(permission) for permission in ENTRANCE)


class RoleBackend(ModelBackend):
    """Signs people in by password and answers for their permissions from their roles."""

    def _held(self, user: Any) -> set[str]:
        """The administration's permissions of an account; read once per account object, so per request."""
        if not user.is_active or user.is_anonymous:
            return set()
        if not hasattr(user, "_role_permissions"):
            scope = scope_of(user)
            user._role_permissions = {name for name, key in ADMIN_PERMISSIONS.items() if scope.can(key)}
        return user._role_permissions

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self._held(user_obj)

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return self._held(user_obj)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self._held(user_obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(name.startswith(f"{app_label}.") for name in self._held(user_obj))

"""What every page knows: what the reader may do, and whether the patients are made up."""

from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest

from registry.access import PERMISSIONS, ROLES, scope_or_none
from registry.models import Site
from registry.threads import waiting_for

SYNTHETIC_KEY, SYNTHETIC_SECONDS = "registry.synthetic", 30


def is_synthetic() -> bool:
    """Whether a site says by its name that its patients are made up; asked of the database twice a minute."""
    known = cache.get(SYNTHETIC_KEY)
    if known is None:
        # The banner stands on the sign-in page too, where nobody has a scope; only this one fact is read.
        known = Site._base_manager.filter(name__icontains="synthetic", voided=False).exists()
        cache.set(SYNTHETIC_KEY, known, SYNTHETIC_SECONDS)
    return known


def registry(request: HttpRequest) -> dict:
    """`may` holds every permission the reader has anywhere, `roles` the labels of the roles held."""
    try:
        synthetic = is_synthetic()
    except DatabaseError:
        synthetic = False  # an error page must come out even when the database does not answer
    scope = scope_or_none()
    may = {key: scope.can(key) for key in PERMISSIONS} if scope else {}
    roles = [ROLES[key].label for key in scope.roles] if scope else []
    told = {"synthetic": synthetic, "may": may, "roles": roles}
    if may.get("query") or may.get("answer"):
        told["queries_waiting"] = waiting_for(scope).count  # asked of the database only where a page shows it
    return told

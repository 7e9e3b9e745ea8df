"""Accounts that are signed in to a registry with patients, and whom they look at: `python -m benchmarks.seats USERS`.

Prints JSON: a session cookie per user, registry ids with an infusion each may open. Half of the users are coordinators
of one site, whose every query is narrowed to it; half are data managers of all sites.
"""

import json
import os
import sys


def main(users: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.conf import settings

    from registry.access import scoped, system_scope
    from registry.models import CARTInfusion, Site

    with scoped(system_scope("benchmark")):
        site = Site.objects.order_by("code").first()
        given = CARTInfusion.objects.filter(site=site).order_by("pk").values_list("patient__registry_id", "pk")
        patients = list(given[:: max(1, given.count() // 200)])
        seats = [_seat(number, site.code) for number in range(users)]
    print(json.dumps({"cookie": settings.SESSION_COOKIE_NAME, "seats": seats, "patients": patients, "site": site.pk}))


def _seat(number: int, site: str) -> str:
    """A person with a role and a session, as signing in would have made it."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from registry.people import add_person

    role, sites = ("coordinator", [site]) if number % 2 else ("data_manager", [])
    user = add_person(f"bench{number}", role=role, sites=sites).user
    user.must_change_password = False
    user.save(update_fields=["must_change_password"])
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "registry.backends.RoleBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


if __name__ == "__main__":
    main(int(sys.argv[1]))

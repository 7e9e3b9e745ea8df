"""People for tests: an account that signs in at once, and the scope of a role at some sites under a name."""

from registry.access import ROLES, Scope
from registry.models import User
from registry.people import add_person

PASSWORD = "a long pass phrase"


def account(name: str, role: str, *sites: str) -> User:
    """An account that signs in with PASSWORD; its role is held at these sites, at all when none is named."""
    user = add_person(name, role=role, sites=sites, password=PASSWORD).user
    user.must_change_password = False
    user.save(update_fields=["must_change_password"])
    return user


def at(*sites: int, role: str = "coordinator", actor: str = "somebody") -> Scope:
    """Somebody who holds the role at these sites only."""
    grants = tuple((permission, site) for permission in sorted(ROLES[role].permissions) for site in sites)
    return Scope(actor=actor, name=actor, grants=grants, roles=(role,))

"""Scopes of people for tests: a role at some sites, under a name."""

from registry.access import ROLES, Scope


def at(*sites: int, role: str = "coordinator", actor: str = "somebody") -> Scope:
    """Somebody who holds the role at these sites only."""
    grants = tuple((permission, site) for permission in sorted(ROLES[role].permissions) for site in sites)
    return Scope(actor=actor, name=actor, grants=grants, roles=(role,))

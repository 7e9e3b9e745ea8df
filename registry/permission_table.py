"""Who may do what, as a page: `python -m registry.permission_table > docs/permissions.md`."""

from registry.access import PERMISSIONS, ROLES, Role

HEAD = """# Roles and permissions

Generated from `registry/access.py`, the only file that decides; do not edit. Write it anew with
`python -m registry.permission_table > docs/permissions.md`.

A person holds roles by membership: at one site, at several, or at all. A permission holds for the patients of these
sites, those in shared care included; rows of other sites are not there. Whoever verifies a record is another person
than the one who entered or last changed it.
"""


def document() -> str:
    """The whole page: the roles in words, then permission by role."""
    return "\n".join([HEAD, "## Roles", "", *_roles(), "", "## Permissions", "", *_permissions(), ""])


def _roles() -> list[str]:
    rows = [f"| {role.label} | `{role.key}` | {role.prose} | {_where(role)} |" for role in ROLES.values()]
    return ["| Role | Key | In words | Where |", "|---|---|---|---|", *rows]


def _where(role: Role) -> str:
    return "always all sites" if role.all_sites else "the sites of the membership"


def _permissions() -> list[str]:
    heads = " | ".join(role.label for role in ROLES.values())
    rows = [
        f"| `{key}`: {sentence} | "
        + " | ".join("yes" if key in role.permissions else "" for role in ROLES.values())
        + " |"
        for key, sentence in PERMISSIONS.items()
    ]
    return [f"| Permission | {heads} |", "|---|" + "---|" * len(ROLES), *rows]


if __name__ == "__main__":
    print(document(), end="")

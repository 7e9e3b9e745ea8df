"""The permission table: every permission declared, every role's rights known, the page fresh."""

from pathlib import Path

import pytest

from registry.access import PERMISSIONS, ROLES
from registry.permission_table import document

PAGE = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"


@pytest.mark.parametrize("role", ROLES.values(), ids=list(ROLES))
def test_a_role_holds_declared_permissions_only(role):
    assert role.permissions <= set(PERMISSIONS)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_somebody_holds_every_permission(permission: str):
    assert any(permission in role.permissions for role in ROLES.values())


def test_the_page_is_fresh():
    assert PAGE.read_text(encoding="utf-8") == document(), "python -m registry.permission_table > docs/permissions.md"

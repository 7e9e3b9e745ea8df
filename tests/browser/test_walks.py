"""The walk by axe misses nothing: every address is behind a door it opens, or left out by name with a reason."""

from registry.access import ROLES
from tests.browser.walks import ANYBODY, NO_PAGE, ROOMS, reason_to_leave_out, routes


def test_every_address_is_walked_or_left_out_by_name():
    """Add a new page to its room's doors; name what is no page in NO_PAGE (tests/browser/walks.py)."""
    known = set(ROOMS) | set(ANYBODY)
    missed = {name for name in routes() if name not in known and not reason_to_leave_out(name)}

    assert not missed


def test_nothing_is_left_out_that_does_not_exist():
    names = set(routes())
    gone = {key for key in NO_PAGE if not any(name == key or key[-1] == "*" and name.startswith(key[:-1])
                                              for name in names)}  # fmt: skip

    assert not gone
    assert set(ANYBODY) <= names


def test_every_page_is_opened_by_a_role():
    """A door that nobody opens is never seen: say so in the tables of doors, or who opens it."""
    pages = {name: door for name, door in ROOMS.items() if not reason_to_leave_out(name)}
    shut = {name for name, door in pages.items() if not set(door.opens) & set(ROLES)}

    assert shut == SHUT


#: Django gives every table of the administration these addresses; no role may use them.
SHUT = {
    "admin:analytics_snapshot_add", "admin:analytics_snapshot_delete", "admin:analytics_run_delete",
    "admin:registry_user_delete", "admin:registry_finding_add", "admin:registry_finding_delete",
    "admin:registry_change_add", "admin:registry_change_delete",
}  # fmt: skip

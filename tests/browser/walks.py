"""Where the walk by axe goes: the pages behind the doors of every room, role by role; and what is no page, and why."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from registry.entities import dictionary
from registry.models import Record
from tests.analytics.doors import ADMIN, RESULTS
from tests.exports.doors import EXPORTS
from tests.registry.doors import DOORS

ROOMS = DOORS | RESULTS | EXPORTS | ADMIN
#: Open to everybody who is signed in; the sign-in itself is looked at before.
ANYBODY = {
    "password_change": "/accounts/password/",
    "password_change_done": "/accounts/password/done/",
    "api-docs": "/api/v1/docs/",
}
FILE, FORM, LEADS = "a file", "takes a form, has no page", "leads elsewhere"
MACHINES = "JSON for programs"
#: Addresses the walk leaves out, by name; a name that ends in * stands for all that begin so.
NO_PAGE = {
    "query-csv": FILE,
    "results-figure": FILE,
    "results-json": FILE,
    "results-csv": FILE,
    "results-readings": FILE,
    "results-report": FILE,
    "analysis-figure": FILE,
    "analysis-numbers": FILE,
    "analysis-code": FILE,
    "export-release": FORM,
    "export-zip": FILE,
    "export-file": FILE,
    "admin:analytics_snapshot_figure": FILE,
    "admin:analytics_snapshot_results": FILE,
    "admin:analytics_snapshot_bundle": FILE,
    "admin:analytics_snapshot_report": "the stored report: a document with a policy of its own, looked at by its tests",
    "saved-views": FORM,
    "results-run": FORM,
    "analysis-save": FORM,
    "logout": FORM,
    "admin:logout": FORM,
    "admin:registry_user_password": FORM,
    "admin:analytics_snapshot_verify": FORM,
    "admin:analytics_snapshot_make_report": FORM,
    "admin:analytics_run_now": FORM,
    "admin:analytics_run_again": FORM,
    "import": "needs an uploaded file; looked at by test_import",
    "login": "walked before anybody is signed in",
    "admin:login": LEADS,
    "admin:password_change": LEADS,
    "admin:password_change_done": LEADS,
    "admin:view_on_site": LEADS,
    "admin:autocomplete": MACHINES,
    "admin:jsi18n": "a script",
    "healthz": MACHINES,
    "readyz": MACHINES,
    "api-*": MACHINES,
}
#: Addresses that say in words that nothing is there.
NOT_THERE = ("/patients/nobody/", "/results/snapshots/999999/")
#: More of a page than its plain address shows.
MORE = {
    "data_manager": (
        "/patients/?show=forms",
        "/patients/?standing=relapsed&open=queries&sort=-contact",
        "/quality/completeness/?entity=relapse",
        "/patients/nobody/",
    ),
    "statistician": (
        "/results/plans/post_infusion/",
        "/results/plans/post_cart_relapse/?by=sex",
        "/results/snapshots/{grouped}/",
        "/results/snapshots/{unread}/",
        "/results/analysis/?ask=post_infusion:os_infusion",
        "/results/analysis/{regression}/",
        "/results/analysis/{later}/",
        "/results/analysis/{waiting}/",
        "/results/analysis/{failed_look}/",
        "/results/compare/{snapshot}/{snapshot}/",
        "/results/compare/{grouped}/{snapshot}/",
        "/results/patients/{studied}/",
        "/results/snapshots/999999/",
        "/exports/{export_waiting}/",
        "/exports/{export_failed}/",
        "/admin/analytics/run/{failed_run}/change/",
        "/admin/analytics/run/{queued_run}/change/",
        "/admin/analytics/snapshot/?plan=post_infusion",
        "/admin/registry/",
    ),
    "investigator": ("/results/analysis/{own_look}/",),
}


def routes() -> Iterator[str]:
    """The name of every address there is."""

    def inside(resolver: URLResolver, room: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            if isinstance(one, URLPattern):
                yield from [f"{room}{one.name}"] if one.name else []
            else:
                yield from inside(one, f"{room}{one.namespace}:" if one.namespace else room)

    return inside(get_resolver(), "")


def reason_to_leave_out(name: str) -> str:
    """Why the walk leaves this address out; empty for a page."""
    if name in ANYBODY:
        return ""
    begins = [reason for key, reason in NO_PAGE.items() if key.endswith("*") and name.startswith(key[:-1])]
    return NO_PAGE.get(name, begins[0] if begins else "")


def pages_of(role: str, names: dict[str, object]) -> list[str]:
    """The pages a role opens, once each, in the order of the tables."""
    doors = [door for name, door in ROOMS.items() if not reason_to_leave_out(name)]
    found = [door.address for door in doors if role in door.opens and door.answer == 200]
    return [*dict.fromkeys(address.format(**names) for address in (*found, *ANYBODY.values(), *MORE.get(role, ())))]


def rows_of_every_kind(own: str, rows: dict[str, Record]) -> list[str]:
    """The pages of a row of every kind of record of this patient."""
    found = []
    for slug, row in rows.items():
        home = f"/patients/{own}/{slug}/"
        found += [home, f"{home}new", f"{home}{row.pk}/", f"{home}{row.pk}/edit"]
        found += [f"{home}rows"] if dictionary()[slug].entity.many else []
    return found

"""Who may do what, on whose rows: the only file that knows.

Roles are declared here, memberships (person, role, site) are rows. A `Scope` says who acts, at which sites, with which
permissions; it lives in a context variable. Without a scope every query on records raises: forgetting it fails closed.
Managers filter by the sites that care for the patient (a subquery, so a patient cared for at two sites stays one row).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NoReturn

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.sql import Query


class NoScope(RuntimeError):
    """A query on records was made without saying who asks; open a scope first."""


class WriteRefused(RuntimeError):
    """Records are written one by one through the services, never by a bulk method that skips checks."""


@dataclass(frozen=True)
class Role:
    """A kind of person: what they are called, what they are trusted with, what they may do."""

    key: str
    label: str
    prose: str
    permissions: frozenset[str]
    all_sites: bool = False


def _role(key: str, label: str, prose: str, permissions: str, *, all_sites: bool = False) -> Role:
    return Role(key, label, prose, frozenset(permissions.split()), all_sites)


#: Every permission with the sentence the permission table prints.
PERMISSIONS = {
    "read": "read clinical records in scope",
    "history": "read who changed what, when and why",
    "identity": "see and enter birth dates and local identifiers",
    "enter": "enter and change clinical records",
    "void": "void clinical records with a reason",
    "import": "import files",
    "verify": "verify records entered by somebody else",
    "lock": "lock and unlock records",
    "query": "raise, close, reopen and assign data queries",
    "answer": "answer data queries",
    "move": "share, transfer and merge patients",
    "sign": "sign the records of a site",
    "reference": "maintain sites, protocols and products",
    "snapshot": "see snapshots and their results",
    "analyse": "ask questions of the live data on the analysis page",
    "run": "run analyses now and define plans",
    "schedule": "change schedules of analyses, and who is told of their snapshots by mail",
    "users": "manage accounts, memberships and tokens",
    "api": "use the API with a personal token",
    "export": "export snapshots under an agreement",
    "release": "release exports that somebody else asked for and that single patients out",
    "receive": "receive what is exported under an agreement",
}

ROLES = {
    role.key: role
    for role in (
        _role("coordinator", "Research coordinator", "Enters and voids records at the own site, acknowledges "
              "warnings, answers queries.",
              "read history identity enter void answer api"),
        _role("data_manager", "Data manager", "Cares for the data of one or all sites: imports, verifies what others "
              "entered, locks, raises and closes queries, moves and merges patients.",
              "read history identity enter void import verify lock query answer move reference snapshot api export "
              "release"),
        _role("investigator", "Principal investigator", "Answers for a site's data: reads and signs them, answers "
              "queries.",
              "read history identity answer sign snapshot analyse api"),
        _role("statistician", "Statistician", "Analyses all sites without identifiers: snapshots, plans, schedules.",
              "read snapshot analyse run schedule api export release", all_sites=True),
        _role("monitor", "Monitor", "Reads records with their history against the source; raises and closes queries.",
              "read history query api"),
        _role("collaborator", "Collaborator", "Receives exports under an agreement; sees no live row.", "receive"),
        _role("administrator", "Administrator", "Manages users and schedules; edits no clinical record.",
              "users schedule snapshot reference", all_sites=True),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """Who acts, where, with which rights, and - for writes - why. `sites` None means every site.

    `agreement` is the one under which the actor receives: set where the token is the agreement's.
    """

    actor: str
    name: str = ""
    grants: tuple[tuple[str, int | None], ...] = ()
    everything: bool = False
    request_id: str = ""
    reason: str = ""
    roles: tuple[str, ...] = field(default=())
    agreement: int | None = None

    def can(self, permission: str, site: int | None = None) -> bool:
        """Whether the actor holds a permission at a site, or anywhere when no site is named."""
        if self.everything:
            return True
        return any(key == permission and (site is None or at is None or at == site) for key, at in self.grants)

    def sites(self, permission: str = "read") -> tuple[int, ...] | None:
        """Ids of the sites where the permission holds; None means all of them."""
        if self.everything or any(key == permission and at is None for key, at in self.grants):
            return None
        return tuple(sorted({at for key, at in self.grants if key == permission}))

    def require(self, permission: str, site: int | None = None) -> None:
        """Raise PermissionDenied unless the actor holds the permission (at the site)."""
        if not self.can(permission, site):
            raise PermissionDenied(f"You may not {PERMISSIONS.get(permission, permission)} here.")


_current: ContextVar[Scope | None] = ContextVar("registry_scope", default=None)


def current_scope() -> Scope:
    """The scope in force; NoScope when nobody said who acts."""
    scope = _current.get()
    if scope is None:
        raise NoScope("Records are read inside a scope: say who asks (registry.access.scoped).")
    return scope


def scope_or_none() -> Scope | None:
    return _current.get()


@contextmanager
def scoped(scope: Scope) -> Iterator[Scope]:
    """Everything inside runs as this actor, on these sites."""
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)


def system_scope(purpose: str) -> Scope:
    """The named scope of jobs and commands: every site, the purpose as actor's name."""
    return Scope(actor=f"system:{purpose}", name=purpose, everything=True)


def scope_of(user: Any, *, request_id: str = "") -> Scope:
    """The scope a person's memberships give; an inactive or unknown person has an empty one."""
    grants: set[tuple[str, int | None]] = set()
    roles: list[str] = []
    if user is not None and user.is_authenticated and user.is_active:
        for membership in user.memberships.all():
            role = ROLES.get(membership.role)
            if role is None:
                continue
            roles.append(role.key)
            site = None if role.all_sites else membership.site_id
            if site is None and not (role.all_sites or membership.all_sites):
                continue
            grants.update((permission, site) for permission in role.permissions)
    name = user.get_username() if user is not None and user.is_authenticated else ""
    return Scope(actor=name, name=name, grants=tuple(sorted(grants, key=str)), request_id=request_id,
                 roles=tuple(dict.fromkeys(roles)))  # fmt: skip


#: What the token of an agreement may do, whatever roles its owner holds: no live row.
BY_AGREEMENT = ("api", "receive")


def scope_under(agreement: Any, user: Any, *, holds: bool, request_id: str = "") -> Scope:
    """The scope of an agreement's token: what was exported under it while it holds, nothing once it has ended."""
    grants = tuple((permission, None) for permission in BY_AGREEMENT) if holds else ()
    name = user.get_username()
    return Scope(actor=name, name=name, grants=grants, request_id=request_id, agreement=agreement.pk)


def with_reason(scope: Scope, reason: str) -> Scope:
    return replace(scope, reason=reason)


class ClosedQuery(Query):
    """A query born outside any scope: it can be built and filtered, never executed."""

    def get_compiler(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NoScope(f"{self.model._meta.label} was queried without a scope (registry.access.scoped).")


class RecordQuerySet(models.QuerySet):
    """Reads in scope; refuses the writes that would bypass versions and checks."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise WriteRefused("Records change through registry.services, and are voided, never deleted.")

    update = delete = bulk_create = bulk_update = update_or_create = _refuse
    aupdate = adelete = abulk_create = abulk_update = aupdate_or_create = _refuse

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NoScope("raw() would leave the scope; use the manager.")

    def all(self) -> "RecordQuerySet":
        """A bare queryset built before the scope was known takes the caller's scope here."""
        if isinstance(self.query, ClosedQuery) and not self.query.where and scope_or_none() is not None:
            return self.model._default_manager.get_queryset()
        return super().all()


class RecordManager(models.Manager.from_queryset(RecordQuerySet)):
    """Default manager of records: filtered by the scope in force, closed without one."""

    def __init__(self, patient_path: str = "") -> None:
        super().__init__()
        self.patient_path = patient_path

    def get_queryset(self) -> RecordQuerySet:
        scope = scope_or_none()
        if scope is None:
            return RecordQuerySet(self.model, query=ClosedQuery(self.model), using=self._db)
        sites = scope.sites("read")
        if not self.patient_path or sites is None:
            return super().get_queryset()
        return _at_sites(self.model, self.patient_path, self._db, sites).all()

    def of_patients(self, ids: Any) -> RecordQuerySet:
        """The rows of these patients, as far as they are in scope: who cares is looked up for them only.

        `ids` is what `registry.written` puts in: one value for many ids.
        """
        named = {f"{self.patient_path}__among": ids}
        scope = scope_or_none()
        sites = scope.sites("read") if scope else None
        if sites is None:
            return self.get_queryset().filter(**named)
        cared_for = _cared_for(self.model, sites).filter(patient__among=ids)
        return RecordQuerySet(self.model, using=self._db).filter(**{f"{self.patient_path}__in": cared_for}, **named)


def _cared_for(model: type[models.Model], sites: tuple[int, ...]) -> models.QuerySet:
    """The ids of the patients these sites care for."""
    care = model._meta.apps.get_model("registry", "CareSite")
    return care._base_manager.filter(site_id__in=sites, until=None).values("patient_id")


@lru_cache(maxsize=1024)
def _at_sites(
    model: type[models.Model], patient_path: str, using: str | None, sites: tuple[int, ...]
) -> RecordQuerySet:
    """The rows of patients these sites care for: built once, as building it anew was a sixth of a page's time."""
    return RecordQuerySet(model, using=using).filter(**{f"{patient_path}__in": _cared_for(model, sites)})

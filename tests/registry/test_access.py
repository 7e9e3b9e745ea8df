"""The guard: no query without a scope, no row of another site, no write that skips the services."""

import pytest
from django.core.exceptions import PermissionDenied

from registry import services
from registry.access import ROLES, NoScope, Scope, WriteRefused, scope_of, scoped
from registry.entities import MODELS
from registry.memory import acting
from registry.models import Membership, Patient, Relapse, User
from tests.factories import answers, as_system, make

pytestmark = pytest.mark.django_db
QUERIES = [
    "list", "count", "exists", "first", "get", "values", "values_list", "iterator", "aggregate", "in_bulk", "earliest",
    "subquery", "union", "explain",
]  # fmt: skip


def at(*sites: int, role: str = "coordinator") -> Scope:
    grants = tuple((permission, site) for permission in ROLES[role].permissions for site in sites)
    return Scope(actor="somebody", grants=grants)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize(
    "query",
    [
        lambda rows: list(rows.all()),
        lambda rows: rows.count(),
        lambda rows: rows.exists(),
        lambda rows: rows.first(),
        lambda rows: rows.filter(pk=1).get(),
        lambda rows: list(rows.values("pk")),
        lambda rows: list(rows.values_list("pk")),
        lambda rows: list(rows.iterator()),
        lambda rows: rows.aggregate(),
        lambda rows: rows.in_bulk([1]),
        lambda rows: rows.earliest("pk"),
        lambda rows: list(rows.filter(pk__in=rows.all())),
        lambda rows: list(rows.all().union(rows.all())),
        lambda rows: rows.explain(),
    ],
    ids=QUERIES,
)
def test_a_query_without_a_scope_raises(model, query):
    if query(_Nothing()) is None:  # aggregate() without arguments asks the database nothing
        return
    with pytest.raises(NoScope):
        query(model.objects)


class _Nothing:
    """Stands in for a manager to see whether a query would ask anything at all."""

    def aggregate(self) -> None:
        return None

    def __getattr__(self, name: str):
        return lambda *args, **kwargs: self

    def __iter__(self):
        return iter(())

    def __len__(self) -> int:
        return 0


def test_a_bare_query_set_takes_the_scope_of_its_caller():
    rows = Patient.objects.all()

    with as_system():
        make("patient")
        assert rows.all().count() == 1


def test_a_filtered_query_set_from_outside_raises_instead_of_losing_its_filter():
    rows = Patient.objects.filter(sex_at_birth="F")

    with as_system(), pytest.raises(NoScope):
        rows.all().count()


def test_rows_of_another_site_are_not_there():
    with as_system():
        ours, theirs = make("site", code="OURS"), make("site", code="THEIRS")
        mine = make("relapse", patient=make("patient", site=ours))
        other = make("relapse", patient=make("patient", site=theirs))

    with scoped(at(ours.pk)):
        assert list(Relapse.objects.all()) == [mine]
        assert not Relapse.objects.filter(pk=other.pk).exists()
        assert Patient.objects.count() == 1


def test_a_patient_treated_at_two_sites_is_one_row_for_both():
    with as_system():
        ours, theirs = make("site", code="OURS"), make("site", code="THEIRS")
        patient = make("patient", site=ours)
        make("infusion", patient=patient, site=theirs)

    with scoped(at(ours.pk, theirs.pk)):
        assert Patient.objects.count() == 1
    with scoped(at(theirs.pk)):
        assert list(Patient.objects.all()) == [patient]


@pytest.mark.parametrize("method", ["update", "delete", "bulk_create", "bulk_update", "update_or_create"])
def test_bulk_writes_are_refused(method: str):
    with as_system(), pytest.raises(WriteRefused):
        getattr(Patient.objects.all(), method)()


def test_a_coordinator_enters_at_the_own_site_only():
    with as_system():
        ours, theirs = make("site", code="OURS"), make("site", code="THEIRS")
        other = make("patient", site=theirs)

    with scoped(at(ours.pk)):
        assert make("patient", site=ours).record_status == "COMPLETE"
        with pytest.raises(PermissionDenied):
            make("patient", site=theirs)
        with pytest.raises(PermissionDenied):
            services.save_record("death", patient=other, answers=answers("death", death_date="2016-01-01"))


def test_a_record_does_not_name_a_site_outside_the_scope():
    with as_system():
        ours, theirs = make("site", code="OURS"), make("site", code="THEIRS")
        patient = make("patient", site=ours)

    with scoped(at(ours.pk)), pytest.raises(PermissionDenied):
        make("infusion", patient=patient, site=theirs)


@pytest.mark.parametrize("role", [key for key, role in ROLES.items() if "enter" not in role.permissions])
def test_other_roles_enter_nothing(role: str):
    with as_system():
        ours = make("site")

    with scoped(at(ours.pk, role=role)), pytest.raises(PermissionDenied):
        make("patient", site=ours)


def test_memberships_give_the_scope():
    with as_system() as scope:
        ours, theirs = make("site", code="OURS"), make("site", code="THEIRS")
        user = User.objects.create_user("ann")
        with acting(scope, "hired"):
            Membership.objects.create(user=user, role="coordinator", site=ours)

    scope = scope_of(user)
    assert scope.can("enter", ours.pk) and not scope.can("enter", theirs.pk) and not scope.can("import", ours.pk)
    user.is_active = False
    assert scope_of(user).grants == ()


def test_a_statistician_sees_every_site_but_no_identity():
    user = User.objects.create_user("stat")
    with as_system() as scope, acting(scope, "hired"):
        Membership.objects.create(user=user, role="statistician")

    scope = scope_of(user)
    assert scope.sites("read") is None and not scope.can("identity") and not scope.can("enter")


def test_a_collaborator_reads_no_live_row():
    user = User.objects.create_user("guest")
    with as_system() as scope:
        make("patient")
        with acting(scope, "agreement"):
            Membership.objects.create(user=user, role="collaborator", all_sites=True)

    with scoped(scope_of(user)):
        assert Patient.objects.count() == 0

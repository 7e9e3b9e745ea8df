"""Records for tests: `make("relapse", patient=p, relapse_date="2015-08")` fills what the test does not name."""

from contextlib import contextmanager

from registry import services
from registry.access import scoped, system_scope
from registry.dictionary.cells import Answer, read_cell
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.importing.parse import REFERENCES
from registry.models import Patient, Record

#: Valid and boring; items not listed take the first code, 1, or 2015-01-01.
DEFAULTS = {
    "birth_date": "2005-01-01",
    "diagnosis_date": "2012-01-01",
    "effective_date": "2014-12-01",
    "enrolled_on": "2014-12-05",
    "infusion_date": "2015-01-10",
    "assessment_date": "2015-02-08",
    "relapse_date": "2015-08-10",
    "start_date": "2015-08-20",
    "hsct_date": "2015-11-01",
    "contact_date": "2016-01-15",
    "disease_evaluated_on": "2016-01-15",
    "death_date": "2016-06-01",
    "n_relapses_before_cart": "2",
    "site_cns": "N",
    "site_testis": "N",
    "site_other": "N",
    "components": "CHEMO",
    "target": "CD19",
    "registry_number": "NA",
    "in_founding_cohort": "Y",
}
#: Items beyond the required ones that keep a lone record free of warnings.
BEYOND = {"relapse": {"no_salvage_reason": "PALLIATIVE"}}
PARENT_OF = {"relapse": ("infusion",), "salvage": ("relapse",), "response": ("infusion",)}


@contextmanager
def as_system():
    """Everything inside reads and writes as the named system scope of the tests."""
    with scoped(system_scope("tests")) as scope:
        yield scope


def answers(slug: str, **cells: str) -> dict[str, Answer]:
    """Cells as a person would type them, read by the items of an entity."""
    spec = dictionary()[slug]
    return {name: read_cell(spec.by_name[name], text) for name, text in cells.items()}


def _default(item: ItemSpec) -> str:
    if item.name in DEFAULTS:
        return DEFAULTS[item.name]
    if item.kind in (Kind.CODE, Kind.CODES):
        return code_list(item.item.codes).keys()[0]
    return {Kind.DATE: "2015-01-01", Kind.BOOLEAN: "N"}.get(item.kind, "1")


def _required(slug: str, cells: dict[str, object]) -> dict[str, Answer]:
    spec, given = dictionary()[slug], {}
    for item in spec.items:
        if item.name in cells:
            value = cells[item.name]
            if isinstance(value, Record):
                given[item.name] = Answer(value.pk)
            else:
                given[item.name] = read_cell(item, value)
        elif item.item.is_required({name: answer.value for name, answer in given.items()}):
            if item.kind is Kind.REFERENCE:
                given[item.name] = Answer(reference(item.target).pk) if item.target in REFERENCES else Answer()
            else:
                given[item.name] = read_cell(item, _default(item))
    return given


def reference(slug: str) -> Record:
    """The first site, protocol or product; made when there is none."""
    return model_of(slug).objects.order_by("pk").first() or make(slug)


def make(slug: str, *, patient: Patient | None = None, reason: str = "", local_id: str = "", **cells: object) -> Record:
    """A stored record of the entity, through the services, in the scope in force."""
    spec = dictionary()[slug]
    if slug == "patient":
        return services.register_patient(_required(slug, cells), local_id=local_id).record
    if not spec.of_patient:
        return services.save_record(slug, answers=_required(slug, cells)).record
    patient = patient or make("patient")
    if "site" in spec.by_name:
        cells.setdefault("site", patient.site)
    parents = {name: cells.pop(name).pk for name, _slug in spec.parents if name in cells}
    given = _required(slug, {**BEYOND.get(slug, {}), **cells})
    for name in PARENT_OF.get(slug, ()):
        if not parents:
            parents[name] = make(name, patient=patient).pk
            if slug == "relapse":  # a relapse follows a remission
                make("response", patient=patient, infusion=model_of("infusion").objects.get(pk=parents[name]))
    return services.save_record(slug, patient=patient, answers=given, parents=parents, reason=reason).record

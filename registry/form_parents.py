"""What a record hangs on, as fields of its form: the choosers, and what they say before anybody chose."""

from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary, model_of
from registry.form_fields import ParentField
from registry.models import Patient, Record
from registry.shown import row_title, with_links

#: Name of the one chooser of an entity that hangs on exactly one of several kinds.
PARENT = "parent"


def parent_fields(spec: EntitySpec, patient: Patient | None, record: Record | None) -> dict[str, ParentField]:
    """One chooser for `exactly one of`, else one per parent column; only rows of this patient are offered."""
    if not spec.parents:
        return {}
    groups = {}
    for column, slug in spec.parents:
        target = dictionary()[slug]
        held = getattr(record, f"{column}_id", None) if record else None
        found = with_links(target, model_of(slug).objects.filter(patient=patient))
        rows = [row for row in found if not row.voided or row.pk == held]
        rows.sort(key=lambda row: str(getattr(row, target.entity.dated_by) or ""))
        groups[column] = (target.entity.plural, [(row.pk, row_title(target, row)) for row in rows])
    if spec.entity.one_of:
        names = " or ".join(dictionary()[slug].entity.label for _column, slug in spec.parents)
        label, hint = f"{spec.entity.label} of", f"Exactly one: {names}."
        return {PARENT: ParentField(groups, must=True, label=label, help_text=hint)}
    return {
        f"{PARENT}_{column}": ParentField(
            {column: groups[column]},
            must=False,
            label=dictionary()[slug].entity.label,
            help_text="Empty when there is none.",
        )
        for column, slug in spec.parents
    }


def initial_parents(fields: dict[str, ParentField], record: Record | None) -> dict[str, str]:
    """The stored parents; for a new record the only possible one, where there is one kind of parent."""
    initial = dict.fromkeys(fields, "")
    for name, parent in fields.items():
        offered = [(column, pk) for column, (_label, rows) in parent.groups.items() for pk, _words in rows]
        if record is not None:
            offered = [(column, pk) for column, pk in offered if getattr(record, f"{column}_id") == pk]
        if len(offered) == 1 and (record is not None or len(fields) == 1):
            initial[name] = f"{offered[0][0]}:{offered[0][1]}"
    return initial

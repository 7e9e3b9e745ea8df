"""One bundle in memory: parsed rows tied together, as model instances, with every fault of structure found.

Reference rows (sites, products, protocols) are written first, in the same transaction, because all others name them.
"""

from collections import defaultdict
from collections.abc import Mapping, Set
from datetime import datetime
from itertools import count
from typing import Any

from django.db import models

from registry.access import Scope
from registry.dictionary.cells import BLANK, Answer
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.importing.parents import resolve_links
from registry.importing.parse import ABSENT, REFERENCES, ParsedRow, links
from registry.importing.report import Fault, Refused
from registry.importing.resolve import Patients, key_hash, load_stored, match_stored, reference_values, without_merged
from registry.importing.uniqueness import unique_faults
from registry.models import Patient, Record, Status, SubjectIdentity
from registry.services import local_hash, new_registry_ids
from registry.status import unanswered

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


class Bundle:
    """The rows of a source on their way in.

    `faults` begins with those of the cells and grows while the rows are tied together; at the end of `tie` they are
    raised, all at once. `unread` names the entities whose file could not be read: nothing is concluded from them.
    """

    def __init__(
        self,
        rows: Mapping[str, list[ParsedRow]],
        *,
        scope: Scope,
        site: str,
        now: datetime,
        faults: list[Fault],
        unread: Set[str] = frozenset(),
    ) -> None:
        self.rows, self.scope, self.site, self.now = rows, scope, site, now
        self.faults, self.unread = faults, unread
        self.notes: list[Fault] = []
        self.refs = count(-1, -1)
        self.known: dict[str, dict[str, Record]] = {}
        self.patients: Patients
        self._ids: list[str] = []
        self.outcome: dict[str, dict[str, int]] = {kind: defaultdict(int) for kind in (CREATED, UPDATED, UNCHANGED)}

    def stamps(self) -> dict:
        actor = self.scope.actor
        return {"created_at": self.now, "created_by": actor, "modified_at": self.now, "modified_by": actor}

    # Reference rows ---------------------------------------------------------------------------------------------

    def write_references(self) -> None:
        """Create or change sites, products and protocols; afterwards `known` maps every code to its row."""
        for spec in dictionary():
            if spec.entity.reference:
                key, model = spec.entity.natural_key, model_of(spec.slug)
                self.known[spec.slug] = {getattr(one, key): one for one in model.objects.filter(voided=False)}
                self._write_reference_rows(spec, key)
        if self.site and self.site not in self.known["site"]:
            raise Refused(
                [Fault("", None, "", "site", self.site, "parent", "ERROR", f"There is no site '{self.site}'")]
            )

    def _write_reference_rows(self, spec: EntitySpec, key: str) -> None:
        seen: set[str] = set()
        for row in self.rows.get(spec.slug, ()):
            code = row.answers.get(key, BLANK).value
            if not code:
                if not row.unsure(key):
                    self.faults.append(row.fault("parent", f"The row needs its {key}", column=key))
                continue
            if code in seen:
                self.faults.append(row.fault("duplicate", f"'{code}' stands twice", column=key))
                continue
            seen.add(code)
            self.faults += reference_values(row, spec, self.known, self.unread)
            row.instance = self.known[spec.slug].get(code)
            self.prepare(row, spec)
            self.known[spec.slug][code] = row.instance
            if row.faulty:
                continue
            if row.before is None or row.before != state(row.instance):
                if not self.scope.can("reference"):
                    self.faults.append(
                        row.fault("parent", f"You may not add or change {spec.entity.plural.lower()}", column=key)
                    )
                    continue
                if self.refused_as_locked(row, spec):
                    continue
                row.instance.record_status = "DRAFT" if unanswered(spec, row.instance) else "COMPLETE"
            self.write_row(row, spec)

    # Patients and their rows -------------------------------------------------------------------------------------

    def tie(self) -> None:
        """Find each row's patient, parents and stored twin; make the instances; note every fault of structure."""
        clinical = [spec.slug for spec in dictionary() if not spec.entity.reference]
        self.patients = Patients(self.site, (row.patient for slug in clinical for row in self.rows.get(slug, ())))
        self._ids = new_registry_ids(len(self.rows.get("patient", ())))
        self.rows, self.notes = without_merged(self.rows, self.patients)
        for row in self.rows.get("patient", ()):
            self._enroll(row)
        specs = [spec for spec in dictionary() if spec.of_patient]
        for spec in specs:
            self._find_patients(spec)
        load_stored(self.patients.all(), dictionary())
        keyed: dict[str, dict[str, ParsedRow]] = {}
        for spec in specs:
            self._tie_rows(spec, keyed)
            self.faults += unique_faults(spec, self.rows.get(spec.slug, ()))
        self._refuse_locked()
        self._check_sites()
        if self.faults:
            raise Refused(self.faults)

    def _find_patients(self, spec: EntitySpec) -> None:
        for row in self.rows.get(spec.slug, ()):
            found = self.patients.find(row.patient)
            if not isinstance(found, str):
                row.target, row.ref = found, next(self.refs)
                found.rows[spec.slug].append(row)
            elif not row.unsure("patient") and "patient" not in self.unread:
                self.faults.append(row.fault("parent", found, column="patient"))

    def _tie_rows(self, spec: EntitySpec, keyed: dict[str, dict[str, ParsedRow]]) -> None:
        """Parents first, then the stored twin: a row is recognised by what it hangs on, too."""
        rows = self.rows.get(spec.slug, ())
        keyed[spec.slug] = {row.key: row for row in reversed(rows) if row.key}  # of two, the first
        for row in rows:
            self.faults += reference_values(row, spec, self.known, self.unread)
            if row.target is not None and not row.unsure():
                self.faults += resolve_links(row, spec, keyed, self.unread)
        for target in self.patients.all():
            self.faults += match_stored(target, spec)
        for row in rows:
            if row.target is not None:
                self.prepare(row, spec)

    def _enroll(self, row: ParsedRow) -> None:
        spec = dictionary()["patient"]
        site = row.answers.get("site", BLANK).value or ""
        if not site and not row.unsure("site"):
            message = "Say which site enrolls the patient (column site, or --site)"
            self.faults.append(row.fault("parent", message, column="site"))
        self.faults += reference_values(row, spec, self.known, self.unread)
        target = self.patients.enroll(row, site)
        if target == "duplicate":
            message = f"Patient '{row.patient}' stands twice at site {site or '(none)'}"
            self.faults.append(row.fault("duplicate", message, column="patient"))
            return
        row.target, row.instance = target, target.instance
        if target.instance is not None:  # a file does not move a patient: registry.moving does, with a reason
            row.answers = {name: answer for name, answer in row.answers.items() if name != "site"}
        target.rows["patient"].append(row)
        row.ref = target.instance.pk if target.instance else next(self.refs)
        self.prepare(row, spec)
        if target.instance is None:
            row.instance.registry_id = self._ids.pop()
            row.instance.identity.site_local_hash = local_hash(site, row.patient)
        target.instance = row.instance

    def _check_sites(self) -> None:
        """Rows of sites outside the actor's scope are refused; so are patients cared for elsewhere only."""
        allowed = self.scope.sites("import")
        if allowed is None:
            return
        for target in self.patients.all():
            site = self.known["site"].get(target.site)
            rows = [row for rows in target.rows.values() for row in rows]
            if site is not None and site.pk not in allowed and rows:
                self.faults.append(rows[0].fault("parent", "The patient's site is outside your sites", column="site"))
            for row in rows:
                named = row.answers.get("site", BLANK).value
                if named and "site" not in row.faulty and self.known["site"][named].pk not in allowed:
                    self.faults.append(row.fault("parent", f"Site {named} is outside your sites", column="site"))

    def prepare(self, row: ParsedRow, spec: EntitySpec) -> None:
        """Make or take the instance of a row and put the answers of the file on it."""
        if row.instance is None:
            row.instance = model_of(spec.slug)(**self.stamps())
            if spec.slug == "patient":
                row.instance.identity = SubjectIdentity(**self.stamps())
        else:
            row.before = state(row.instance)
        for name, answer in row.answers.items():
            if name in spec.by_name and name not in row.faulty:
                row.instance.put(name, self._referred(spec, name, answer))
        if row.key and not row.instance.source_key and spec.slug not in REFERENCES:
            row.instance.source_key = key_hash(spec.slug, row.key)
        for name in links(spec):
            if row.parents.get(name) is not ABSENT or row.before is None:
                parent = row.parent_refs.get(name)
                setattr(row.instance, f"{name}_id", parent)

    def _refuse_locked(self) -> None:
        for spec in dictionary():
            for row in () if spec.entity.reference else self.rows.get(spec.slug, ()):
                self.refused_as_locked(row, spec)

    def refused_as_locked(self, row: ParsedRow, spec: EntitySpec) -> bool:
        """Note a fault where the file would change a locked row; a change takes a verification back."""
        status = row.before["record_status"] if row.before else ""
        if status not in (Status.VERIFIED, Status.LOCKED):
            return False
        changed = {name for name, value in state(row.instance).items() if row.before[name] != value}
        if status == Status.LOCKED and changed <= {"source_key"}:
            row.instance.source_key = row.before["source_key"]
        elif status == Status.LOCKED:
            column = sorted(changed - {"source_key"})[0].removeprefix("identity.").removesuffix("_id")
            message = f"This {spec.entity.label.lower()} is locked; ask a data manager to unlock it first"
            self.faults.append(row.fault("locked", message, column=column))
            return True
        elif changed - {"source_key"}:
            row.instance.record_status = Status.COMPLETE
        return False

    def _referred(self, spec: EntitySpec, name: str, answer: Answer) -> Answer:
        item = spec.by_name[name]
        if item.kind is Kind.REFERENCE and item.target in REFERENCES and answer.value is not None:
            return Answer(self.known[item.target][answer.value].pk)
        return answer

    def write_row(self, row: ParsedRow, spec: EntitySpec) -> None:
        """Insert a reference row, or update any row that changed; counts what happened."""
        instance = row.instance
        if row.before is None:
            type(instance)._base_manager.bulk_create([instance])
            self.outcome[CREATED][spec.slug] += 1
        elif self.update(instance, row.before):
            self.outcome[UPDATED][spec.slug] += 1
        else:
            self.outcome[UNCHANGED][spec.slug] += 1

    def update(self, instance: Record, before: Mapping[str, Any]) -> bool:
        """Write the changed columns of a stored row, with its version; False when nothing changed."""
        changed = {name: value for name, value in state(instance).items() if before.get(name) != value}
        if not changed:
            return False
        identity = {
            name.removeprefix("identity."): value for name, value in changed.items() if name.startswith("identity.")
        }
        own = {name: value for name, value in changed.items() if not name.startswith("identity.")}
        stamps = {"modified_at": self.now, "modified_by": self.scope.actor, "version": models.F("version") + 1}
        if identity:
            SubjectIdentity._base_manager.filter(pk=instance.identity.pk).update(**identity, **stamps)
        if own or identity:
            type(instance)._base_manager.filter(pk=instance.pk).update(**own, **stamps)
        return True


def state(instance: Record) -> dict[str, Any]:
    """The columns of a record that an import may change, the patient's identity included."""
    untold = {"id", "version", "created_at", "created_by", "modified_at", "modified_by"}
    columns = {
        field.attname: getattr(instance, field.attname)
        for field in instance._meta.concrete_fields
        if field.name not in untold
    }
    if isinstance(instance, Patient):
        columns.update({f"identity.{name}": value for name, value in state(instance.identity).items()})
        columns = {
            name: value for name, value in columns.items() if name not in ("identity.patient_id", "identity.site_id")
        }
    return columns

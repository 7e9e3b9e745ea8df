"""Whose row is it, is it known already: ties parsed rows to patients and to the rows the registry holds."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Q

from registry.dictionary import registry_id
from registry.dictionary.cells import BLANK
from registry.dictionary.compiled import Dictionary, EntitySpec
from registry.dictionary.items import Kind
from registry.entities import model_of
from registry.importing.parse import REFERENCES, ParsedRow
from registry.importing.report import Fault
from registry.importing.uniqueness import once_per_parent
from registry.models import Patient, Record, Site, SubjectIdentity
from registry.services import local_hash


@dataclass(eq=False)
class Target:
    """A patient of the source: known already (`instance.pk`), or about to be registered at `site`."""

    source_id: str
    site: str
    instance: Patient | None = None
    rows: dict[str, list[ParsedRow]] = field(default_factory=lambda: defaultdict(list))
    stored: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))


def key_hash(slug: str, key: str) -> str:
    """What is kept of a row's own key: keyed, because keys may hold local numbers."""
    return hmac.new(settings.FIELD_KEY.encode(), f"row\x1f{slug}\x1f{key}".encode(), hashlib.sha256).hexdigest()


class Patients:
    """Finds the patient a row speaks of: in the bundle, by registry id, or by the hash of the source's own id."""

    def __init__(self, default_site: str, texts: Iterable[str]) -> None:
        """`texts` are all names of patients in the bundle: what the registry holds of them is read at once."""
        self.sites = [default_site] if default_site else list(Site.objects.values_list("code", flat=True))
        self.targets: dict[str, list[Target]] = defaultdict(list)
        self._looked_up: dict[str, Target | str] = {}
        self._by_id, self._by_hash = _known_patients(set(texts), self.sites)

    def enroll(self, row: ParsedRow, site: str) -> Target | str:
        """The target of a row of patient.csv; a text says why there is none."""
        if any(known.site == site for known in self.targets[row.patient]):
            return "duplicate"
        target = Target(row.patient, site, self._stored(row.patient, [site]))
        self.targets[row.patient].append(target)
        return target

    def _stored(self, text: str, sites: list[str]) -> Patient | None:
        found = self._held(text, sites)
        return found[0] if len(found) == 1 else None

    def _held(self, text: str, sites: list[str]) -> list[Patient]:
        """Patients of these sites that go by this name: by registry id one, by a source's own id one per site."""
        if text in self._by_id:
            return [self._by_id[text]]
        if not self._by_hash:
            return []
        return [self._by_hash[key] for site in sites if (key := local_hash(site, text)) in self._by_hash]

    def survivor_of(self, text: str) -> Patient | None:
        """The patient into whom this name's entry was merged, if it was."""
        stored = self._stored(text, self.sites)
        return stored.merged_into if stored is not None else None

    def find(self, text: str) -> Target | str:
        """The target of a clinical row; a text says why there is none."""
        own = self.targets.get(text, [])
        if len(own) == 1:
            return own[0]
        if len(own) > 1:
            return f"Patient '{text}' stands at several sites in this bundle; use the registry id"
        if text not in self._looked_up:
            held = self._held(text, self.sites)
            if len(held) > 1:
                self._looked_up[text] = f"Patient '{text}' is known at several sites; say which (--site)"
            elif not held:
                self._looked_up[text] = f"Patient '{text}' is not in patient.csv and not known here"
            else:
                self._looked_up[text] = Target(text, held[0].site.code, held[0])
        return self._looked_up[text]

    def all(self) -> list[Target]:
        """Every patient the bundle speaks of; several names of one patient count once."""
        listed = [target for targets in self.targets.values() for target in targets]
        return listed + [target for target in self._looked_up.values() if isinstance(target, Target)]


def _known_patients(texts: set[str], sites: list[str]) -> tuple[dict[str, Patient], dict[str, Patient]]:
    """What the registry holds of these names: by registry id, and by the keyed hash of a source's own id."""
    known = Q(voided=False) | Q(merged_into__isnull=False)
    patients = Patient.objects.filter(known).select_related("identity", "site", "merged_into")
    ids = [text for text in texts if registry_id.is_valid(text)]
    by_id = {one.registry_id: one for batch in _batches(ids) for one in patients.filter(registry_id__in=batch)}
    if not SubjectIdentity.objects.exclude(site_local_hash="").exists():
        return by_id, {}
    hashes = [local_hash(site, text) for text in texts - set(by_id) for site in sites]
    by_hash = {
        one.identity.site_local_hash: one
        for batch in _batches(hashes)
        for one in patients.filter(identity__site_local_hash__in=batch)
    }
    return by_id, by_hash


def _batches(values: list[str], size: int = 2000) -> Iterator[list[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def without_merged(
    rows: Mapping[str, list[ParsedRow]], patients: Patients
) -> tuple[dict[str, list[ParsedRow]], list[Fault]]:
    """The rows without those of entries that were merged into another, and one note per such entry."""
    survivors: dict[str, Patient | None] = {}
    notes = []
    for slug, several in rows.items():
        for row in several if slug not in REFERENCES else ():
            if row.patient not in survivors:
                survivor = survivors[row.patient] = patients.survivor_of(row.patient)
                if survivor is not None:
                    message = (
                        f"This entry was merged into {survivor.registry_id}; its rows are left aside. "
                        "Send what is new under that registry id"
                    )
                    notes.append(row.fault("merged", message, column="patient", severity="WARNING"))
    kept = {slug: [row for row in several if survivors.get(row.patient) is None] for slug, several in rows.items()}
    return kept, notes


def load_stored(targets: list[Target], dictionary: Dictionary) -> None:
    """Read what the registry holds of these patients, once per entity."""
    by_patient = {target.instance.pk: target for target in targets if target.instance is not None}
    for spec in dictionary:
        if spec.of_patient and by_patient:
            for row in model_of(spec.slug).objects.filter(patient_id__in=list(by_patient), voided=False).order_by("pk"):
                by_patient[row.patient_id].stored[spec.slug].append(row)


def match_stored(target: Target, spec: EntitySpec) -> list[Fault]:
    """Recognise rows that the registry holds already: by key, else by parent and date, singletons by what has one."""
    stored, taken = target.stored[spec.slug], set()
    by_key = {one.source_key: one for one in stored if one.source_key}
    by_nature: dict[tuple, list[Record]] = defaultdict(list)
    for one in stored:
        parents = {name: getattr(one, f"{name}_id") for name, _slug in spec.parents}
        moment = getattr(one, spec.entity.dated_by) if spec.entity.dated_by else None
        by_nature[_nature(spec, moment, parents)].append(one)
    rows = [row for row in target.rows[spec.slug] if not row.unsure()]
    if not spec.entity.many and len(rows) > 1:
        message = f"A patient has one {spec.entity.label.lower()}; this is another"
        return [row.fault("unique", message, column="patient") for row in rows[1:]]
    for row in rows:
        found = by_key.get(key_hash(spec.slug, row.key)) if row.key else None
        if found is None and not row.faulty:
            found = _natural_match(row, spec, stored, by_nature, taken)
        if found is not None and found.pk not in taken:
            taken.add(found.pk)
            row.instance, row.ref = found, found.pk
    return []


def _natural_match(
    row: ParsedRow, spec: EntitySpec, stored: list[Record], by_nature: dict[tuple, list[Record]], taken: set[int]
) -> Record | None:
    if not spec.entity.many:
        return stored[0] if stored else None
    nature = _nature(spec, row.answers.get(spec.entity.dated_by, BLANK).value, row.parent_refs)
    for one in by_nature.get(nature, ()):
        if one.pk not in taken and not (row.key and one.source_key):
            return one
    return None


def _nature(spec: EntitySpec, moment: Any, parents: dict[str, int | None]) -> tuple:
    """What a row is known by; where a parent has one such row only, its date may be corrected."""
    hangs_on = tuple(parents.get(name) for name, _slug in spec.parents)
    return hangs_on if once_per_parent(spec) and None not in hangs_on else (moment, *hangs_on)


def reference_values(
    row: ParsedRow, spec: EntitySpec, known: dict[str, dict[str, Any]], unread: Set[str]
) -> list[Fault]:
    """Faults of codes of sites, protocols and products that neither the registry nor the bundle knows."""
    faults = []
    for item in spec.items:
        named = row.answers.get(item.name, BLANK).value
        to_shared_row = item.kind is Kind.REFERENCE and item.target in REFERENCES
        if to_shared_row and named is not None and named not in known[item.target]:
            message = f"{item.item.label}: there is no {item.target} '{str(named)[:60]}'"
            told = row.fault("parent", message, column=item.name)
            faults += [] if item.target in unread else [told]
    return faults

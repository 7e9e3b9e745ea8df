"""The compiled dictionary: every entity and item as one frozen, hashable value.

`registry.entities` builds it once from the models; only this travels to checks, forms, snapshots and exports.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from registry.dictionary.items import Entity, Item, Kind


@dataclass(frozen=True)
class ItemSpec:
    """An item with the name and kind of its column; `target` is the slug a reference points to.

    `chart` says where the value is usually found. It helps who enters and changes no meaning, so it is left out of the
    JSON: the dictionary of a snapshot stays the same when a hospital files its reports elsewhere.
    """

    name: str
    kind: Kind
    item: Item
    target: str = ""
    chart: str = ""

    def as_json(self) -> dict:
        item = self.item
        facts = {
            "name": self.name,
            "kind": self.kind.value,
            "label": item.label,
            "definition": item.definition,
            "privacy": item.privacy.value,
            "level": item.level.value,
            "source": item.source,
            "unit": item.unit,
            "codes": item.codes,
            "possible": item.possible,
            "plausible": item.plausible,
            "asked_if": item.asked_if.as_json() if item.asked_if else None,
            "partial": item.partial,
            "required": item.required if item.required is not None else item.level == "C",
            "target": self.target,
            "maps": [list(pair) for pair in item.maps],
        }
        return {key: value for key, value in facts.items() if value not in (None, "", [], False)}


@dataclass(frozen=True)
class EntitySpec:
    """An entity with its items and the parents its rows hang on (`patient` apart)."""

    entity: Entity
    doc: str
    items: tuple[ItemSpec, ...]
    parents: tuple[tuple[str, str], ...] = ()

    @property
    def slug(self) -> str:
        return self.entity.slug

    @property
    def of_patient(self) -> bool:
        return not self.entity.reference and self.slug != "patient"

    @cached_property
    def may_be_required(self) -> tuple[ItemSpec, ...]:
        """Items that a complete record has to answer, always or when their question is asked."""
        return tuple(
            spec
            for spec in self.items
            if (spec.item.level == "C" if spec.item.required is None else spec.item.required)
        )

    @cached_property
    def decisive(self) -> tuple[str, ...]:
        """Names of the items that decide whether a record is complete: those required, and those that ask for them."""
        conditions = [spec.item.asked_if for spec in self.may_be_required if spec.item.asked_if]
        asking = {name for condition in conditions for name in condition.items()}
        return tuple(dict.fromkeys([*(spec.name for spec in self.may_be_required), *sorted(asking)]))

    @cached_property
    def by_name(self) -> dict[str, ItemSpec]:
        return {spec.name: spec for spec in self.items}

    def sections(self) -> list[tuple[str, list[ItemSpec]]]:
        """Headings with their items in form order; items in no section follow, provenance comes last."""
        placed: set[str] = set()
        result = []
        for heading, names in self.entity.sections:
            result.append((heading, [self.by_name[name] for name in names]))
            placed.update(names)
        rest = [spec for spec in self.items if spec.name not in placed and not self.is_provenance(spec)]
        if rest:
            result.append(("Further details" if result else self.entity.label, rest))
        return [*result, ("Where it was read", [spec for spec in self.items if self.is_provenance(spec)])]

    def is_provenance(self, spec: ItemSpec) -> bool:
        """Whether an item only tells where the row or one of its dates was read."""
        return spec.name == "source_document" or spec.name.removesuffix("_source") in self.by_name.keys() - {spec.name}

    def as_json(self) -> dict:
        return {
            "slug": self.slug,
            "label": self.entity.label,
            "plural": self.entity.plural,
            "definition": self.doc,
            "dated_by": self.entity.dated_by,
            "many": self.entity.many,
            "reference": self.entity.reference,
            "derived": list(self.entity.derived),
            "parents": [list(pair) for pair in self.parents],
            "items": [spec.as_json() for spec in self.items],
        }


@dataclass(frozen=True)
class Dictionary:
    """All entities in the order patients meet them."""

    entities: tuple[EntitySpec, ...]

    @cached_property
    def _by_slug(self) -> dict[str, EntitySpec]:
        return {spec.slug: spec for spec in self.entities}

    def __getitem__(self, slug: str) -> EntitySpec:
        return self._by_slug[slug]

    def __contains__(self, slug: str) -> bool:
        return slug in self._by_slug

    def __iter__(self) -> Iterator[EntitySpec]:
        return iter(self.entities)

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(spec.slug for spec in self.entities)

    def as_json(self) -> dict:
        return {"entities": [spec.as_json() for spec in self.entities]}

    def sha256(self) -> str:
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

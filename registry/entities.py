"""Models -> `Dictionary`: the one place where the tables are compiled into the dictionary everything else reads."""

from functools import cache

from django.db import models

from registry.dictionary.compiled import Dictionary, EntitySpec, ItemSpec
from registry.dictionary.items import Kind
from registry.models import (
    HSCT,
    BCellAssessment,
    CARTInfusion,
    CARTProduct,
    Consent,
    Death,
    Diagnosis,
    Enrollment,
    ExternalIdentifier,
    FollowUp,
    GVHDEvent,
    Lymphodepletion,
    MRDTest,
    Patient,
    PreInfusionAssessment,
    PriorTherapy,
    Protocol,
    Record,
    Relapse,
    ResponseAssessment,
    SalvageTherapy,
    Site,
    SubjectIdentity,
    SubsequentMalignancy,
    ToxicityEvent,
)
from registry.models.patient import IDENTITY_ITEMS

#: Entities in the order a patient meets them; parents before children, so imports can follow it.
MODELS: tuple[type[Record], ...] = (
    Site,
    CARTProduct,
    Protocol,
    Patient,
    ExternalIdentifier,
    Consent,
    Enrollment,
    Diagnosis,
    PriorTherapy,
    CARTInfusion,
    PreInfusionAssessment,
    Lymphodepletion,
    HSCT,
    Relapse,
    SalvageTherapy,
    ResponseAssessment,
    MRDTest,
    BCellAssessment,
    ToxicityEvent,
    GVHDEvent,
    FollowUp,
    Death,
    SubsequentMalignancy,
)

BY_SLUG: dict[str, type[Record]] = {model.entity.slug: model for model in MODELS}


def model_of(slug: str) -> type[Record]:
    """The model of an entity; KeyError for an unknown slug."""
    return BY_SLUG[slug]


def _target(field: models.Field) -> str:
    return field.related_model.entity.slug if field.kind is Kind.REFERENCE else ""


def _specs(model: type[Record]) -> list[ItemSpec]:
    fields = sorted(model.item_fields(), key=lambda field: field.name == "source_document")
    companions = {f"{field.name}_source" for field in fields if field.kind is Kind.DATE and field.item.partial}
    fields.sort(key=lambda field: field.name in companions)
    return [
        ItemSpec(field.name, field.kind, field.item, _target(field), field.item.chart or model.entity.chart or "")
        for field in fields
    ]


def _parents(model: type[Record]) -> tuple[tuple[str, str], ...]:
    """Foreign keys to other clinical rows, the patient apart: (column, slug)."""
    return tuple(
        (field.name, field.related_model.entity.slug)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and not hasattr(field, "item")
        and field.name not in ("patient", "merged_into")
        and issubclass(field.related_model, Record)
    )


def _compile(model: type[Record]) -> EntitySpec:
    specs = _specs(model)
    if model is Patient:
        apart = [spec for spec in _specs(SubjectIdentity) if spec.name in IDENTITY_ITEMS]
        specs = specs[:1] + apart + specs[1:]
    return EntitySpec(model.entity, (model.__doc__ or "").strip(), tuple(specs), _parents(model))


@cache
def dictionary() -> Dictionary:
    """The dictionary of this version of the code."""
    return Dictionary(tuple(_compile(model) for model in MODELS))

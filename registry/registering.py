"""Registering a patient: first the consent it rests on, then a look whether the person is here already, then the chart.

What is asked beside the patient's own items: the consent (entered with the patient, in one transaction), the site's own
number (only its keyed hash is kept) and the first infusion (entered as a draft of its own).
"""

from collections.abc import Mapping
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction

from registry import services
from registry.date_box import DateBox
from registry.dictionary.cells import BLANK, Answer, CellError
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import DIRECT, EXTENDED, Item, Kind
from registry.entities import dictionary
from registry.form_fields import AnswerField, Option
from registry.likeness import Likeness, Person, known_date, likeness, with_number
from registry.models import Site

CONSENT_KIND, CONSENT_DATE, NUMBER, INFUSED_ON = "consent_kind", "consent_date", "site_number", "first_infused_on"
#: Kinds of consent on which an entry can rest -> the status entered with them.
RESTS_ON = {"REGISTRY": "GIVEN", "REGISTRY_AGE_OF_MAJORITY": "GIVEN", "WAIVER": "WAIVED"}
WHY_INFUSION = "If it has taken place: helps to find the person, and is entered as a draft infusion."
OWN_NUMBER = Item(
    "Number at the site",
    "The site's own number of the patient. Finds who is registered already; only a keyed hash is kept.",
    DIRECT, EXTENDED, "data dictionary 1.5", max_length=60,
)  # fmt: skip


class LooksAlike(Exception):
    """Somebody registered may be the same person; registering goes on when the writer says it is another."""

    def __init__(self, likeness: Likeness) -> None:
        super().__init__("Somebody registered may be this person.")
        self.likeness = likeness


class ConsentKindField(AnswerField):
    """The consents on which an entry can rest, out of all kinds there are."""

    def options(self, text: str) -> list[Option]:
        return [option for option in super().options(text) if option.value in RESTS_ON]

    def read(self, text: str) -> Answer:
        answer = super().read(text)
        if answer.value and answer.value not in RESTS_ON:
            raise CellError("code", "Choose a consent or waiver for the registry")
        return answer


def questions(box: DateBox) -> list[tuple[str, list[AnswerField]]]:
    """The sections asked before the patient's own: (heading, fields)."""
    consent, infusion = dictionary()["consent"].by_name, dictionary()["infusion"].by_name
    number = ItemSpec(NUMBER, Kind.TEXT, OWN_NUMBER)
    day = _named(infusion["infusion_date"], INFUSED_ON, "First infusion")
    day = replace(day, item=replace(day.item, definition=WHY_INFUSION, level=EXTENDED))
    return [
        ("Consent first", [
            ConsentKindField(_named(consent["kind"], CONSENT_KIND, "Consent")),
            AnswerField(_named(consent["effective_date"], CONSENT_DATE, "Holds from"), box=box),
        ]),
        ("Registered already?", [
            AnswerField(number),
            AnswerField(day, box=box),
        ]),
    ]  # fmt: skip


def _named(spec: ItemSpec, name: str, label: str) -> ItemSpec:
    """An item of another entity under a name and label of its own."""
    return replace(spec, name=name, item=replace(spec.item, label=label))


def register(answers: Mapping[str, Answer], beside: Mapping[str, Answer], *, another: bool) -> services.Saved:
    """Enter the patient with consent and first infusion; LooksAlike unless the writer knows it is `another` person."""
    site = answers.get("site", BLANK).value
    number = beside[NUMBER].value or ""
    if site is not None:
        _refuse_number(site, number)
        if not another:
            _look(site, answers, beside)
    if beside[CONSENT_DATE].value and not beside[CONSENT_KIND].value:
        raise ValidationError({CONSENT_KIND: "Say which consent this is the date of."})
    with transaction.atomic():
        saved = services.register_patient(answers, local_id=number)
        _consent(saved, beside)
        if beside[INFUSED_ON].value:
            services.save_record("infusion", patient=saved.record, answers={"infusion_date": beside[INFUSED_ON]})
    return saved


def _refuse_number(site: int, number: str) -> None:
    code = Site.objects.filter(pk=site).values_list("code", flat=True).first() or ""
    held = with_number(site, code, number)
    if held is not None:
        raise ValidationError({NUMBER: f"This number is registered already: patient {held.registry_id}."})


def _look(site: int, answers: Mapping[str, Answer], beside: Mapping[str, Answer]) -> None:
    born = known_date(answers.get("birth_date", BLANK))
    if born is None:
        return
    sex = answers.get("sex_at_birth", BLANK).value or ""
    alike = likeness(Person(site, born, sex, beside[INFUSED_ON].value))
    if alike is not None:
        raise LooksAlike(alike)


def _consent(saved: services.Saved, beside: Mapping[str, Answer]) -> None:
    kind = beside[CONSENT_KIND]
    if kind.value:
        given = {"kind": kind, "status": Answer(RESTS_ON[kind.value]), "effective_date": beside[CONSENT_DATE]}
        services.save_record("consent", patient=saved.record, answers=given)

"""Reference tables: sites, protocols and CAR T products (data dictionary 3)."""

from django.db import models

from registry.dictionary.chart import Chart
from registry.dictionary.items import CLINICAL, CORE, EXTENDED, NONE, QUASI, Entity, Is, Item
from registry.fields import BooleanItem, CodeItem, CodesItem, DateItem, ReferenceItem, TextItem
from registry.models.base import Record


class ReferenceRecord(Record):
    """A shared row that belongs to no patient."""

    class Meta:
        abstract = True


class Site(ReferenceRecord):
    """A hospital that enrolls or treats patients."""

    entity = Entity("site", "Site", "Sites", chart=Chart.SITE, reference=True, natural_key="code")

    code = TextItem(
        Item(
            "Code",
            "Short code of the site, pseudonymous in exports.",
            QUASI,
            CORE,
            "data dictionary 3.1",
            max_length=12,
        )
    )
    name = TextItem(Item("Name", "Name of the hospital; not exported in T1.", QUASI, CORE, "data dictionary 3.1"))
    country = CodeItem(Item("Country", "ISO 3166-1 code.", QUASI, EXTENDED, "data dictionary 3.1", codes="country"))
    cibmtr_ccn = TextItem(
        Item("CIBMTR center number", "Five digits.", QUASI, EXTENDED, "data dictionary 3.1", max_length=5)
    )
    ebmt_cic = TextItem(
        Item("EBMT center code", "Center identification code.", QUASI, EXTENDED, "data dictionary 3.1", max_length=12)
    )
    active_from = DateItem(Item("Active from", "First day of entry.", NONE, EXTENDED, "data dictionary 3.1"))
    active_to = DateItem(Item("Active to", "Last day of entry.", NONE, EXTENDED, "data dictionary 3.1"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="site_code_once")]

    def __str__(self) -> str:
        return self.code


class CARTProduct(ReferenceRecord):
    """A CAR T-cell product."""

    entity = Entity("product", "CAR T product", "CAR T products", chart=Chart.LABEL, reference=True, natural_key="code")

    code = CodeItem(Item("Product", "Product code.", CLINICAL, CORE, "data dictionary 3.3", codes="product_code"))
    target = CodesItem(
        Item(
            "Target antigens",
            "Antigens the CAR recognises; eligibility needs CD19.",
            CLINICAL,
            CORE,
            "data dictionary 3.3",
            codes="product_target",
        )
    )
    scfv = CodeItem(
        Item("scFv", "Origin of the binding domain.", CLINICAL, EXTENDED, "data dictionary 3.3", codes="scfv")
    )
    costim = CodeItem(
        Item("Costimulation", "Costimulatory domain.", CLINICAL, EXTENDED, "data dictionary 3.3", codes="costim")
    )
    vector = CodeItem(
        Item("Vector", "How the gene was transferred.", CLINICAL, EXTENDED, "data dictionary 3.3", codes="vector")
    )
    manufacturer = TextItem(Item("Manufacturer", "Who made the product.", CLINICAL, EXTENDED, "data dictionary 3.3"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code"], name="product_code_once")]

    def __str__(self) -> str:
        return self.code


class Protocol(ReferenceRecord):
    """A clinical trial, access program or commercial use under which patients are infused."""

    entity = Entity("protocol", "Protocol", "Protocols", chart=Chart.PROTOCOL, reference=True, natural_key="short_code")

    short_code = TextItem(Item("Short code", "Unique short name.", QUASI, CORE, "data dictionary 3.2", max_length=40))
    registry_number = TextItem(
        Item(
            "Registry number",
            "NCT, EudraCT or CTIS number.",
            QUASI,
            CORE,
            "data dictionary 3.2",
            asked_if=Is("kind", "TRIAL"),
            max_length=40,
        )
    )
    title = TextItem(
        Item(
            "Title",
            "Full title.",
            QUASI,
            EXTENDED,
            "data dictionary 3.2",
            max_length=300,
            maps=(("FHIR", "ResearchStudy.title"),),
        )
    )
    kind = CodeItem(
        Item(
            "Kind",
            "Trial, expanded access, commercial or single patient use.",
            CLINICAL,
            CORE,
            "data dictionary 3.2",
            codes="protocol_kind",
        )
    )
    phase = CodeItem(
        Item(
            "Phase",
            "Phase of the trial.",
            CLINICAL,
            EXTENDED,
            "data dictionary 3.2",
            codes="phase",
            asked_if=Is("kind", "TRIAL"),
        )
    )
    product = ReferenceItem(
        CARTProduct,
        Item("Product", "The product under study.", CLINICAL, CORE, "data dictionary 3.2", required=False),
        related_name="+",
    )
    opened_on = DateItem(Item("Opened on", "First day of enrollment.", NONE, EXTENDED, "data dictionary 3.2"))
    closed_on = DateItem(Item("Closed on", "Last day of enrollment.", NONE, EXTENDED, "data dictionary 3.2"))
    in_founding_cohort = BooleanItem(
        Item(
            "In founding cohort",
            "One of the five trials of the founding analysis.",
            CLINICAL,
            CORE,
            "data dictionary 3.2",
        )
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["short_code"], name="protocol_short_code_once")]

    def __str__(self) -> str:
        return self.short_code

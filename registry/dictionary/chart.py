"""Where in the chart a value is usually found: the documents a coordinator has open while filling a form.

A convention of the registry, not a rule: hospitals file the same fact in different places.
"""

from enum import StrEnum


class Chart(StrEnum):
    """A document of the chart, or of the files beside it."""

    REGISTRATION = "registration sheet"
    CONSENT = "consent form"
    STUDY = "study file"
    PROTOCOL = "study protocol"
    LABEL = "product label"
    SITE = "files of the site"
    DISCHARGE = "discharge letter"
    CLINIC = "clinic note"
    WARD = "ward and intensive care charts"
    DRUGS = "medication record"
    LAB = "laboratory results"
    PATHOLOGY = "pathology report"
    CSF = "CSF report"
    FLOW = "flow cytometry report"
    MRD = "MRD report"
    GENETICS = "genetics report"
    IMAGING = "imaging report"
    RADIATION = "radiotherapy summary"
    APHERESIS = "apheresis record"
    PRODUCT = "product release certificate"
    INFUSION = "infusion record"
    TRANSPLANT = "transplant summary"
    DEATH = "death certificate"
    AUTOPSY = "autopsy report"

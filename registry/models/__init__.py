"""The tables of the registry. One import place, so that other rooms need not know the files."""

from registry.models.agreement import Agreement, AgreementSite
from registry.models.assessment import ResponseAssessment
from registry.models.audit import Change, ChangeSeal
from registry.models.base import PatientRecord, Record, StaleVersion, Status
from registry.models.diagnosis import Diagnosis
from registry.models.draft import FormDraft
from registry.models.due import CompletenessResult, ContactAttempt, DueItem, FollowUpState, SweepResult
from registry.models.events import (
    BCellAssessment,
    GVHDEvent,
    MRDTest,
    SubsequentMalignancy,
    ToxicityEvent,
)
from registry.models.infusion import CARTInfusion
from registry.models.merge import PatientMerge
from registry.models.outcome import Death, FollowUp
from registry.models.patient import CareSite, Consent, Enrollment, Patient, SubjectIdentity
from registry.models.people import ApiToken, Membership, User
from registry.models.preparation import (
    ExternalIdentifier,
    Lymphodepletion,
    PreInfusionAssessment,
    PriorTherapy,
)
from registry.models.quality import Acknowledgement, Finding, ImportBatch
from registry.models.query import Query, QueryMessage, QueryState
from registry.models.reference import CARTProduct, Protocol, Site
from registry.models.relapse import Relapse, SalvageTherapy
from registry.models.submission import SubmittedForm
from registry.models.transplant import HSCT
from registry.models.upload import ImportUpload
from registry.models.view import SavedView

__all__ = [
    "Acknowledgement",
    "Agreement",
    "AgreementSite",
    "ApiToken",
    "BCellAssessment",
    "CARTInfusion",
    "CARTProduct",
    "CareSite",
    "Change",
    "ChangeSeal",
    "CompletenessResult",
    "Consent",
    "ContactAttempt",
    "Death",
    "Diagnosis",
    "DueItem",
    "Enrollment",
    "ExternalIdentifier",
    "Finding",
    "FollowUp",
    "FollowUpState",
    "FormDraft",
    "GVHDEvent",
    "HSCT",
    "ImportBatch",
    "ImportUpload",
    "Lymphodepletion",
    "MRDTest",
    "Membership",
    "Patient",
    "PatientMerge",
    "PatientRecord",
    "PreInfusionAssessment",
    "PriorTherapy",
    "Protocol",
    "Query",
    "QueryMessage",
    "QueryState",
    "Record",
    "Relapse",
    "ResponseAssessment",
    "SalvageTherapy",
    "SavedView",
    "Site",
    "StaleVersion",
    "Status",
    "SubjectIdentity",
    "SubmittedForm",
    "SubsequentMalignancy",
    "SweepResult",
    "ToxicityEvent",
    "User",
]

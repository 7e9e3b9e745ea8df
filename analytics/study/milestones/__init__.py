"""Derived dates and states: one small function each, its docstring the definition (ENDPOINTS 2 and 3)."""

from analytics.study.milestones import infusion, person, relapse, salvage, survival, transplant
from analytics.study.milestones.case import MILESTONES, Case, Milestone

__all__ = [
    "MILESTONES",
    "Case",
    "Milestone",
    "infusion",
    "person",
    "relapse",
    "salvage",
    "survival",
    "transplant",
]

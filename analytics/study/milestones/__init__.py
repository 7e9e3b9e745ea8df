"""Derived dates and states: one small function each, its docstring the definition (ENDPOINTS 2 and 3)."""

from analytics.study.milestones import b_cell, infusion, person, relapse, salvage, survival, toxicity, transplant
from analytics.study.milestones.case import MILESTONES, Case, Milestone

__all__ = [
    "MILESTONES",
    "Case",
    "Milestone",
    "b_cell",
    "infusion",
    "person",
    "relapse",
    "salvage",
    "survival",
    "toxicity",
    "transplant",
]

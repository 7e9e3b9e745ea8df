"""The web process stays light, the lists it shows agree with the study, code versions name the deciding files."""

import subprocess
import sys
from pathlib import Path

import pytest

from analytics import code_version, questions
from analytics.report import naming
from analytics.study.catalogue import PLANS
from analytics.study.run import check_strata
from analytics.study.strata import STRATA
from tests.conftest import ROOT, Instance

HEAVY = ("pandas", "lifelines", "matplotlib", "scipy", "pyarrow", "typst", "docx")
WEB = f"""
import sys, django
django.setup()
import config.urls, config.wsgi, analytics.tasks
from django.contrib import admin
from django.urls import get_resolver
get_resolver().reverse_dict, admin.site.urls
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_the_web_process_loads_no_statistics(instance: Instance):
    ended = subprocess.run(
        [sys.executable, "-c", WEB], cwd=ROOT, env=instance.environ, capture_output=True, text=True, check=False
    )

    assert ended.stdout.strip() == "[]", ended.stderr


def test_plans_and_strata_of_the_forms_are_those_of_the_study():
    assert {key: plan.label for key, plan in PLANS.items()} == questions.PLANS
    assert {key: stratum.label for key, stratum in STRATA.items()} == questions.STRATA


@pytest.mark.parametrize("plan", list(PLANS))
def test_strata_that_a_form_refuses_are_those_the_study_refuses(plan: str):
    refused = set()
    for stratum in STRATA:
        try:
            check_strata(plan, (stratum,))
        except ValueError:
            refused.add(stratum)

    assert refused == questions.NOT_KNOWN[plan]


@pytest.mark.parametrize("key", sorted({analysis.key for plan in PLANS.values() for analysis in plan.analyses}))
def test_every_analysis_has_a_title_in_words(key: str):
    assert key in naming.WORDS, f"add the title of {key} to analytics.report.naming.WORDS"


def test_the_code_version_covers_files_that_exist():
    assert all((ROOT / place).exists() for place in code_version.DECIDING)
    assert code_version.code_version().startswith(f"{code_version.VERSION}+")


def test_the_code_version_follows_the_deciding_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(code_version, "ROOT", tmp_path)
    told, fresh = [], code_version.code_version.__wrapped__
    for path, text in (
        ("analytics/study/run.py", "a = 1"),
        ("analytics/study/run.py", "a = 2"),
        ("analytics/admin/pages.py", "b = 1"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        told.append(fresh())

    assert told[0] != told[1] == told[2]

"""Codes and keys in words: levels are named by the list of their stratum, results keep their codes."""

import re

import pytest

from analytics import snapshots
from analytics.report.naming import LISTS, WORDS, compared_by, in_words, label, level, within, words
from analytics.report.tabulate import tabulate
from analytics.study.strata import STRATA
from registry.dictionary.codelists import code_list
from tests.analytics.conftest import CUTOFF

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "by", "said"),
    [
        ("B_ALL", ("disease",), "B-cell acute lymphoblastic leukemia"),
        ("MAC", ("conditioning",), "Myeloablative"),
        ("MAC", ("site",), "MAC"),
        ("BM / M", ("graft", "sex"), "Bone marrow / Male"),
        ("MSD / MAC", ("donor", "site"), "Matched sibling / MAC"),
        ("HUCART19", ("product",), "huCART19"),
        ("all", ("disease",), "all"),
        ("all", (), "all"),
    ],
)
def test_a_group_is_called_by_the_list_of_its_stratum(text: str, by: tuple[str, ...], said: str):
    assert label(text, by) == said
    assert label(said, by) == said, "words are not put on twice"


def test_every_level_with_a_list_is_in_it_and_reads_the_same_twice():
    for of, name in LISTS.items():
        for code in STRATA[of].levels:
            if of != "sex" or code != "X":
                assert code in code_list(name), f"{code} of {of}: name its list in LISTS, or mend the levels"
            said = level(of, code)
            assert words(said) == said or said in WORDS


def test_results_keep_their_codes_and_what_is_printed_names_them():
    group = {"label": "MRD_FAM", "x": 1, "n": 2, "estimate": 0.5, "lower": 0.1, "upper": 0.9}
    answer = {"results": {"cr_rate": {"kind": "proportion", "method": "exact", "groups": [group]}}}

    told = in_words(answer, ["donor"])

    assert tabulate(told["results"]["cr_rate"]).rows[0][0] == "Other matched family"
    assert group["label"] == "MRD_FAM"


def test_groups_are_said_within_a_sentence():
    assert compared_by(()) == ""
    assert [within(one) for one in ("B-cell recovery", "CRS of grade 3", "Transplant")] == [
        "B-cell recovery", "CRS of grade 3", "transplant"]  # fmt: skip
    assert compared_by(("site", "cd19_status")) == ", by site of treatment and CD19 at relapse"


def test_no_page_of_a_snapshot_by_donor_and_disease_shows_a_code(already_frozen, signed_in):
    kept = snapshots.take("post_transplant", cutoff=CUTOFF, by=["donor", "disease"], taken_by="test")
    client = signed_in("statistician")

    for address in (f"/results/snapshots/{kept.pk}/", f"/admin/analytics/snapshot/{kept.pk}/change/",
                    f"/results/snapshots/{kept.pk}/numbers.csv", "/admin/analytics/snapshot/"):  # fmt: skip
        page = client.get(address).content.decode().partition('id="settings"')[0]  # settings are told as they are set
        assert "Matched sibling" in page and "B-cell acute lymphoblastic leukemia" in page, address
        assert not re.search(r"\b(B_ALL|MSD|MRD_FAM|HAPLO|REGISTRY|PRIMARY|cr_number|hsct_status)\b", page), address
    assert b"MSD" in client.get(f"/results/snapshots/{kept.pk}/numbers.json").content, "the promised JSON keeps codes"
    assert b"Matched sibling" in kept.read("figures/os_hsct.svg") and b"MSD" not in kept.read("figures/os_hsct.svg")

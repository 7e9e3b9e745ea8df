"""The headline of a snapshot that compares groups: every group is told, the same in every place."""

from datetime import timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.urls import reverse
from pytest import mark

from analytics import history, snapshots
from analytics.models import Snapshot
from analytics.report import headline
from analytics.report.headline import Line, lines
from tests.analytics.conftest import CUTOFF
from tests.analytics.test_commands import ran

pytestmark = mark.django_db

SHARE = {"label": "M", "x": 30, "n": 60, "estimate": 0.5, "lower": 0.4, "upper": 0.6}
ANSWER = {"results": {
    "relapse_rate": {"kind": "proportion", "groups": [SHARE, {**SHARE, "label": "F", "x": 15, "estimate": 0.25}]},
    "cr_rate": {"kind": "proportion", "groups": [{**SHARE, "label": "all"}]},
    "os_relapse": {"kind": "curve", "groups": []},
}}  # fmt: skip


@pytest.fixture
def by_sex(already_frozen: None) -> Snapshot:
    return snapshots.take("post_cart_relapse", cutoff=CUTOFF, by=["sex"], taken_by="test")


def test_all_patients_are_told_without_a_group_and_groups_by_name():
    kept = headline.headline(ANSWER)

    assert kept == [
        ["Complete remission rate", [["", "30 of 60 (50.0 %)"]]],
        ["Relapse rate", [["Male", "30 of 60 (50.0 %)"], ["Female", "15 of 60 (25.0 %)"]]],
    ]
    one, two = lines(kept)
    assert str(one) == "Complete remission rate: 30 of 60 (50.0 %)"
    assert str(two) == "Relapse rate - Male: 30 of 60 (50.0 %); Female: 15 of 60 (25.0 %)"
    assert list(two.in_lines()) == ["Relapse rate:", "  Male: 30 of 60 (50.0 %)", "  Female: 15 of 60 (25.0 %)"]


def test_every_group_has_its_number_under_its_own_name():
    assert [(one.label, one.value) for one in headline.estimates(ANSWER)] == [
        ("Complete remission rate", 0.5), ("Relapse rate (Male)", 0.5), ("Relapse rate (Female)", 0.25),
    ]  # fmt: skip


def test_the_headline_of_an_earlier_version_is_still_read():
    assert lines([["Relapse rate", "30 of 60"]]) == (Line("Relapse rate", (("", "30 of 60"),)),)


def test_pages_tell_every_group(by_sex: Snapshot, signed_in):
    line = next(one for one in lines(by_sex.headline["open"]) if one.compared)
    assert [group for group, _phrase in line.groups] == ["Male", "Female"]
    client = signed_in("statistician")
    addresses = (
        reverse("admin:analytics_snapshot_changelist"), reverse("admin:analytics_snapshot_change", args=[by_sex.pk]),
        reverse("results-snapshot", args=[by_sex.pk]), f"{reverse('results-plan', args=[by_sex.plan])}?by=sex",
    )  # fmt: skip

    for address in addresses:
        page = unescape(client.get(address).content.decode())
        for group, phrase in line.groups:
            assert f"<li><b>{group}</b> {phrase}</li>" in page, address


def test_commands_tell_every_group(by_sex: Snapshot):
    told = ran("take_snapshot", by_sex.plan, cutoff=f"{CUTOFF}", by=["sex"])
    listed = ran("list_snapshots")

    for line in lines(by_sex.headline["open"]):
        assert all(f"    {group}: {phrase}\n" in told for group, phrase in line.groups if group)
    assert str(lines(by_sex.headline["open"])[0]) in listed


def test_every_group_has_a_course_of_its_own(by_sex: Snapshot):
    snapshots.take(by_sex.plan, cutoff=CUTOFF + timedelta(days=1), by=["sex"], taken_by="test")
    cache.clear()

    found = history.trends(history.of_question(by_sex.plan, "sex"), disclosed=False)

    labels = [one.label for one in found]
    assert len(labels) == len(set(labels))
    for group in ("Female", "Male"):
        assert {len(one.values) for one in found if one.label.endswith(f"({group})")} == {2}

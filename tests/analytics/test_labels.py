"""Tags and hiding: rows beside a snapshot, only ever added; the snapshot stays."""

import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from analytics import labels
from analytics.models import Snapshot, SnapshotLabel

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def ran(*words: object, **options: object) -> str:
    out = io.StringIO()
    call_command(*map(str, words), stdout=out, **options)
    return out.getvalue()


def test_a_tag_is_listed_once_and_can_be_taken_off(snapshot: Snapshot):
    assert 'tags "ASPHO 2023"' in ran("tag_snapshot", snapshot.pk, "  ASPHO   2023 ")
    ran("tag_snapshot", snapshot.pk, "ASPHO 2023")
    ran("tag_snapshot", snapshot.pk, "submitted")

    assert labels.tags(snapshot) == ["ASPHO 2023", "submitted"]
    assert '["ASPHO 2023"]' in ran("list_snapshots")
    ran("tag_snapshot", snapshot.pk, "ASPHO 2023", remove=True)
    assert labels.tags(snapshot) == ["submitted"]
    assert snapshot.labels.count() == 3  # what was said stays on record


def test_hiding_needs_a_reason_and_deletes_nothing(snapshot: Snapshot):
    with pytest.raises(CommandError, match="Say why"):
        ran("hide_snapshot", snapshot.pk)
    ran("hide_snapshot", snapshot.pk, reason="cut-off mistyped")

    assert "no snapshots" in ran("list_snapshots")
    assert "HIDDEN" in ran("list_snapshots", all=True)
    assert labels.hiding(snapshot).reason == "cut-off mistyped"
    assert list(labels.listed(Snapshot.objects.all())) == []
    ran("hide_snapshot", snapshot.pk, undo=True)
    assert list(labels.listed(Snapshot.objects.all())) == [snapshot]
    assert labels.hiding(snapshot) is None


def test_saying_it_again_adds_nothing(snapshot: Snapshot):
    assert labels.hide(snapshot, actor="ada", reason="twin") and not labels.hide(snapshot, actor="ada", reason="twin")
    assert labels.show(snapshot, actor="ada") and not labels.show(snapshot, actor="ada")
    assert not labels.untag(snapshot, "never given", actor="ada")
    assert snapshot.labels.count() == 2


@pytest.mark.parametrize("text", ["", "   ", "x" * 81, "a\x00b"])
def test_a_tag_is_a_short_line(snapshot: Snapshot, text: str):
    with pytest.raises(labels.LabelRefused):
        labels.tag(snapshot, text, actor="ada")


@pytest.mark.parametrize(
    "change", ["UPDATE analytics_snapshot_label SET text = 'x'", "DELETE FROM analytics_snapshot_label"]
)
def test_labels_and_the_labelled_snapshot_cannot_be_changed(snapshot: Snapshot, change: str):
    labels.tag(snapshot, "kept", actor="ada")

    for sql in (change, "UPDATE analytics_snapshot SET as_of = NULL", "DELETE FROM analytics_snapshot"):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert SnapshotLabel.objects.get().text == "kept"

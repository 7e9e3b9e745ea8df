"""Counting by hand: small tables, ties, delayed entry, labels, and the inputs that are refused."""

import numpy as np
import pytest

from analytics.stats import counts
from analytics.stats.counts import count
from analytics.stats.labels import grouping


def test_events_come_before_censorings_at_one_time() -> None:
    found = count([2, 2, 2, 4, 4, 6], [1, 0, 1, 1, 0, 1])

    assert found.time.tolist() == [2, 4, 6]
    assert found.n_risk[0].tolist() == [6, 3, 1]
    assert found.n_event[0, 0].tolist() == [2, 1, 1]
    assert found.n_censor[0].tolist() == [1, 1, 0]


def test_causes_and_groups_are_counted_apart() -> None:
    found = count([1, 2, 2, 3], [1, 7, 0, 1], group=["b", "a", "b", "a"])

    assert found.groups == ("a", "b")
    assert found.causes == (1, 7)
    assert found.n == (2, 2)
    assert found.n_risk.tolist() == [[2, 2, 1], [2, 1, 0]]
    assert found.n_event[0].tolist() == [[0, 0, 1], [0, 1, 0]]
    assert found.n_event[1].tolist() == [[1, 0, 0], [0, 0, 0]]


def test_delayed_entry_is_at_risk_only_after_entering() -> None:
    found = count([3, 5, 8], [1, 1, 1], entry=[0, 3, 4])

    assert found.n_risk[0].tolist() == [1, 2, 1]


def test_a_patient_who_enters_on_the_last_day_is_left_out_and_counted() -> None:
    found = count([3, 5, 0], [1, 1, 1], entry=[3, 0, 0])

    assert found.never_at_risk == 2
    assert found.n == (1,)


def test_a_duration_of_zero_keeps_its_event_with_a_negative_entry() -> None:
    found = count([0, 5], [1, 1], entry=[-1, -1])

    assert found.never_at_risk == 0
    assert found.n_risk[0].tolist() == [2, 1]


def test_floats_that_mean_the_same_moment_are_one_tie() -> None:
    found = count([0.3, 0.1 + 0.2, 0.7], [1, 1, 0])

    assert found.time.tolist() == [0.3, 0.7]
    assert found.n_event[0, 0].tolist() == [2, 0]


def test_weights_count_as_so_many_patients() -> None:
    weighted = count([1, 2, 3], [1, 0, 1], weights=[2, 1, 3])
    repeated = count([1, 1, 2, 3, 3, 3], [1, 1, 0, 1, 1, 1])

    assert weighted.n_risk.tolist() == repeated.n_risk.tolist()
    assert weighted.n_event.tolist() == repeated.n_event.tolist()


def test_sorting_and_direct_counting_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(1)
    days, state, group = draw.integers(0, 60, 500), draw.integers(0, 4, 500), draw.integers(0, 3, 500)
    direct = count(days, state, group=group)
    monkeypatch.setattr(counts, "DENSE_CELLS_PER_ROW", 0)
    monkeypatch.setattr(counts, "DENSE_CELLS_ALWAYS", 0)
    monkeypatch.setattr(counts, "MOST_CODES", 1)

    sorted_first = count(days, state, group=group)

    for name in ("time", "n_risk", "n_event", "n_censor"):
        assert getattr(direct, name).tolist() == getattr(sorted_first, name).tolist()
    assert direct.causes == sorted_first.causes


def test_nobody_gives_an_empty_table() -> None:
    found = count([], [], group=[])

    assert found.time.size == 0
    assert found.n == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1, 2], [0, 1]), "days must not be negative: -1 at position 0"),
        (([1.0, float("nan")], [0, 1]), "days must be finite numbers: nan at position 1"),
        (([1.0, float("inf")], [0, 1]), "days must be finite numbers: inf at position 1"),
        ((["1", "x"], [0, 1]), "days must be numbers: 'x' at position 1"),
        (([1, None], [0, 1]), "days must be finite numbers: nan at position 1"),
        (([[1, 2]], [0]), "days must be one-dimensional"),
        (([1, 2], [0]), "state has shape (1,), but there are 2 durations"),
        (([1, 2], [0, -3]), "state must be 0, 1, 2, ...: -3 at position 1"),
        (([1, 2], [0, 0.5]), "state must be whole numbers: 0.5 at position 1"),
    ],
)
def test_faulty_input_is_refused_by_name(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError) as fault:
        count(*arguments)

    assert message in str(fault.value)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"weights": [1, -2]}, "weights must be finite and not negative: -2.0 at position 1"),
        ({"entry": [0]}, "entry has shape (1,), but there are 2 durations"),
        ({"group": ["a", None]}, "group must not be missing: None at position 1"),
        ({"group": ["a", " "]}, "group must not be missing: ' ' at position 1"),
        ({"group": [1.0, float("nan")]}, "group must not be missing: nan at position 1"),
    ],
)
def test_faulty_options_are_refused_by_name(option: dict, message: str) -> None:
    with pytest.raises(ValueError) as fault:
        count([1, 2], [0, 1], **option)

    assert message in str(fault.value)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([10, 2, 10], ("2", "10")),
        ([2.0, 1.0, 2.0], ("1", "2")),
        (["b", "a", "b"], ("a", "b")),
        (
            ["a label too long to be packed into one number", "a"],
            ("a", "a label too long to be packed into one number"),
        ),
        ([10**9, -(10**9), 0], ("-1000000000", "0", "1000000000")),
        ([f"g{i:03d}" for i in range(60)], tuple(f"g{i:03d}" for i in range(60))),
    ],
)
def test_labels_are_sorted_and_every_patient_is_found(labels: list, expected: tuple[str, ...]) -> None:
    names, position = grouping(labels, length=len(labels))
    as_objects, same_position = grouping(np.array(labels, dtype=object), length=len(labels))

    assert names == as_objects == expected
    assert position.tolist() == same_position.tolist()
    assert sorted({(names[p], labels[i]) for i, p in enumerate(position)}, key=str)
    assert [names[p] for p in position] == [str(int(x)) if isinstance(x, float) else str(x) for x in labels]

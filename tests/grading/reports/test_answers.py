"""Expected beside got: what can be compared entry by entry is, and the wrong entries are marked."""

from __future__ import annotations

import pytest

from grading.reports.answers import pairs


def marked(expected: str, got: str) -> dict[str, list[list[bool]]]:
    return {pair.name: [[entry.wrong for entry in row] for row in pair.got] for pair in pairs(expected, got)}


def test_only_the_entries_that_differ_are_marked() -> None:
    assert marked("dW = [[1.0, 2.0], [3.0, 4.0]]", "dW = [[1.0, 2.5], [3.0, 4.0]]") == {
        "dW": [[False, True], [False, False]]
    }


def test_two_quantities_are_two_pairs() -> None:
    found = marked("loss = 0.0, dW = [[0.0, 0.0]]", "loss = nan, dW = [[nan, 0.0]]")
    assert found == {"loss": [[True]], "dW": [[True, False]]}


def test_an_entry_that_differs_by_rounding_is_not_marked_beside_one_that_is_wrong() -> None:
    assert marked("dW = [[0.3, 1.0]]", "dW = [[0.30000000000000004, 2.0]]") == {"dW": [[False, True]]}


def test_where_all_entries_differ_by_little_the_ones_that_differ_are_marked() -> None:
    assert marked("dW = [[1.0, 2.0]]", "dW = [[1.0, 2.0000000000001]]") == {"dW": [[False, True]]}


def test_infinity_equals_itself_and_nothing_else() -> None:
    assert marked("dW = [[inf, -inf, inf]]", "dW = [[inf, inf, 1.0]]") == {"dW": [[False, True, True]]}


def test_nan_where_nan_is_expected_is_right() -> None:
    assert marked("dW = [[nan, 1.0]]", "dW = [[nan, 2.0]]") == {"dW": [[False, True]]}


def test_numbers_are_shown_as_python_writes_them() -> None:
    (pair,) = pairs("loss = 1.0", "loss = 1e-300")
    assert (pair.expected[0][0].text, pair.got[0][0].text) == ("1.0", "1e-300")


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (None, None),
        ("finite numbers", "nan"),
        ("loss = 1.0", "NameError: name 'xrange' is not defined"),
        ("loss = 1.0", "loss = 1.0, dW = [[0.0]]"),
        ("dW = [[0.0, 1.0]]", "dW = [[0.0], [1.0]]"),
        ("loss = 1.0, as the first time", "loss = 2.0"),
        ("loss = 1.0", "loss = true"),
        ("loss = 1.0", "loss = " + "[" * 100_000),
        ("loss = 1.0", "loss = 1" + "0" * 400),
        ("dW = []", "dW = []"),
        (f"dW = {[0.0] * 500}", f"dW = {[1.0] * 500}"),
    ],
)
def test_what_cannot_be_compared_entry_by_entry_is_left_as_it_is(
    expected: str | None, got: str | None
) -> None:
    assert pairs(expected, got) == []

"""The pictures that weights are scored on are those that the reference is judged by."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from grading.notebook_execution.scoring import confirmed, held_out
from grading.sandbox.walls.view import view
from reference.datasets import cifar10
from reference.sgd import accuracy


def test_weights_score_as_on_the_split_of_the_reference(data: Path) -> None:
    split, pictures = cifar10(data), held_out(data)
    assert (split.y_validation == pictures.validation.labels).all()
    assert (split.y_test == pictures.test.labels).all()
    W = np.random.default_rng(0).normal(size=(3073, 10))
    on_validation, on_test = (
        accuracy(W, split.X_validation, split.y_validation),
        accuracy(W, split.X_test, split.y_test),
    )
    score = pictures.score(W, on_validation, on_test)
    assert score is not None
    assert confirmed(on_validation, score.validation)
    assert confirmed(on_test, score.test)


def test_weights_of_the_edition_of_2015_are_turned_round(data: Path) -> None:
    W = np.random.default_rng(0).normal(size=(3073, 10))
    assert held_out(data).score(W.T, None, None) == held_out(data).score(W, None, None)


def test_weights_that_are_no_numbers_reach_nothing_in_particular(data: Path) -> None:
    score = held_out(data).score(np.full((3073, 10), np.nan), 0.9, 0.9)
    assert score is not None
    assert not confirmed(0.9, score.validation)


def test_only_a_sandbox_for_notebooks_shows_what_notebooks_need(data: Path) -> None:
    ordinary, executing = ({path.name for path in view(where).packages} for where in (None, data))
    assert "IPython" not in ordinary
    assert {"IPython", "traitlets"} <= executing
    assert data not in view().readable
    assert data in view(data).readable

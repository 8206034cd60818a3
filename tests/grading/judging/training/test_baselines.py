"""What trainings are shown beside: the reference trained alike, and pictures of weights."""

from __future__ import annotations

import numpy as np

from grading.judging.training.baselines import SEEDS, reference_training, templates, thinned
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan


def test_a_long_history_is_thinned_evenly_and_keeps_its_ends() -> None:
    history = thinned(np.arange(1000.0))
    assert len(history.steps) == 200
    assert history.losses == list(map(float, history.steps))
    assert (history.steps[0], history.steps[-1]) == (0, 999)
    assert set(np.diff(history.steps)) == {5, 6}


def test_a_short_history_is_kept_whole_and_without_numbers_that_are_not_finite() -> None:
    assert thinned(np.array([1.0, np.nan, np.inf])).losses == [1.0, None, None]


def test_templates_are_scaled_alike_for_all_classes_and_leave_the_bias_out() -> None:
    W = np.array([[0.0, 1.0], [2.0, 0.5], [99.0, -99.0]])
    assert list(templates(W)) == [0, 255, 128, 64]


def test_templates_can_be_made_of_equal_and_of_enormous_weights() -> None:
    assert set(templates(np.ones((4, 2)))) == {0}
    assert list(templates(np.array([[-1.7e308, 1.7e308], [0.0, 0.0]]))) == [0, 255]


def test_the_band_holds_every_point_of_the_references_own_histories() -> None:
    plan = training_plan(load_rubric())
    found = reference_training("svm", plan)
    assert len(found.accuracies) == len(found.seeds) == SEEDS
    assert min(found.accuracies) > plan.accuracy["svm"].threshold
    assert len(found.band.steps) == len(found.band.lower) == plan.accuracy["svm"].num_iters
    assert all(low < high for low, high in zip(found.band.lower, found.band.upper, strict=True))
    assert len(found.templates) == 10 * 64

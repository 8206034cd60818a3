"""What trainings are shown beside: the reference trained alike, and pictures of weights."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from benchmarks.training_references import trained
from grading.judging.training import baselines
from grading.judging.training.baselines import (
    SEEDS,
    SHIPPED,
    Learned,
    key_of,
    reference_training,
    templates,
    thinned,
)
from grading.judging.training.plan import TrainingPlan
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


def test_what_is_kept_of_the_references_trainings_is_what_training_anew_gives() -> None:
    kept = msgspec.msgpack.decode(SHIPPED.read_bytes(), type=dict[str, Learned])
    anew = trained()
    assert list(kept) == list(anew)
    for key, now in anew.items():
        # Processors may round products differently.
        np.testing.assert_allclose(kept[key].W, now.W, rtol=1e-9, atol=1e-12)
        was, is_ = kept[key].training, now.training
        assert (was.seeds, was.accuracies, was.band.steps) == (is_.seeds, is_.accuracies, is_.band.steps)
        np.testing.assert_allclose((was.band.lower, was.band.upper), (is_.band.lower, is_.band.upper), 1e-4)
        assert max(abs(a - b) for a, b in zip(was.templates, is_.templates, strict=True)) <= 1


def test_the_reference_is_trained_only_where_settings_are_not_those_of_a_shipped_rubric(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    train = baselines.train

    def noted(name: str, plan: TrainingPlan) -> Learned:
        asked.append(name)
        return train(name, plan)

    monkeypatch.setattr(baselines, "_trained", {})
    monkeypatch.setattr(baselines, "train", noted)
    plan = training_plan(load_rubric())
    reference_training("svm", plan)
    assert asked == []
    changed = msgspec.structs.replace(plan.accuracy["svm"], num_iters=7)
    other = msgspec.structs.replace(plan, accuracy={"svm": changed})
    assert key_of("svm", other) != key_of("svm", plan)
    assert len(reference_training("svm", other).band.steps) == 7
    assert asked == ["svm"]

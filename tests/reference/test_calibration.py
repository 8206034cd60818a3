"""A proposed threshold is one that the reference itself never fails."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reference import calibration
from reference.accuracy_verdict import verdicts
from reference.calibration import Calibration, calibrate
from reference.datasets import digits
from reference.losses import training_loss

SVM = training_loss("svm", reg_scale=1.0, delta=1.0)


@pytest.fixture(scope="module")
def found() -> Calibration:
    return calibrate(
        SVM, digits(), learning_rate=2e-3, reg=1e-2, num_iters=60, batch_size=50, runs=3, seeds=40
    )  # fmt: skip


def test_the_reference_passes_its_own_threshold_from_every_seed(found: Calibration) -> None:
    assert all(verdict.passes for verdict in verdicts(found.correct, found.total, found.threshold))
    assert found.failures.lower == 0.0


def test_the_threshold_asks_for_no_more_than_every_seed_reaches(found: Calibration) -> None:
    assert 0.8 < found.threshold <= found.floor < min(found.correct) / found.total <= found.mean
    assert found.threshold == round(found.threshold, 2)


def test_failing_is_many_deviations_away(found: Calibration) -> None:
    assert found.margin > 5.0
    assert found.margin == pytest.approx(
        (np.mean(found.correct) - found.least + 1) / np.std(found.correct, ddof=1), rel=1e-12
    )


def test_seeds_differ_and_are_repeatable(found: Calibration) -> None:
    again = calibrate(
        SVM, digits(), learning_rate=2e-3, reg=1e-2, num_iters=60, batch_size=50, runs=3, seeds=5
    )  # fmt: skip
    assert again.correct == found.correct[:5]
    assert len(set(found.correct)) > 1


def test_the_floor_is_a_tolerance_bound_of_the_published_tables() -> None:
    # ISO 16269-6, one-sided, 95 % confidence: n = 10 and 95 %, n = 50 and 99 %.
    assert calibration._tolerance_factor(10, 0.05) == pytest.approx(2.911, abs=5e-4)
    assert calibration._tolerance_factor(50, 0.01) == pytest.approx(2.862, abs=1e-3)


def test_the_floor_covers_the_quantile_it_promises() -> None:
    # 95 % confidence: of 400 samples about 20 may lie above the true 1 % quantile, four standard deviations 38.
    rng = np.random.default_rng(0)
    above = 0
    for counts in rng.normal(500.0, 10.0, (400, 30)):
        above += Calibration(tuple(counts), 1000, runs=1, alpha=0.01).floor > (500.0 - 2.3263 * 10.0) / 1000
    assert above <= 38


def test_seeds_that_all_agree_leave_no_doubt() -> None:
    agreed = Calibration((240, 240, 240), 250, runs=1)
    assert (agreed.floor, agreed.threshold, agreed.margin) == (0.96, 0.96, math.inf)


def test_a_useless_training_is_given_the_threshold_0() -> None:
    assert Calibration((0, 250, 0, 250), 250, runs=1).threshold == 0.0


def test_one_seed_has_no_spread() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        calibrate(
            SVM, digits(), learning_rate=1.0, reg=0.0, num_iters=1, batch_size=1, runs=1, seeds=1
        )  # fmt: skip

"""The shipped accuracy thresholds are such that the reference passes them whatever its luck."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

import grader
from grading.judging.training.calibration import calibrate_plan
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan
from reference.accuracy_verdict import ALPHA, least_count


def test_the_shipped_thresholds_are_not_above_what_the_reference_allows() -> None:
    plan = training_plan(load_rubric())
    for name, found in calibrate_plan(plan, seeds=100):
        assert plan.accuracy[name].threshold <= found.threshold, name
        assert found.margin > 6, "the reference is far from failing"


def test_a_single_step_hardly_ever_reaches_the_shipped_thresholds() -> None:
    plan = training_plan(load_rubric())
    one_step = {name: replace(asked, num_iters=1) for name, asked in plan.accuracy.items()}
    for name, found in calibrate_plan(replace(plan, accuracy=one_step), seeds=100):
        asked = plan.accuracy[name]
        least = least_count(found.total, asked.threshold, ALPHA / asked.runs)
        share = float(np.mean([correct >= least for correct in found.correct]))
        assert share**asked.runs < 0.15, name


def test_the_command_says_what_was_reached_and_what_it_allows(capsys: pytest.CaptureFixture[str]) -> None:
    assert grader.main(["calibrate", "--seeds", "5"]) == 0
    out = capsys.readouterr().out
    assert "svm: 5 seeds" in out
    assert "softmax: 5 seeds" in out
    assert "the rubric asks 0.91" in out


def test_one_seed_has_no_spread(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        grader.main(["calibrate", "--seeds", "1"])
    assert "give 2 or more" in capsys.readouterr().err

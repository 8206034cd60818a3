"""What the checks of training cost: OPENBLAS_NUM_THREADS=1 python benchmarks/training.py [--data DIR] [--json FILE].

On digits: all checks of train and predict of one right submission, after the first, with the grader's own share. With
CIFAR-10 at hand: the accuracy check of one class as a multiple of the time that the same trainings take by themselves,
in a plain process. Both are measured in turn, so that a busy machine slows them alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.typing import NDArray

from checks.runner import Runner
from grading.intake import find, read
from grading.rubric import Accuracy, load_rubric
from grading.run import Suite, opened
from grading.training_data import training_data
from reference.datasets import Split

HAND_IN = Path(__file__).resolve().parents[1] / "submissions" / "ada.ipynb"


def checks_on_digits(rounds: int) -> dict[str, float]:
    """Medians in seconds: of all checks of train and predict, and of the grader's own processor time in them."""
    rubric = load_rubric()
    data = training_data(rubric)
    [handin] = find([HAND_IN])
    submission = read(handin, rubric.asked_names)
    wall, own = [], []
    with opened(Suite(rubric, allow_unsafe=True)) as sandbox:
        for _ in range(rounds + 1):
            with sandbox.start(submission, data.shared) as worker:
                runner = Runner(submission, worker, rubric)
                began, used = time.perf_counter(), time.process_time()
                for name, check in runner.plan():
                    if "." in name:
                        assert runner.result(name, check).status == "passed"
                wall.append(time.perf_counter() - began)
                own.append(time.process_time() - used)
    # The first also pays for what is worked out once.
    return {"checks": statistics.median(wall[1:]), "own": statistics.median(own[1:])}


def accuracy_on_cifar10(folder: Path, rounds: int) -> dict[str, float]:
    """Seconds of LinearSVM's accuracy check and of its trainings by themselves: each round's, least ratio first."""
    rubric = load_rubric(data_folder=folder)
    data = training_data(rubric)
    [handin] = find([HAND_IN])
    submission = read(handin, rubric.asked_names)
    settings = rubric.accuracy["svm"]
    found = []
    with opened(Suite(rubric, allow_unsafe=True)) as sandbox:
        for _ in range(rounds):
            with sandbox.start(submission, data.shared) as worker:
                runner = Runner(submission, worker, rubric)
                began = time.perf_counter()
                assert runner.result("LinearSVM.train", "accuracy").status == "passed"
                check = time.perf_counter() - began
            began = time.perf_counter()
            for seed in range(settings.runs):
                train_alone(data.split, settings, seed)
            found.append((check, time.perf_counter() - began))
    check, alone = sorted(found, key=lambda pair: pair[0] / pair[1])[len(found) // 2]
    return {"check": check, "alone": alone, "ratio": check / alone}


def train_alone(data: Split, settings: Accuracy, seed: int) -> None:
    """The same trainings as the hand-in's, which is ours, in this process."""
    random = np.random.RandomState(seed)
    W = 0.001 * random.randn(data.X_train.shape[1], len(data.classes))
    for _ in range(settings.num_iters):
        rows = random.choice(len(data.y_train), settings.batch_size)
        _, dW = svm_loss(W, data.X_train[rows], data.y_train[rows], settings.reg)
        W -= settings.learning_rate * dW


def svm_loss(
    W: NDArray[np.float64], X: NDArray[np.float64], y: NDArray[np.int64], reg: float
) -> tuple[float, NDArray[np.float64]]:
    """As a student writes it."""
    count = len(y)
    scores = X @ W
    margins = np.maximum(0.0, scores - scores[np.arange(count), y][:, None] + 1.0)
    margins[np.arange(count), y] = 0.0
    steps = (margins > 0.0).astype(float)
    steps[np.arange(count), y] = -steps.sum(axis=1)
    return float(margins.sum()) / count + reg * float(np.sum(W * W)), X.T @ steps / count + 2.0 * reg * W


def main() -> int:
    """Measure, print, write JSON if asked to."""
    parser = argparse.ArgumentParser(description="What the checks of training cost.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where CIFAR-10 is")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--rounds", type=int, default=5, help="how often (default: 5)")
    options = parser.parse_args()
    figures = {"digits": checks_on_digits(options.rounds)}
    digits = figures["digits"]
    print(
        f"digits: all checks of train and predict of a submission, after the first: {digits['checks'] * 1e3:.0f} ms, "
        f"of which the grader itself computes {digits['own'] * 1e3:.0f} ms"
    )
    if options.data is not None:
        figures["cifar10"] = accuracy_on_cifar10(options.data, options.rounds)
        cifar10 = figures["cifar10"]
        print(
            f"CIFAR-10: the accuracy check of one class: {cifar10['check']:.1f} s, "
            f"{cifar10['ratio']:.2f} times its trainings by themselves ({cifar10['alone']:.1f} s)"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

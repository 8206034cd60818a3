"""What the article claims, measured: linear classifiers beside nearest neighbours, on the same split.

    python -m benchmarks.classifiers digits
    OPENBLAS_NUM_THREADS=1 python -m benchmarks.classifiers cifar10 --data DIR

Writes the tables of docs/classifiers.md. CIFAR-10 takes about ten minutes and 2 GB. One thread, because the small
products of a training gain nothing from more, and lose much when another program needs the cores.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reference import nearest_neighbours
from reference.datasets import NAMES, Split, load
from reference.losses import loss_named
from reference.sgd import Loss, accuracy, train

softmax = loss_named("softmax")
svm = loss_named("svm")


@dataclass(frozen=True)
class Setting:
    """One linear classifier and how it is trained."""

    name: str
    loss: Loss
    learning_rate: float
    reg: float
    num_iters: int
    batch_size: int


SETTINGS = {
    "digits": (
        Setting("SVM", svm.loss_and_gradient, 2e-3, 1e-2, 300, 100),
        Setting("softmax", softmax.loss_and_gradient, 1e-2, 1e-2, 300, 100),
    ),
    # The course's grid for the SVM, and two pairs for softmax: that of the rubric, and one with less regularization.
    "cifar10": (
        Setting("SVM", svm.loss_and_gradient, 1e-7, 6.7e3, 1500, 200),
        Setting("SVM", svm.loss_and_gradient, 1e-7, 2.5e4, 1500, 200),
        Setting("SVM", svm.loss_and_gradient, 2e-7, 6.7e3, 1500, 200),
        Setting("SVM", svm.loss_and_gradient, 2e-7, 2.5e4, 1500, 200),
        Setting("SVM", svm.loss_and_gradient, 3e-7, 6.7e3, 1500, 200),
        Setting("SVM", svm.loss_and_gradient, 3e-7, 2.5e4, 1500, 200),
        Setting("softmax", softmax.loss_and_gradient, 4e-7, 6666.0, 1500, 200),
        Setting("softmax", softmax.loss_and_gradient, 1e-6, 1e3, 1500, 200),
    ),
}
SEEDS = 3
NEIGHBOURS = (1, 5)


def linear_row(setting: Setting, split: Split) -> str:
    """One line of the table: the mean over a few seeds, with the range in brackets."""
    validation, test, training_seconds = [], [], []
    for seed in range(SEEDS):
        begin = time.perf_counter()
        W, _ = train(
            setting.loss,
            split.X_train,
            split.y_train,
            learning_rate=setting.learning_rate,
            reg=setting.reg,
            num_iters=setting.num_iters,
            batch_size=setting.batch_size,
            rng=np.random.default_rng(seed),
        )
        training_seconds.append(time.perf_counter() - begin)
        validation.append(accuracy(W, split.X_validation, split.y_validation))
        begin = time.perf_counter()
        test.append(accuracy(W, split.X_test, split.y_test))
        prediction_seconds = time.perf_counter() - begin
    name = f"{setting.name}, learning rate {setting.learning_rate:g}, reg {setting.reg:g}"
    return row(name, validation, test, W.nbytes, min(training_seconds), prediction_seconds)


def neighbours_rows(split: Split) -> list[str]:
    """One line for each k."""
    of = split.X_train, split.y_train
    validation = nearest_neighbours.predict(*of, split.X_validation, NEIGHBOURS)
    begin = time.perf_counter()
    test = nearest_neighbours.predict(*of, split.X_test, NEIGHBOURS)
    seconds = time.perf_counter() - begin
    return [
        row(
            f"{k} nearest neighbour{'s' if k > 1 else ''}",
            [float(np.mean(validation[i] == split.y_validation))],
            [float(np.mean(test[i] == split.y_test))],
            nearest_neighbours.stored_bytes(*of),
            0.0,
            seconds,
        )
        for i, k in enumerate(NEIGHBOURS)
    ]


def row(
    name: str, validation: list[float], test: list[float], stored: int, training: float, predicting: float
) -> str:
    """A line of a Markdown table."""
    cells = [name, share(validation), share(test), f"{stored:,}", f"{training:.2f}", f"{predicting:.3f}"]
    return f"| {' | '.join(cells)} |"


def share(values: list[float]) -> str:
    """The mean, and the range if there is one."""
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.3f}-{max(values):.3f})"


def main() -> None:
    """Print the table of one data set."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--data", type=Path, help="the folder of CIFAR-10")
    arguments = parser.parse_args()
    split = load(arguments.name, arguments.data)
    print(f"{split.name}: {len(split.y_train):,} to train, {len(split.y_validation):,} to validate, ", end="")
    print(f"{len(split.y_test):,} to test, {split.X_train.shape[1]:,} features", *split.remarks, sep="\n")
    print("\n| classifier | validation | test | bytes stored | training, s | predicting the test set, s |")
    print("|---|---|---|---|---|---|")
    for setting in SETTINGS[split.name]:
        print(linear_row(setting, split), flush=True)
    for line in neighbours_rows(split):
        print(line, flush=True)


if __name__ == "__main__":
    main()

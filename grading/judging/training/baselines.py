"""The baselines for a submission's trainings: the reference trained in the same way, and nearest neighbours.

Nothing here affects points. It is worked out once for all submissions of a run.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from grading.grades.grade import Baseline, HistoryBand, LossHistory, ReferenceTraining
from grading.judging.training.data import training_data
from grading.judging.training.plan import TrainingPlan
from reference import nearest_neighbours
from reference.losses import training_loss, training_losses
from reference.sgd import Loss, accuracy, train_alike
from reference.split import Split

Array = NDArray[np.float64]

SEEDS = 3
NEIGHBOURS = (1, 5)
_MOST_POINTS = 200
_STEPS_AROUND = 2  # steps on either side that count towards a point of the band


def loss_named(name: str, plan: TrainingPlan) -> Loss:
    """The reference loss of that name in the plan's convention, as train calls it."""
    return training_loss(name, reg_scale=plan.reg_scale, delta=plan.delta)


def prepare(plan: TrainingPlan, note: Callable[[str], None] = lambda _: None) -> None:
    """Load the data set and work out all baselines.

    Args:
        plan: the trainings that the rubric requires.
        note: called with a few words on what is being done.

    Raises:
        DatasetError: the data set cannot be had.
    """
    if plan.losses:
        note(f"loading {plan.data_name}")
        training_data(plan)
        for name in plan.losses:
            note(f"training the reference ({name})")
            _learned(name, plan)
        note("asking nearest neighbours")
        baselines(plan)


def reference_training(name: str, plan: TrainingPlan) -> ReferenceTraining:
    """Train the reference loss of that name as the accuracy check trains submissions."""
    return _learned(name, plan).training


def baselines(plan: TrainingPlan) -> list[Baseline]:
    """Linear classifiers trained by the reference, and nearest neighbours, on the validation pictures.

    Worked out once per process, so all submissions that it grades show the same seconds.

    Raises:
        DatasetError: the data set cannot be had.
    """
    key = plan.rubric_sha256, plan.data_name
    if key not in _baselines:
        data = training_data(plan).split
        linear = [_linear(name, _learned(name, plan).W, data) for name in plan.losses]
        _baselines[key] = [*linear, *_neighbours(data)]
    return _baselines[key]


class _Learned(msgspec.Struct, frozen=True, eq=False):
    """A reference loss, trained: the weights of the first seed, (D, C), and what reports show of all seeds."""

    W: Array
    training: ReferenceTraining


_trained: dict[tuple[str, str, str], _Learned] = {}
_baselines: dict[tuple[str, str], list[Baseline]] = {}
# A thread that needs it while another is computing it waits.
_training = threading.Lock()


def _learned(name: str, plan: TrainingPlan) -> _Learned:
    key = name, plan.rubric_sha256, plan.data_name
    with _training:
        if key not in _trained:
            _trained[key] = _train(name, plan)
        return _trained[key]


def _train(name: str, plan: TrainingPlan) -> _Learned:
    asked, data = plan.accuracy[name], training_data(plan).split
    weights, histories = train_alike(
        training_losses(name, reg_scale=plan.reg_scale, delta=plan.delta),
        data.X_train,
        data.y_train,
        learning_rate=asked.learning_rate,
        reg=asked.reg,
        num_iters=asked.num_iters,
        batch_size=asked.batch_size,
        rngs=[np.random.default_rng(seed) for seed in range(SEEDS)],
    )
    training = ReferenceTraining(
        seeds=list(range(SEEDS)),
        accuracies=[accuracy(W, data.X_validation, data.y_validation) for W in weights],
        band=_band(histories),
        templates=templates(weights[0]),
    )
    return _Learned(weights[0], training)


def _linear(name: str, W: Array, data: Split) -> Baseline:
    began = time.perf_counter()
    share = accuracy(W, data.X_validation, data.y_validation)
    seconds = time.perf_counter() - began
    return Baseline(
        name=name,
        k=None,
        accuracy=share,
        total=len(data.y_validation),
        stored_bytes=W.nbytes,
        seconds=seconds,
    )


def _neighbours(data: Split) -> list[Baseline]:
    began = time.perf_counter()
    answers = nearest_neighbours.predict(data.X_train, data.y_train, data.X_validation, NEIGHBOURS)
    # The distances take most of the time, and all numbers of neighbours share them.
    seconds = time.perf_counter() - began
    return [
        Baseline(
            name="neighbours",
            k=k,
            accuracy=float(np.mean(answer == data.y_validation)),
            total=len(data.y_validation),
            stored_bytes=nearest_neighbours.stored_bytes(data.X_train, data.y_train),
            seconds=seconds,
        )
        for k, answer in zip(NEIGHBOURS, answers, strict=True)
    ]


def templates(W: Array) -> bytes:
    """Draw the weights of each class as a picture, from the smallest of all weights (0) to the largest (255).

    Args:
        W: (D, C) finite weights; the last row is the bias, which is omitted.

    Returns:
        C * (D - 1) bytes, class by class.
    """
    pictures = W[:-1].T
    low, high = pictures.min(), pictures.max()
    # Halved, since the difference of the largest float64 numbers overflows.
    scaled = (pictures / 2.0 - low / 2.0) / max(high / 2.0 - low / 2.0, np.finfo(np.float64).tiny)
    pixels: NDArray[np.uint8] = np.rint(255.0 * scaled).astype(np.uint8)
    return pixels.tobytes()


def thinned(history: Array) -> LossHistory:
    """Thin a loss history for a plot: at most 200 of its points, evenly spread."""
    steps = _steps(len(history))
    return LossHistory(
        steps=steps.tolist(),
        losses=[_short(x) if math.isfinite(x) else None for x in history[steps].tolist()],
    )


def _band(histories: Array) -> HistoryBand:
    steps = _steps(histories.shape[1])
    around = [slice(max(0, step - _STEPS_AROUND), step + _STEPS_AROUND + 1) for step in steps]
    return HistoryBand(
        steps=steps.tolist(),
        lower=[_short(histories[:, window].min()) for window in around],
        upper=[_short(histories[:, window].max()) for window in around],
    )


def _short(loss: float) -> float:
    # Six digits: no plot shows more, and the report stays small.
    return float(f"{loss:.6g}")


def _steps(length: int) -> NDArray[np.intp]:
    # At most one per step, so there are no duplicates.
    return np.linspace(0, length - 1, min(length, _MOST_POINTS)).round().astype(np.intp)

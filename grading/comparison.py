"""What a submission's trainings are shown beside: the reference trained alike, and nearest neighbours.

Nothing here decides about points. It is worked out once for all submissions of a run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grading.grade import HistoryBand, LossHistory, ReferenceTraining
from grading.rubric import Accuracy, Rubric
from reference.losses import training_loss
from reference.sgd import Loss, accuracy, train
from reference.split import Split

Array = NDArray[np.float64]

SEEDS = 5
_MOST_POINTS = 200
_NEIGHBOURS = 2  # steps on either side that count for a point of the band


def loss_named(name: str, rubric: Rubric) -> Loss:
    """The reference loss of that name in the rubric's convention, as train calls it."""
    scale, delta = rubric.settings.reg_scale, rubric.settings.delta
    return training_loss(name, reg_scale=1.0 if isinstance(scale, str) else scale, delta=delta)


def reference_training(name: str, rubric: Rubric, data: Split) -> ReferenceTraining:
    """Train the reference loss of that name as the accuracy check trains submissions; once per process."""
    key = name, rubric.sha256, data.name
    if key not in _trained:
        _trained[key] = _train(loss_named(name, rubric), rubric.accuracy[name], data)
    return _trained[key]


_trained: dict[tuple[str, str, str], ReferenceTraining] = {}


def _train(loss: Loss, settings: Accuracy, data: Split) -> ReferenceTraining:
    learned, histories = [], []
    for seed in range(SEEDS):
        W, history = train(
            loss,
            data.X_train,
            data.y_train,
            learning_rate=settings.learning_rate,
            reg=settings.reg,
            num_iters=settings.num_iters,
            batch_size=settings.batch_size,
            rng=np.random.default_rng(seed),
        )
        learned.append(W)
        histories.append(history)
    return ReferenceTraining(
        seeds=list(range(SEEDS)),
        accuracies=[accuracy(W, data.X_validation, data.y_validation) for W in learned],
        band=_band(histories),
        templates=templates(learned[0]),
    )


def templates(W: Array) -> bytes:
    """The weights of each class as a picture, from the smallest of all weights (0) to the largest (255).

    Args:
        W: (D, C) finite weights; the last row is the bias and left out.

    Returns:
        C * (D - 1) bytes, class by class.
    """
    pictures = W[:-1].T
    low, high = pictures.min(), pictures.max()
    # Halved: the largest numbers of float64 have no difference.
    scaled = (pictures / 2.0 - low / 2.0) / max(high / 2.0 - low / 2.0, np.finfo(np.float64).tiny)
    pixels: NDArray[np.uint8] = np.rint(255.0 * scaled).astype(np.uint8)
    return pixels.tobytes()


def thinned(history: Array) -> LossHistory:
    """A loss history for a drawing: at most 200 of its points, evenly spread."""
    steps = _steps(len(history))
    return LossHistory(
        steps=steps.tolist(), losses=[_short(x) if np.isfinite(x) else None for x in history[steps]]
    )


def _band(histories: Sequence[Array]) -> HistoryBand:
    steps = _steps(len(histories[0]))
    around = [slice(max(0, step - _NEIGHBOURS), step + _NEIGHBOURS + 1) for step in steps]
    losses = np.array(histories)
    return HistoryBand(
        steps=steps.tolist(),
        lower=[_short(losses[:, window].min()) for window in around],
        upper=[_short(losses[:, window].max()) for window in around],
    )


def _short(loss: float) -> float:
    # Six digits: no drawing shows more, and the report stays small.
    return float(f"{loss:.6g}")


def _steps(length: int) -> NDArray[np.intp]:
    return np.unique(np.linspace(0, length - 1, min(length, _MOST_POINTS)).round().astype(np.intp))

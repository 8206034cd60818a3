"""Agreement: the vectorized function is the naive one, faster."""

from __future__ import annotations

import numpy as np

from checks.answers import Answered
from checks.cases import sized_problems
from checks.failures import Disagreement, Failure
from checks.loss_function import LossFunction
from checks.promise import promise


@promise("agreement", kind="loss", needs=("interface", "value", "gradient"))
def test_agreement(candidate: LossFunction) -> None:
    """The vectorized function gives the same loss and the same dW as your naive one, at the sizes of real use too."""
    naive = candidate.naive
    if naive is None:
        raise TypeError(f"{candidate.name} has no naive function to agree with; the rubric must name one")
    problems = sized_problems(candidate.seed + 1)  # others than the value and the gradient were judged by
    candidate.cases += len(problems)
    for problem, mine, other in zip(problems, candidate.ask(problems), naive.ask(problems), strict=True):
        if isinstance(mine, Failure):
            raise mine
        if isinstance(other, Failure):
            candidate.remark(
                f"{naive.name} gives no answer to compare with, so {candidate.name} was compared with the reference."
            )
            continue
        truth = candidate.lasting_truth(problem)
        if _agree(mine, other, 2 * truth.loss_bound, 2 * truth.gradient.bound):
            continue
        if truth.accepts_loss(mine.loss) and truth.gradient.judge(mine.dW).accepted:
            candidate.remark(f"It differs from {naive.name}, and it is {naive.name} that is wrong.")
            continue
        raise Disagreement(
            f"{candidate.name} and {naive.name} give different answers to the same problem.",
            problem,
            expected=f"loss = {other.loss!r}, as {naive.name} says",
            got=f"loss = {mine.loss!r}; dW differs by up to {np.abs(mine.dW - other.dW).max():.3g}",
        )


def _agree(
    mine: Answered, other: Answered, loss_room: float, room: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> bool:
    return abs(mine.loss - other.loss) <= loss_room and bool((np.abs(mine.dW - other.dW) <= room).all())

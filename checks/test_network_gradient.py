"""The gradients of a network: by each of its parameters, at kinks of its hidden units, too.

Not a property of Hypothesis yet: networks have no strategy, and are asked a fixed list of problems.
"""

from __future__ import annotations

import numpy as np

from grading.judging.failures import Failure, WrongNetworkGradient
from grading.judging.network import NETWORK, Network
from grading.judging.promise import promise
from grading.words import say


@promise(kind="network")
def test_network_gradient(candidate: Network) -> None:
    """The gradients are those of the loss by W1, b1, W2 and b2; where a hidden unit is exactly 0 it may count or
    not.
    """
    candidate.cases += len(candidate.problems)
    for problem, truth, answer in zip(candidate.problems, candidate.truths, candidate.answers, strict=True):
        if isinstance(answer, Failure):
            raise answer
        membership = truth.gradient.judge(NETWORK.flattened(answer.gradients))
        if membership.accepted:
            continue
        nearest = NETWORK.named(membership.nearest, problem)
        off = {name: float(np.abs(answer.gradients[name] - nearest[name]).max()) for name in nearest}
        parameter = max(off, key=lambda name: (not off[name] <= 1e300, off[name]))
        raise WrongNetworkGradient(
            say(
                "The gradient of {name} by {parameter} is wrong (reg = {reg:g}).",
                name=candidate.name,
                parameter=parameter,
                reg=problem.reg,
            ),
            code=candidate.as_python(problem),
            expected=f"grads[{parameter!r}] = {nearest[parameter].tolist()}",
            got=f"grads[{parameter!r}] = {answer.gradients[parameter].tolist()}",
        )

"""The gradients of a network by each of its parameters, including kinks of its hidden units."""

from __future__ import annotations

from checks.network_strategies import network_problems
from grading.judging.failures import WrongNetworkGradient
from grading.judging.network import Network, largest_error
from grading.judging.precision import accepts_network_gradient
from grading.judging.promise import promise
from grading.judging.properties import given
from grading.words import say
from reference.problem import NetworkProblem


@promise(kind="network")
@given(problem=network_problems())
def test_network_gradient(candidate: Network, problem: NetworkProblem) -> None:
    """The gradients are those of the loss by each of its parameters; where a hidden unit is exactly 0 it may count
    or not.
    """
    problem = candidate.suited(problem)
    answer, truth = candidate(problem), candidate.truth(problem)
    candidate.cases += 1
    gradient = candidate.flattened(answer)
    if accepts_network_gradient(candidate, gradient, truth):
        return
    nearest = candidate.loss.named(truth.gradient.judge(gradient).nearest, problem)
    off = {name: largest_error(answer.gradients[name], nearest[name]) for name in nearest}
    parameter = max(off, key=off.__getitem__)
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

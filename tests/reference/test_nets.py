"""The two-layer network: right gradients by all parameters, kinks at exactly 0, and kinks of kinks."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reference import two_layer_net
from reference.bounded import Array
from reference.formula import Labels, Term, maximum, without_label
from reference.loss import Loss
from reference.nested_kinks import NestedGradients
from reference.problem import NetworkProblem
from tests.reference import right_nets
from tests.reference.right_nets import NAMES, RIGHT, course

NET = Loss(two_layer_net.data_loss)
SEEDS = range(9)


def dyadic(random: np.random.Generator, *shape: int) -> Array:
    return random.integers(-8, 9, shape) / 4.0


def problem(seed: int, *, at_kinks: bool = False) -> NetworkProblem:
    """A small network; at kinks, some pre-activations are exactly 0."""
    random = np.random.default_rng(seed)
    N, D, H, C = (int(random.integers(low, high)) for low, high in ((1, 6), (1, 5), (1, 5), (2, 5)))
    parameters = {
        "W1": dyadic(random, D, H),
        "b1": dyadic(random, H),
        "W2": dyadic(random, H, C),
        "b2": dyadic(random, C),
    }
    X, y = dyadic(random, N, D), random.integers(0, C, N)
    if at_kinks:
        for k in range(H):
            parameters["b1"][k] = -(X[k % N] @ parameters["W1"][:, k])
        if seed % 3 == 0:
            X[:] = X[0]
            parameters["b1"] = -(X[0] @ parameters["W1"])
    return NetworkProblem(parameters, X, y, float(random.integers(0, 3)) / 2.0)


def flat(gradients: Any) -> Array:
    named = gradients if isinstance(gradients, dict) else dict(zip(NAMES, gradients, strict=True))
    return NET.flattened(named)


def judged(net: Callable[..., Any], case: NetworkProblem) -> tuple[bool, bool]:
    """Whether the loss and the gradients are accepted."""
    answer = NET.evaluate_network(case)
    with np.errstate(all="ignore"):
        loss, gradients = net(
            {k: v.copy() for k, v in case.parameters.items()}, case.X.copy(), case.y.copy(), case.reg
        )
    return answer.accepts_loss(float(loss)), answer.gradient.judge(flat(gradients)).accepted


def test_there_are_at_least_15_right_styles() -> None:
    assert len(RIGHT) >= 15


@pytest.mark.parametrize("style", RIGHT)
@pytest.mark.parametrize("at_kinks", [False, True])
def test_right_code_is_accepted_in_every_style(style: str, at_kinks: bool) -> None:
    for seed in SEEDS:
        assert judged(RIGHT[style], problem(seed, at_kinks=at_kinks)) == (True, True), seed


def test_kinks_are_really_met() -> None:
    ties = [NET.evaluate_network(problem(seed, at_kinks=True)).gradient.ties for seed in SEEDS]
    assert sum(count > 0 for count in ties) >= 6


def changed(*changes: tuple[str, str]) -> str:
    """The course's style with a mistake."""
    code = inspect.getsource(course)
    for old, new in changes:
        assert old in code, old
        code = code.replace(old, new, 1)
    return code


def runnable(code: str) -> Callable[..., Any]:
    """A style that stands in a text."""
    names: dict[str, Any] = {}
    exec(code.replace("@right\n", ""), vars(right_nets), names)  # noqa: S102
    return names["course"]  # type: ignore[no-any-return]


# The places that a mistake changes, in `course`.
MASK, D1, D2 = "dh[h <= 0] = 0", '"W1": X.T.dot(dh) + 2 * reg * W1', '"W2": h.T.dot(dscores) + 2 * reg * W2'
B1, B2, PENALTY = "dh.sum(axis=0)", "dscores.sum(axis=0)", "reg * (np.sum(W1 * W1) + np.sum(W2 * W2))"
WRONG: dict[str, str] = {
    "no mask": changed((MASK, "pass")),
    "mask of the wrong layer": changed((MASK, "dh[dh <= 0] = 0")),
    "mask turned round": changed((MASK, "dh[h > 0] = 0")),
    "mask at 1": changed((MASK, "dh[h <= 1] = 0")),
    "no max": changed(("np.maximum(0, X.dot(W1) + b1)", "(X.dot(W1) + b1)")),
    "max after the second layer too": changed(("h.dot(W2) + b2", "np.maximum(0, h.dot(W2) + b2)")),
    "first bias forgotten": changed(("X.dot(W1) + b1", "X.dot(W1)")),
    "second bias forgotten": changed(("h.dot(W2) + b2", "h.dot(W2)")),
    "first bias gradient averaged": changed((B1, "dh.mean(axis=0)")),
    "second bias gradient averaged": changed((B2, "dscores.mean(axis=0)")),
    "first bias gradient of the last sample": changed((B1, "dh[-1]")),
    "second bias gradient of the last sample": changed((B2, "dscores[-1]")),
    "bias gradients summed to one number": changed(
        (B1, "np.full_like(b1, dh.sum())"), (B2, "np.full_like(b2, dscores.sum())")
    ),
    "penalty of W1 only": changed((PENALTY, "reg * np.sum(W1 * W1)")),
    "penalty of W2 only": changed((PENALTY, "reg * np.sum(W2 * W2)")),
    "penalty of the biases too": changed((PENALTY, PENALTY[:-1] + " + np.sum(b1 * b1) + np.sum(b2 * b2))")),
    "penalty's gradient of the biases": changed((B1, B1 + " + 2 * reg * b1")),
    "no penalty's gradient of W1": changed((D1, D1.replace(" + 2 * reg * W1", ""))),
    "no penalty's gradient of W2": changed((D2, D2.replace(" + 2 * reg * W2", ""))),
    "half of the penalty's gradient": changed(
        (D1, D1.replace("2 * reg", "reg")), (D2, D2.replace("2 * reg", "reg"))
    ),
    "half of the penalty": changed((PENALTY, "0.5 * " + PENALTY)),
    "the mean taken twice": changed(("dh = dscores.dot(W2.T)", "dh = dscores.dot(W2.T) / N")),
    "no mean in the gradient": changed(("dscores /= N", "pass")),
    "no mean in the loss": changed((".sum() / N", ".sum()")),
    "hidden units for their mask": changed((MASK, "dh *= h")),
    "scores of the first layer for the gradient of W2": changed(
        (D2, '"W2": (X.dot(W1) + b1).T.dot(dscores) + 2 * reg * W2')
    ),
    "label not subtracted": changed(("dscores[range(N), y] -= 1", "pass")),
    "label subtracted twice": changed(("dscores[range(N), y] -= 1", "dscores[range(N), y] -= 2")),
    "W2 taken for its absolute values": changed(("dscores.dot(W2.T)", "dscores.dot(np.abs(W2).T)")),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_refused(mistake: str) -> None:
    verdicts = [
        judged(runnable(WRONG[mistake]), problem(seed, at_kinks=at)) for seed in SEEDS for at in (False, True)
    ]
    assert not all(loss and gradient for loss, gradient in verdicts)


def test_there_are_at_least_25_mistakes() -> None:
    assert len(WRONG) >= 25


# A hinge on top of the hidden layer: kinks of kinks.


def hinge(W1: Term, b1: Term, W2: Term, b2: Term, X: Term, y: Labels) -> Term:
    scores = maximum(0.0, X @ W1 + b1) @ W2 + b2
    margins = scores - scores[range(len(y)), y][:, None] + 1.0
    return without_label(maximum(0.0, margins), y).sum(axis=1).mean()


HINGE = Loss(hinge)


def hinge_net(case: NetworkProblem, upper: Array, lower: Array) -> Array:
    """The gradients with the slopes (N, C) and (N, H) where the arguments are 0."""
    W1, b1, W2, b2 = (case.parameters[name] for name in NAMES)
    N = len(case.X)
    z = case.X @ W1 + b1
    h = np.maximum(z, 0)
    scores = h @ W2 + b2
    margins = scores - scores[np.arange(N), case.y][:, None] + 1
    slope = np.where(margins == 0, upper, margins > 0)
    slope[np.arange(N), case.y] = 0
    slope[np.arange(N), case.y] = -slope.sum(axis=1)
    d = slope / N
    dz = d @ W2.T * np.where(z == 0, lower, z > 0)
    named = {
        "W1": case.X.T @ dz + 2 * case.reg * W1,
        "b1": dz.sum(0),
        "W2": h.T @ d + 2 * case.reg * W2,
        "b2": d.sum(0),
    }
    return HINGE.flattened(named)


def tied_hinge(seed: int) -> NetworkProblem:
    """Ties of both kinds: pre-activations of 0, and margins of 0."""
    case = problem(seed, at_kinks=True)
    W1, b1, W2, b2 = (case.parameters[name] for name in NAMES)
    scores = np.maximum(case.X[0] @ W1 + b1, 0) @ W2 + b2
    label = case.y[0]
    for j in range(len(b2)):
        if j != label:
            b2[j] -= scores[j] - scores[label] + 1
    return case


def test_both_kinds_of_ties_are_met() -> None:
    kinds = [HINGE.evaluate_network(tied_hinge(seed)).gradient for seed in SEEDS]
    assert sum(isinstance(kind, NestedGradients) for kind in kinds) >= 4


def test_every_choice_of_slopes_at_both_kinks_is_accepted() -> None:
    for seed in SEEDS:
        case = tied_hinge(seed)
        accepted = HINGE.evaluate_network(case).gradient
        random = np.random.default_rng(seed)
        shapes = (len(case.X), len(case.parameters["b2"])), (len(case.X), len(case.parameters["b1"]))
        whole = [
            (np.full(shapes[0], t), np.full(shapes[1], u))
            for t, u in itertools.product((0.0, 0.5, 1.0), repeat=2)
        ]
        mixed = [tuple(random.integers(0, 2, shape).astype(float) for shape in shapes) for _ in range(3)]
        for upper, lower in (*whole, *mixed):
            verdict = accepted.judge(hinge_net(case, upper, lower))
            assert verdict.accepted, (seed, verdict.excess)


def test_slopes_that_one_layer_counts_and_the_other_does_not_are_refused_with_a_proof() -> None:
    refused = 0
    for seed in SEEDS:
        case = tied_hinge(seed)
        accepted = HINGE.evaluate_network(case).gradient
        if not isinstance(accepted, NestedGradients):
            continue
        shapes = (len(case.X), len(case.parameters["b2"])), (len(case.X), len(case.parameters["b1"]))
        counted = hinge_net(case, np.ones(shapes[0]), np.ones(shapes[1]))
        left_out = hinge_net(case, np.zeros(shapes[0]), np.ones(shapes[1]))
        size = case.parameters["W1"].size + case.parameters["b1"].size
        mixture = np.concatenate([counted[:size], left_out[size:]])
        if np.allclose(mixture, counted) or np.allclose(mixture, left_out):
            continue
        verdict = accepted.judge(mixture)
        if not verdict.accepted:
            refused += 1
            proof = verdict.certificate
            assert proof is not None
            assert proof.promised > proof.high
            for t, u in itertools.product((0.0, 1.0), repeat=2):
                right = hinge_net(case, np.full(shapes[0], t), np.full(shapes[1], u))
                assert proof.direction @ right <= proof.high + 1e-6
    assert refused >= 2


def test_a_gradient_that_is_off_is_refused_at_kinks_of_kinks() -> None:
    for seed in SEEDS:
        case = tied_hinge(seed)
        accepted = HINGE.evaluate_network(case).gradient
        shapes = (len(case.X), len(case.parameters["b2"])), (len(case.X), len(case.parameters["b1"]))
        wrong = hinge_net(case, np.ones(shapes[0]), np.ones(shapes[1]))
        wrong[-1] += 3.0
        assert not accepted.judge(wrong).accepted
        wrong[-1] = np.nan
        assert not accepted.judge(wrong).accepted

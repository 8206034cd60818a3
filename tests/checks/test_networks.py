"""The two-layer network of the course, handed in: right styles pass, mistakes fail, and many are named."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from grading.diagnosis.networks import diagnose_network
from grading.editions.callings import as_called
from grading.grades.grade import CheckResult
from grading.judging.exam import pool_of
from grading.judging.failures import Failure, WrongLoss, WrongNetworkGradient
from grading.judging.network import Network
from grading.judging.network_answers import NetworkAnswer
from grading.judging.promise import promise_of
from grading.rubric.reading import RubricError, load_rubric
from grading.rubric.settings import Rubric
from grading.running.from_rubric import standard_of
from grading.sandbox.client import Sandbox
from grading.starter.write import StarterError, write_starter
from reference.mistakes.networks import NETWORK_MISTAKES, NetworkMistake, wrong
from reference.problem import NetworkProblem
from tests.checks.handins import Results, results_of, submission_of
from tests.reference import right_nets
from tests.reference.right_nets import RIGHT
from tests.reference.test_nets import WRONG, runnable

RUBRIC = """
title = "Network"
seed = 231
accuracy = {}

[functions."TwoLayerNet.loss"]
kind = "network"
reference = "two_layer_net"
points = { network_loss = 5, network_gradient = 10 }
"""
CLASS = """
{helpers}

class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {{}}
        self.params["W1"] = std * np.random.randn(input_size, hidden_size)
        self.params["b1"] = np.zeros(hidden_size)
        self.params["W2"] = std * np.random.randn(hidden_size, output_size)
        self.params["b2"] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        if y is None:
            hidden = np.maximum(0, X @ self.params["W1"] + self.params["b1"])
            return hidden @ self.params["W2"] + self.params["b2"]
        return {name}(self.params, X, y, reg)
"""
HANDED_IN = (
    "no mask",
    "no mean in the gradient",
    "no penalty's gradient of W1",
    "half of the penalty's gradient",
    "first bias gradient averaged",
    "the mean taken twice",
    "penalty of the biases too",
)
HELPERS = "NAMES = ('W1', 'b1', 'W2', 'b2')\n" + inspect.getsource(right_nets._probabilities)


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Rubric:
    path = tmp_path_factory.mktemp("course") / "rubric.toml"
    path.write_text(RUBRIC, encoding="utf-8")
    return load_rubric(path)


def results(sandbox: Sandbox, rubric: Rubric, style: str) -> dict[str, CheckResult]:
    """What becomes of a network whose loss is a style: check -> result."""
    text = re.sub(r"-> Any|: (Any|float)\b", "", style.replace("@right\n", ""))
    match = re.search(r"def (\w+)", text)
    assert match is not None
    code = CLASS.format(helpers=HELPERS.replace(": Any", "").replace("-> Any", "") + text, name=match[1])
    submission = as_called(submission_of({"TwoLayerNet": (code, "TwoLayerNet")}), rubric)
    return {r.id: r for r in results_of(sandbox, submission, rubric)}


@pytest.mark.parametrize("style", RIGHT)
def test_right_code_passes_in_every_style(sandbox: Sandbox, rubric: Rubric, style: str) -> None:
    found = results(sandbox, rubric, inspect.getsource(RIGHT[style]))
    assert {check: r.message for check, r in found.items() if r.status != "passed"} == {}


@pytest.fixture(scope="module")
def of_mistakes(sandbox: Sandbox, rubric: Rubric) -> Results:
    """What becomes of some mistakes that are handed in."""
    return {mistake: results(sandbox, rubric, WRONG[mistake]) for mistake in HANDED_IN}


def test_mistakes_that_are_handed_in_fail_on_a_small_network_and_are_named(of_mistakes: Results) -> None:
    for mistake, found in of_mistakes.items():
        failed = [r for r in found.values() if r.status == "failed"]
        assert failed, mistake
        for result in failed:
            assert result.counterexample is not None
            assert len(result.counterexample.code) < 900
            assert result.diagnosis is not None


def test_every_mistake_is_caught_and_nine_of_ten_are_named(rubric: Rubric) -> None:
    """By the numbers alone, of which there are enough to tell all of them."""
    problems, named = tuple(examples()), 0
    for mistake, code in WRONG.items():
        network, net = asked(rubric, problems), runnable(code)
        answers = []
        with np.errstate(all="ignore"):
            for problem in problems:
                loss, gradients = net(
                    {name: array.copy() for name, array in problem.parameters.items()},
                    problem.X.copy(),
                    problem.y.copy(),
                    problem.reg,
                )
                answers.append((problem, NetworkAnswer(float(loss), gradients)))
            network.attempts = lambda answers=answers: answers  # type: ignore[method-assign,misc]
            truths = [network.truth(problem) for problem in problems]
            failures: list[Failure] = []
            if not all(t.accepts_loss(a.loss) for t, (_, a) in zip(truths, answers, strict=True)):
                failures.append(WrongLoss(""))
            if not all(
                t.gradient.accepts(network.flattened(a)) for t, (_, a) in zip(truths, answers, strict=True)
            ):
                failures.append(WrongNetworkGradient(""))
            assert failures, mistake
            named += all(diagnose_network(network, failure) is not None for failure in failures)
    assert named >= 0.9 * len(WRONG)


def asked(rubric: Rubric, problems: tuple[NetworkProblem, ...]) -> Network:
    """A network that has been asked all problems, and needs no worker."""
    network = Network("TwoLayerNet.loss", None, standard_of(rubric))  # type: ignore[arg-type]
    network.problems = problems
    return network


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ("no mean in the gradient", "The data term of the gradient by W2 is exactly N times too large."),
        ("no penalty's gradient of W1", "The regularization of the gradient by W1 is zero."),
        (
            "half of the penalty's gradient",
            "The regularization of the gradient by W2 is 0.5 times what it should be.",
        ),
        ("first bias gradient averaged", "The data term of the gradient by b1 is exactly N times too small."),
        ("the mean taken twice", "The data term of the gradient by W1 is exactly N times too small."),
    ],
)
def test_a_term_that_is_off_by_a_factor_is_named(of_mistakes: Results, mistake: str, said: str) -> None:
    diagnosis = of_mistakes[mistake]["network_gradient"].diagnosis
    assert diagnosis is not None
    assert diagnosis.title == said


@pytest.mark.parametrize("mistake", NETWORK_MISTAKES, ids=lambda mistake: mistake.id)
def test_a_known_mistake_is_called_by_its_name(rubric: Rubric, mistake: NetworkMistake) -> None:
    """By the numbers alone: the network that makes it need not be handed in."""
    network = asked(rubric, tuple(examples()))
    answered: list[tuple[NetworkProblem, NetworkAnswer | Failure]] = [
        (problem, NetworkAnswer(*wrong(mistake.id, problem))) for problem in network.problems
    ]
    network.attempts = lambda: answered  # type: ignore[method-assign]
    said = []
    for failure in (WrongLoss(""), WrongNetworkGradient("")):
        diagnosis = diagnose_network(network, failure)
        said += [] if diagnosis is None else [diagnosis.title]
    assert mistake.title in said


def examples() -> Iterator[NetworkProblem]:
    """What the exam asks of every network."""
    for drawing in promise_of("network_loss").drawings:
        yield from pool_of(drawing, 231, 1.0).examples


EITHER = "0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))"


@pytest.mark.parametrize(("half_of_the_gradient", "failed"), [(True, []), (False, ["network_gradient"])])
def test_either_convention_of_regularization_is_held_to_itself(
    sandbox: Sandbox, rubric: Rubric, half_of_the_gradient: bool, failed: list[str]
) -> None:
    settings = msgspec.structs.replace(rubric.settings, reg_scale="either")
    either = msgspec.structs.replace(rubric, settings=settings)
    code = COURSE.replace("reg * (np.sum(W1 * W1) + np.sum(W2 * W2))", EITHER)
    if half_of_the_gradient:
        code = code.replace("2 * reg", "reg")
    assert EITHER in code
    found = results(sandbox, either, code)
    assert [check for check, result in found.items() if result.status != "passed"] == failed
    assert all(result.status == "passed" for result in results(sandbox, either, COURSE).values())


COURSE = inspect.getsource(right_nets.course)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"b1": dh', '"bias1": dh', "missing: b1; unknown: bias1."),
        (
            "dh.sum(axis=0),\n",
            "dh.sum(),\n",
            "The gradient by b1 that TwoLayerNet.loss returns must be a real array",
        ),
        (
            "return loss, {",
            "return {",
            "must return two things, the loss and the gradients by W1, b1, W2, b2",
        ),
        ("N = X.shape[0]", "N = X.shape[7]", "IndexError"),
    ],
)
def test_what_has_another_form_is_told_in_one_sentence(
    sandbox: Sandbox, rubric: Rubric, old: str, new: str, said: str
) -> None:
    assert old in COURSE
    assert said in results(sandbox, rubric, COURSE.replace(old, new, 1))["network_loss"].message


def test_a_starter_for_a_network_is_refused_in_one_line(rubric: Rubric, tmp_path: Path) -> None:
    with pytest.raises(
        StarterError, match=r"a starter for TwoLayerNet.loss is in the edition of the network only"
    ):
        write_starter(tmp_path / "starter", rubric)


def test_another_network_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "rubric.toml").write_text(
        RUBRIC.replace("two_layer_net", "three_layer_net"), encoding="utf-8"
    )
    with pytest.raises(
        RubricError,
        match=r"no network is called 'three_layer_net'; there are .*two_layer_net",
    ):
        load_rubric(tmp_path / "rubric.toml")

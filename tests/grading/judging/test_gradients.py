"""A proof that a gradient is wrong, as a sentence that a student can try out."""

from __future__ import annotations

import numpy as np

from grading.judging.gradients import in_words
from reference.losses import loss_named
from reference.problem import Problem

svm = loss_named("svm")


def sentence(W: list[float], x: float, dW: list[float]) -> str:
    problem = Problem(W=np.array([W]), X=np.array([[x]]), y=np.array([0]), reg=0.0)
    certificate = svm.evaluate(problem).gradient.judge([dW]).certificate
    assert certificate is not None
    return in_words(certificate)


def test_where_one_weight_shows_it_the_sentence_says_which_way_to_turn_it() -> None:
    assert sentence([0.0, 0.0], 2.0, [-2.0, 3.0]) == (
        "Raise W[0, 1]: the loss rises at rate 2, your gradient promises 3."
    )
    assert sentence([0.0, 0.0], 2.0, [-2.5, 2.0]) == (
        "Lower W[0, 0]: the loss rises at rate 2, your gradient promises 2.5."
    )


def test_at_a_kink_the_sentence_names_a_direction_of_simple_numbers() -> None:
    assert sentence([1.0, 0.0], 1.0, [0.0, 1.0]) == (
        "Move W along V = [[1, 1]]: the loss rises at rate 0, your gradient promises 1."
    )

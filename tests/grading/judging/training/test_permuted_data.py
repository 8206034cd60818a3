"""Training data of one hand-in: the same problem, in another order."""

from __future__ import annotations

import numpy as np

from grading.judging.training.data import training_data
from grading.judging.training.permuted_data import disguised
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan
from reference.losses import training_loss


def test_what_is_learned_from_it_is_the_same_in_another_order() -> None:
    data = training_data(training_plan(load_rubric()))
    given = disguised(data, b"ada")
    W = np.random.default_rng(1).standard_normal((65, 10))
    loss = training_loss("softmax", reg_scale=1.0, delta=1.0)
    expected = loss(W, data.split.X_train, data.split.y_train, 0.5)
    got = loss(given.covered(W), given.X, given.y, 0.5)
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(given.uncovered(got[1]), expected[1], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(given.uncovered(given.covered(W)), W)
    assert not np.array_equal(given.covered(W), W)


def test_each_hand_in_has_an_order_of_its_own_and_the_bias_stays_where_it_is() -> None:
    data = training_data(training_plan(load_rubric()))
    ada, zoe, again = (disguised(data, digest) for digest in (b"ada", b"zoe", b"ada"))
    assert again is not ada
    np.testing.assert_array_equal(ada.X, again.X)
    np.testing.assert_array_equal(ada.y, again.y)
    assert not np.array_equal(ada.X, zoe.X)
    assert not np.array_equal(ada.y, zoe.y)
    assert (ada.X[:, -1] == 1.0).all()


def test_workers_map_what_the_check_sends_and_nothing_in_another_order() -> None:
    data = training_data(training_plan(load_rubric()))
    given = disguised(data, b"ada")
    assert disguised(data, b"ada") is given
    if data.shared is not None:
        assert given.shared is not None
        assert given.shared.array is given.X
        assert not given.X.flags.writeable

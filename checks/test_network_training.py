"""Training of a network: stochastic gradient descent, step by step, with a decaying rate, and its histories."""

from __future__ import annotations

from checks.network_strategies import network_trainings
from grading.judging.network import Network
from grading.judging.network_histories import require_histories
from grading.judging.network_steps import (
    follows_its_own_loss,
    require_right_batches,
    require_right_steps,
    require_untouched,
)
from grading.judging.network_training import NetworkTraining
from grading.judging.promise import promise
from grading.judging.properties import given


@promise(kind="network_train")
@given(training=network_trainings())
def test_network_training(candidate: Network, training: NetworkTraining) -> None:
    """Each step takes loss and gradients of a batch and moves every parameter against its gradient; the learning rate
    decays once in each epoch; loss_history, train_acc_history and val_acc_history tell what happened.
    """
    with candidate.shown(training):
        done = candidate.train(training)
        require_untouched(candidate, training, done)
        if done.calls is None or done.asked != training.num_iters:
            follows_its_own_loss(candidate, training, done.asked)
            return
        require_right_batches(candidate, training, done)
        rates = require_right_steps(candidate, training, done)
        require_histories(candidate, training, done, rates)

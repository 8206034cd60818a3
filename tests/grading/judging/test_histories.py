"""What the batches of a train are inferred from, where they cannot be seen."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from grading.judging.histories import _OF_LABELLED, _OF_MIXED, _SAMPLES, _W
from grading.judging.samplings import BATCH_SIZES, Sampling
from reference.losses import networks, own, training_loss
from reference.sampling import counts_from_history

# The regularization alone is no loss of samples.
LOSSES = sorted({*own()} - {*networks(), "l2"})


@pytest.mark.parametrize("name", LOSSES)
def test_no_two_batches_have_nearly_the_same_loss(name: str) -> None:
    for classes, nudge, delta in product((2, 3, 4), (0, 2**15, 2**16 - 1), (0.5, 1.0, 2.0)):
        loss = training_loss(name, reg_scale=1.0, delta=delta)
        W = Sampling(4, 6, classes, 1, 0, nudge, 0).training(_SAMPLES, np.zeros(4, np.int64), _W).W
        assert W is not None
        for samples, size in product((_OF_MIXED, _OF_LABELLED), BATCH_SIZES):
            alone = np.array([loss(W, _SAMPLES[[kind]], np.array([y]), 0.0)[0] for kind, y in samples])
            found = counts_from_history(alone, alone, size, 1e-5)
            np.testing.assert_array_equal(found, size * np.eye(len(samples)))

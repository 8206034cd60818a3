"""Judges whether a training drew its rows at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from grading.judging.classifier import Classifier
from grading.judging.failures import WrongSampling
from grading.judging.samplings import Sampling
from grading.words import say
from reference.sampling import batches_p_value, rows_p_value

if TYPE_CHECKING:
    from grading.judging.network import Network

Rows = NDArray[np.int64]

# A random batch is a window of neighbouring rows, or one row repeated, in fewer than one case in 40.
_MOST_REGULAR = 0.5


def require_random(candidate: Classifier | Network, sampling: Sampling, rows: Rows) -> None:
    """Require that a training drew its rows at random; ``rows``, (num_iters, batch_size), are their numbers.

    Raises:
        WrongSampling: these cannot be random rows.
    """
    name, samples = candidate.name, sampling.samples
    in_order = np.sort(rows, axis=1)
    if (in_order == in_order[0]).all():
        raise WrongSampling(
            say("{name} uses the same batch in every step. Each step must draw its own.", name=name),
            expected=say("other rows in each step"),
            got=say("rows {rows} in all {steps} steps", rows=rows[0].tolist(), steps=len(rows)),
        )
    if (in_order[:, 0] == in_order[:, -1]).mean() > _MOST_REGULAR:
        raise WrongSampling(
            say("The batches of {name} are one row each, repeated; a batch is batch_size draws.", name=name),
            expected=say("different rows in a batch"),
            got=say("rows {rows} first", rows=rows[0].tolist()),
        )
    draws = np.bincount(rows.ravel(), minlength=samples)
    never = np.flatnonzero(draws == 0)
    if never.size:
        raise WrongSampling(
            say(
                "In {draws} draws of {name}, {count} of {total} rows of X never came up. Every step must draw "
                "from all rows, anew.",
                draws=rows.size,
                name=name,
                count=never.size,
                total=samples,
            ),
            expected=say("every row at least once"),
            got=say("never row {rows}", rows=", ".join(map(str, never[:8])))
            + (", ..." if never.size > 8 else ""),
        )
    if _windows(in_order, samples).mean() > _MOST_REGULAR:
        raise WrongSampling(
            say("{name} takes the rows of X in their order instead of drawing each at random.", name=name),
            expected=say("random rows"),
            got=say("rows {rows} first, then {next}", rows=rows[0].tolist(), next=rows[1].tolist()),
        )
    _require_likely(candidate, sampling, rows, draws)


def _windows(in_order: Rows, samples: int) -> NDArray[np.bool_]:
    """Which batches consist of neighbouring rows, with the first row next to the last: (num_iters,)."""
    gaps = np.diff(in_order, axis=1, append=in_order[:, :1] + samples)
    windows: NDArray[np.bool_] = (gaps == 1).sum(axis=1) == in_order.shape[1] - 1
    return windows


def _require_likely(candidate: Classifier | Network, sampling: Sampling, rows: Rows, draws: Rows) -> None:
    """Decide the remaining cases by exact tests, which fail a right train no more often than `Sampling.alpha` says."""
    most, samples, size = int(draws.argmax()), sampling.samples, sampling.batch_size
    if rows_p_value(draws, num_iters=len(rows), batch_size=size) < sampling.alpha:
        raise WrongSampling(
            say("{name} draws some rows of X far more often than others.", name=candidate.name),
            expected=say(
                "each row about {times} times in {draws} draws", times=rows.size // samples, draws=rows.size
            ),
            got=say(
                "row {most} {times} times, row {least} {least_times} times",
                most=most,
                times=int(draws[most]),
                least=int(draws.argmin()),
                least_times=int(draws.min()),
            ),
        )
    if _repeats_its_epoch(rows, samples):
        candidate.remark(
            say(
                "{name} shuffles the rows once and then takes the same batches again and again; accepted, though "
                "the assignment asks for new draws in each step.",
                name=candidate.name,
            )
        )
        return
    marked = (rows < samples // 2).sum(axis=1)
    test = batches_p_value(marked, batch_size=size, population=samples, marked=samples // 2)
    if test.p_value < sampling.spread_alpha:
        raise WrongSampling(
            say(
                "The batches of {name} are not random samples: how many rows of each come from the first half of "
                "X is not what chance gives.",
                name=candidate.name,
            ),
            expected=say("batches drawn at random, all rows alike"),
            got=say(
                "rows {rows} first, then {next}; so odd by chance with p = {p:.1e}",
                rows=rows[0].tolist(),
                next=rows[1].tolist(),
                p=test.p_value,
            ),
        )


def _repeats_its_epoch(rows: Rows, samples: int) -> bool:
    """Whether every row comes once in the first N draws, and those draws are then repeated."""
    period = samples // rows.shape[1]
    in_order = np.sort(rows, axis=1)
    once = np.array_equal(np.sort(rows[:period].ravel()), np.arange(samples))
    return once and np.array_equal(in_order[period:], in_order[:-period])

"""Choosing an exam: which of the drawn problems are asked of every hand-in.

    python -m benchmarks.choosing_exam      choose, and write checks/exam.json and checks/exam.bin

Thousands of wrong functions (`benchmarks.wrong_functions`) are called on four times as many problems as the whole exam
has. Of each strategy, the cheapest problems are chosen that each of them fails as often as on all problems, up
to `_TIMES`, and that are special in every respect in which a problem may be special. To these are added, by turns,
problems that are special in two respects at once as no other is, until almost all such pairs occur among the problems
of each loss.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from benchmarks.wrong_functions import SPECIAL, Wrong, double_slips, known, mixed_up, single_slips
from grading.grades.atomic_files import write_atomically
from grading.judging.drawing import CHOICE, ChosenExamples, Drawn
from grading.judging.encoding import decode
from grading.judging.exam import key_of
from grading.judging.promise import promise_of
from grading.judging.properties import Drawing
from grading.judging.screening import Known, Setting
from grading.rubric.reading import load_rubric
from grading.sandbox.client import Sandbox, Worker
from grading.sandbox.limits import Limits
from reference.problem import Problem
from tests.checks.handins import in_batches, submission_of

Bits = NDArray[np.bool_]

_TIMES = 3
_SPECIAL_TIMES = {"problems": 3, "tied_problems": 1, "shifted_problems": 1}
"""How often the chosen problems of a strategy are special in each respect; every loss is asked those of the first."""
_PAIRS = 0.96
"""Of all pairs of respects in which any problem drawn for a loss is special, so many occur among the chosen ones."""
STRATEGIES = tuple(_SPECIAL_TIMES)
_SOLVED = {"mip_rel_gap": 0.002}
_TIMES_OF = {"svm": (1.0, 0.0, 0.05), "softmax": (1.0, 0.1, 0.025)}
"""What a problem takes to ask of both functions of a loss, in units of 60 microseconds: once, for each sample, and for
each score. Measured on the right functions of `benchmarks.handins`."""
_NUMBERS = 200.0
"""To read so many numbers counts as much as to ask one more problem."""
BATCH = 30
_FEW, _MANY = 48, 0.25
"""Of a function that goes wrong on so large a share of so many problems, any choice takes enough of these."""
LIMITS = Limits(call_seconds=1.0)
_CHECKS = {"problems": ("svm", "softmax"), "tied_problems": ("svm",), "shifted_problems": ("softmax",)}
_ARGUMENTS = {"problems": "delta=1.0", "tied_problems": "delta=1.0"}
_OF = {"problems": "value", "tied_problems": "kinks", "shifted_problems": "stability"}


def drawing_of(strategy: str) -> Drawing:
    """The drawing of a strategy of the losses' checks."""
    delta = load_rubric().settings.delta
    return promise_of(_OF[strategy]).drawings[0].with_margin(delta)


def drawn_apart(strategy: str, seed: int) -> Drawn:
    """What there is to choose from, drawn by a process of its own: nothing that is imported here may matter."""
    program = (
        "import sys; from checks import strategies; from grading.judging import drawing; "
        "from grading.judging.encoding import encode; drawing.prepare(); "
        f"[what] = strategies.{strategy}({_ARGUMENTS.get(strategy, '')}).drawings; "
        f"many = drawing.drawn(what, {seed}, drawing.TO_CHOOSE_FROM); "
        "sys.stdout.buffer.write(many.tiny.to_bytes(4, 'big') + encode(many.examples))"
    )
    out = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True).stdout
    return Drawn(decode(out[4:]), int.from_bytes(out[:4], "big"))


@dataclass(frozen=True, eq=False)
class Pool:
    """Problems to choose from, with their true answers for each loss."""

    strategy: str
    problems: tuple[Problem, ...]
    known: Mapping[str, Known]

    @classmethod
    def of(cls, strategy: str, problems: Sequence[Problem]) -> Pool:
        """Work out the truths."""
        settings, tolerance = load_rubric().settings, load_rubric().settings.tolerance
        truths = {}
        for loss in _CHECKS[strategy]:
            setting = Setting(loss, 1.0, settings.delta, settings.seed)
            found = [truth.within(tolerance) for truth in setting.truths(problems)]
            truths[loss] = Known.of(tuple(problems), found)
        return cls(strategy, tuple(problems), truths)

    def failed(self, worker: Worker, name: str, loss: str) -> Bits:
        """(2, K): where a function's loss is wrong, and where its gradient is."""
        known = self.known[loss]
        pairs = worker.call_all(name, known.calls)
        none = np.isin(np.arange(len(known.problems)), list(pairs.others))
        with np.errstate(all="ignore"):
            losses = ~(np.abs(pairs.losses - known.losses) <= known.loss_bounds) | none
            entries = np.abs(pairs.gradients - known.bases) <= known.bounds
            gradients = ~np.logical_and.reduceat(entries, pairs.calls.starts[:-1])
            for k in np.flatnonzero(gradients & ~none):
                if known.truths[k].gradient.ties:
                    gradients[k] = not known.truths[k].gradient.accepts(pairs.gradient(int(k)))
        return np.array([losses, gradients | none])


def rows_of(pool: Pool, wrongs: Sequence[Wrong], sandbox: Sandbox) -> Iterator[Bits]:
    """Which problems each wrong function fails, for its loss and its gradient; not of those that many problems show."""
    few = Pool.of(pool.strategy, pool.problems[:: max(1, len(pool.problems) // _FEW)])
    named = {f"f{k}": wrong for k, wrong in enumerate(wrongs) if wrong.handed.loss in pool.known}
    for batch in in_batches({name: wrong.handed for name, wrong in named.items()}, BATCH):
        submission = submission_of({name: (handed.code, handed.entry) for name, handed in batch.items()})
        with sandbox.start(submission) as worker:
            for name, handed in batch.items():
                shares = few.failed(worker, name, handed.loss).mean(axis=1)
                if shares.any() and ((shares == 0.0) | (shares >= _MANY)).all():
                    continue
                yield from pool.failed(worker, name, handed.loss)


def special_in(pool: Pool) -> Bits:
    """(R, K): in which of the R respects each problem is special."""
    values = []
    for problem in pool.problems:
        W, X, y, reg = problem.W, problem.X, problem.y, problem.reg
        (N, D), C, S = X.shape, W.shape[1], X.dot(W)
        M = S - S[np.arange(N), y][:, None] + 1
        M[np.arange(N), y] = -100
        names = {"W": W, "X": X, "y": y, "reg": reg, "N": N, "D": D, "C": C, "S": S, "M": M, "np": np}
        values.append([bool(eval(code, names)) for code in _COMPILED])
    return np.array(values).T


_COMPILED = [compile(condition, condition, "eval") for condition in SPECIAL]


@dataclass(frozen=True, eq=False)
class Choice:
    """What problems are chosen for, and which have been.

    Attributes:
        cost: (K,) that of each problem, as `cost_of`.
        special: (R, K) in which respects each is special.
        chosen: (K,) which are chosen.
    """

    cost: NDArray[np.float64]
    special: Bits
    chosen: Bits

    @classmethod
    def least(cls, pool: Pool, failed: Sequence[Bits]) -> Choice:
        """The cheapest problems that each row of ``failed`` meets `_TIMES`, and each respect as often as it must be.

        Args:
            pool: what there is to choose from.
            failed: each (K,), which problems a wrong function fails.
        """
        cost = np.array([cost_of(problem, pool.known) for problem in pool.problems])
        special = special_in(pool)
        rows = np.array([*failed, *special], dtype=np.float64)
        times = [_TIMES] * len(failed) + [_SPECIAL_TIMES[pool.strategy]] * len(special)
        enough = LinearConstraint(rows, np.minimum(rows.sum(axis=1), times))
        found = milp(cost, constraints=enough, integrality=1, bounds=Bounds(0, 1), options=_SOLVED)
        return cls(cost, special, found.x > 0.5)

    @property
    def pairs(self) -> Bits:
        """(R, R): of which respects the chosen problems have both at once."""
        of_chosen = self.special[:, self.chosen].astype(np.float64)
        return of_chosen @ of_chosen.T > 0

    def worth(self, missing: Bits) -> NDArray[np.float64]:
        """(K,): how many of the missing pairs each problem has, for what it costs."""
        special = self.special.astype(np.float64)
        return np.asarray(((missing @ special) * special).sum(axis=0) / self.cost)


def add_pairs(choices: Mapping[str, Choice]) -> None:
    """Choose more, until the problems of each loss have almost all pairs of respects that there are."""
    losses = _CHECKS["problems"]
    asked = {loss: [choices[s] for s in STRATEGIES if loss in _CHECKS[s]] for loss in losses}
    there = {
        loss: np.any([choice.special @ choice.special.T for choice in of_loss], axis=0)
        for loss, of_loss in asked.items()
    }
    while True:
        missing = {
            loss: there[loss] & ~np.any([choice.pairs for choice in of_loss], axis=0)
            for loss, of_loss in asked.items()
        }
        wanting = {loss for loss in asked if missing[loss].sum() > (1.0 - _PAIRS) * there[loss].sum()}
        if not wanting:
            return
        worth = {
            strategy: np.sum([choice.worth(missing[loss]) for loss in wanting & {*_CHECKS[strategy]}], axis=0)
            for strategy, choice in choices.items()
            if wanting & {*_CHECKS[strategy]}
        }
        best = max(worth, key=lambda strategy: float(worth[strategy].max()))
        choices[best].chosen[worth[best].argmax()] = True


def cost_of(problem: Problem, losses: Iterable[str]) -> float:
    """What it costs to ask a problem, in time and in what there is to read."""
    N, _, C = problem.sizes
    times = (_TIMES_OF[loss] for loss in losses)
    return (
        sum(once + sample * N + score * N * C for once, sample, score in times) + size_of(problem) / _NUMBERS
    )


def size_of(problem: Problem) -> float:
    """How many numbers a problem has that are not 0, those that are not whole counted twice."""
    arrays = (problem.W, problem.X)
    return float(sum(np.count_nonzero(a) + np.count_nonzero(a % 1.0) for a in arrays) + len(problem.y))


def make() -> None:
    """Choose, and write what is chosen."""
    settings = load_rubric().settings
    wrongs = [
        *known(),
        *single_slips(apart=False),
        *double_slips(settings.seed, 600, apart=False),
        *mixed_up(settings.seed, 800, apart=False),
    ]
    choices, drawn = {}, {}
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox:
        for strategy in STRATEGIES:
            many = drawn[strategy] = drawn_apart(strategy, settings.seed)
            pool = Pool.of(strategy, many.examples)
            choices[strategy] = Choice.least(pool, list(rows_of(pool, wrongs, sandbox)))
    add_pairs(choices)
    selected = {}
    for strategy, choice in choices.items():
        chosen, many = np.flatnonzero(choice.chosen).tolist(), drawn[strategy]
        small = sum(k < many.tiny for k in chosen)
        print(f"{strategy}: {len(chosen)} of {len(many.examples)}, {small} of the {many.tiny} smallest")
        selected[key_of(drawing_of(strategy), settings.seed)] = ChosenExamples(many.digest, chosen)
    write_atomically(CHOICE, msgspec.json.format(msgspec.json.encode(selected), indent=1))
    subprocess.run([sys.executable, "-m", "grading.judging.drawing"], check=True)


if __name__ == "__main__":
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    make()

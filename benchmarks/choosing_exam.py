"""Choosing an exam: which of the drawn problems are asked of every hand-in.

    python -m benchmarks.choosing_exam      choose, and write checks/exam.json and checks/exam.bin

Thousands of wrong functions (`benchmarks.wrong_functions`) are called on four times as many problems as the whole exam
has. Chosen are problems that each of them fails as often as on all problems, up to `_TIMES`, and that are special as
often in all that a problem may be special in; of those that do equally well, small ones. What is then left of a
strategy's share goes to problems that find what few others find.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

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
STRATEGIES = {"problems": 80, "tied_problems": 40, "shifted_problems": 32}
"""How many are chosen of each strategy, at least, the smallest among them."""
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


def special_rows(pool: Pool) -> Iterator[Bits]:
    """Which problems are special, in each respect."""
    values = []
    for problem in pool.problems:
        W, X, y, reg = problem.W, problem.X, problem.y, problem.reg
        (N, D), C, S = X.shape, W.shape[1], X.dot(W)
        M = S - S[np.arange(N), y][:, None] + 1
        M[np.arange(N), y] = -100
        names = {"W": W, "X": X, "y": y, "reg": reg, "N": N, "D": D, "C": C, "S": S, "M": M, "np": np}
        values.append([bool(eval(code, names)) for code in _COMPILED])
    yield from np.array(values).T


_COMPILED = [compile(condition, condition, "eval") for condition in SPECIAL]


def choose(rows: Sequence[Bits], sizes: NDArray[np.float64], share: int) -> list[int]:
    """Numbers of problems by which each row is met as often as by all of them, up to `_TIMES`.

    Args:
        rows: each (K,), where a problem counts.
        sizes: (K,) of the problems; smaller ones are preferred.
        share: how many are chosen at least.
    """
    table = np.unique(np.array([row for row in rows if row.any()]), axis=0)
    rare = 1.0 / table.sum(axis=1)
    needed = np.minimum(table.sum(axis=1), _TIMES)
    # One number of a problem in thirty costs as much as itself.
    cost = 1.0 + sizes / 30.0
    chosen: list[int] = []
    count = np.zeros(len(table))
    open_ = np.ones(table.shape[1], dtype=bool)
    while (count < needed).any() or len(chosen) < min(share, table.shape[1]):
        wanting = (count < needed).astype(float)
        weights = wanting if wanting.any() else rare / (1.0 + count)
        best = int(np.where(open_, weights @ table / cost, -1.0).argmax())
        chosen.append(best)
        open_[best] = False
        count += table[:, best]
    return sorted(chosen)


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
    choices = {}
    with Sandbox.open(LIMITS, allow_unsafe=True) as sandbox:
        for strategy, share in STRATEGIES.items():
            drawing = drawing_of(strategy)
            many = drawn_apart(strategy, settings.seed)
            pool = Pool.of(strategy, many.examples)
            rows = [*rows_of(pool, wrongs, sandbox), *special_rows(pool)]
            chosen = choose(rows, np.array([size_of(p) for p in pool.problems]), share)
            small = sum(k < many.tiny for k in chosen)
            print(f"{strategy}: {len(chosen)} of {len(pool.problems)}, {small} of the {many.tiny} smallest")
            choices[key_of(drawing, settings.seed)] = ChosenExamples(many.digest, chosen)
    write_atomically(CHOICE, msgspec.json.format(msgspec.json.encode(choices), indent=1))
    subprocess.run([sys.executable, "-m", "grading.judging.drawing"], check=True)


if __name__ == "__main__":
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    make()

"""How often processor time, the second witness of `vectorized`, takes a right function for a loop.

    python -m benchmarks.witness
    python -m benchmarks.witness --decisions 10000 --noise 4

Decides on every right vectorized style of the tests, again and again, while ``--noise`` processes keep the machine busy
and write to its caches, and counts the decisions against them: none may be. Then the same on paper, for each style with
the calls that were seen of it: drawn by chance, as they are, and with slow ones a few times as likely. Ends with exit
code 1 if a right function was taken for a loop.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from grading.judging import loop_cost
from grading.judging.handin_randomness import Stream
from grading.judging.loop_cost import LoopCost, seconds_of_a_turn
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from tests.checks.handins import submission_of
from tests.checks.right_softmax import SOFTMAX_STYLES
from tests.checks.right_svm import SVM_STYLES

_STYLES = {"svm": SVM_STYLES, "softmax": SOFTMAX_STYLES}
_EACH = 50  # decisions for one worker
_ON_PAPER = 20_000


def busy() -> None:
    """Use a processor, and caches that others share."""
    array = np.zeros(4 << 20)
    while True:
        array += 1.0


def decided(sandbox: Sandbox, code: str, name: str, count: int) -> list[LoopCost]:
    """That many decisions on one function."""
    found = []
    numbers = Stream(b"witness")
    with sandbox.start(submission_of({name: (code, "loss")})) as worker:
        for _ in range(count):
            cost = LoopCost(worker)
            for size in cost.sizes():
                cost.call(name, numbers.problem(*size))
            found.append(cost)
    return found


def on_paper(
    few: NDArray[np.float64], many: NDArray[np.float64], count: int, tilt: float, random: np.random.Generator
) -> int:
    """How many of ``count`` decisions on drawn calls go against a function; slow ones are ``tilt`` times as likely."""
    turn = seconds_of_a_turn()
    low, high = loop_cost._FEW, loop_cost._MANY
    # Where no call of few samples was needed, a larger one is cheap by itself.
    few, many = np.sort(few) if len(few) else np.zeros(1), np.sort(many)

    def drawn(samples: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
        # Of uniform numbers to the power 1 / tilt, large ones are as much likelier.
        return samples.take((random.random(shape) ** (1.0 / tilt) * len(samples)).astype(int))

    first = drawn(few, (count, loop_cost._TIMES_AT_FIRST)).min(axis=1)
    of_few = np.minimum.accumulate(drawn(few, (count, loop_cost._TIMES * loop_cost._ROWS)), axis=1)
    of_many = np.minimum.accumulate(drawn(many, (count, loop_cost._TIMES * loop_cost._ROWS)), axis=1)
    cost = of_many - np.minimum(of_few, first[:, None])
    against = cost / (high - low) / turn > loop_cost._TURNS_OF_A_LOOP
    return int(against.all(axis=1).sum())


def main() -> None:
    """Print what was decided."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--decisions", type=int, default=2_000, metavar="N", help="on right functions, in all"
    )
    parser.add_argument("--noise", type=int, default=2, metavar="N", help="processes beside")
    options = parser.parse_args()
    noise = [multiprocessing.Process(target=busy, daemon=True) for _ in range(options.noise)]
    for process in noise:
        process.start()
    right = {
        f"{loss}_{name}": code
        for loss, styles in _STYLES.items()
        for name, (code, vectorized) in styles.items()
        if vectorized
    }
    wrong: Counter[str] = Counter()
    calls: Counter[int] = Counter()
    longest: Counter[str] = Counter()
    samples = {name: (list[float](), list[float]()) for name in right}
    highest, done = 0.0, 0
    with Sandbox.open(Limits(), allow_unsafe=True) as sandbox:
        while done < options.decisions:
            for name, code in right.items():
                for cost in decided(sandbox, code, name, _EACH):
                    done += 1
                    wrong[name] += cost.is_a_loops
                    highest = max(highest, cost.turns or 0.0)
                    took = len(cost._seconds[loop_cost._MANY])
                    calls[took] += 1
                    longest[name] = max(longest[name], took)
                    for seen, seconds in zip(samples[name], cost._seconds.values(), strict=True):
                        seen.extend(seconds)
    for process in noise:
        process.terminate()
    print(f"{len(right)} right functions, {done} decisions, against them: {sum(wrong.values())}")
    print(
        f"highest cost of a sample: {highest:.0f} turns of an empty loop (limit {loop_cost._TURNS_OF_A_LOOP:g})"
    )
    print("larger calls that a decision took:", dict(sorted(calls.items())))
    print("most of them for:", ", ".join(f"{name} {count}" for name, count in longest.most_common(5)))
    random = np.random.default_rng(0)
    for tilt in (1.0, 2.0, 4.0, 8.0):
        drawn = [
            on_paper(np.array(few), np.array(many), _ON_PAPER, tilt, random) for few, many in samples.values()
        ]
        print(
            f"on paper, slow calls {tilt:g} times as likely: {sum(drawn)} of {_ON_PAPER * len(right)}, "
            f"most of one style: {max(drawn)}"
        )
    sys.exit(bool(sum(wrong.values())))


if __name__ == "__main__":
    main()

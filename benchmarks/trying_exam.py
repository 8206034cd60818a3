"""Trying the shipped exam on wrong functions that took no part in choosing it.

    python -m benchmarks.trying_exam --count 5000 --seed 7
    python -m benchmarks.trying_exam --count 4000 --seed 5 --respects 2

Each function is called on the chosen problems first, and on the rest of the whole exam if it survives those. Printed
are how many fall to the chosen ones, how many to none at all (many slips change nothing), and every one that is lost:
that falls to the whole exam and not to the chosen problems. Ends with exit code 1 if there is one. With ``--respects``,
the functions are right but where a problem is special in so many respects at once.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from benchmarks.choosing_exam import BATCH, STRATEGIES, Pool, drawing_of
from benchmarks.wrong_functions import Wrong, double_slips, mixed_up, single_slips, specially_wrong
from grading.judging.exam import Part, pool_of
from grading.judging.promise import promise_of
from grading.rubric.reading import load_rubric
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from tests.checks.handins import in_batches, submission_of


def held_out(seed: int, count: int) -> Iterator[Wrong]:
    """Wrong functions of all kinds that no exam has been chosen by."""
    yield from single_slips(apart=True)
    most = count // 4
    yield from double_slips(seed, most, apart=True)
    yield from mixed_up(seed, most, apart=True)
    yield from specially_wrong(seed, most, respects=1)
    yield from double_slips(seed + 1, most, apart=False)


def pools(part: Part) -> list[Pool]:
    """The problems of the exam, or all of its part."""
    settings = load_rubric().settings
    made = []
    for strategy in STRATEGIES:
        drawings = [drawing_of(strategy)]
        if strategy == "problems":
            drawings += promise_of("value").drawings[1:]
        examples = [pool_of(drawing, settings.seed, settings.delta, part).examples for drawing in drawings]
        made.append(Pool.of(strategy, list(chain(*examples))))
    return made


def survivors(wrongs: Sequence[Wrong], pools: Sequence[Pool], sandbox: Sandbox) -> list[Wrong]:
    """Those that fail none of the problems."""
    named = {f"f{k}": wrong for k, wrong in enumerate(wrongs)}
    alive = []
    for batch in in_batches({name: wrong.handed for name, wrong in named.items()}, BATCH):
        submission = submission_of({name: (handed.code, handed.entry) for name, handed in batch.items()})
        with sandbox.start(submission) as worker:
            for name, handed in batch.items():
                asked = (pool for pool in pools if handed.loss in pool.known)
                if not any(pool.failed(worker, name, handed.loss).any() for pool in asked):
                    alive.append(named[name])
    return alive


def main() -> int:
    """Try, and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=5000, help="about so many functions")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--respects", type=int, help="wrong only where so many things come together")
    arguments = parser.parse_args()
    count, seed, respects = arguments.count, arguments.seed, arguments.respects
    wrongs = list(specially_wrong(seed, count, respects=respects) if respects else held_out(seed, count))
    # On a busy machine, too, nothing may seem to fall because an answer was late.
    with Sandbox.open(Limits(), allow_unsafe=True) as sandbox:
        alive = survivors(wrongs, pools("chosen"), sandbox)
        unhurt = {id(wrong) for wrong in survivors(alive, pools("full"), sandbox)}
    lost = [wrong for wrong in alive if id(wrong) not in unhurt]
    asked = Counter({pool.strategy: len(pool.problems) for pool in pools("chosen")})
    print(f"{len(wrongs)} functions; asked: {dict(asked)}")
    print(
        f"{len(wrongs) - len(alive)} fall to the chosen problems, {len(unhurt)} to none, {len(lost)} are lost"
    )
    for wrong in lost:
        print(f"  lost: {wrong.name}")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())

"""Every pattern that meets what students wrote, on texts made to be slow for it.

    python -m benchmarks.patterns
    python -m benchmarks.patterns --fuzzed 100000 --megabytes 1

For each pattern: the longest time on short texts of random pieces, on repeated pieces of a megabyte, and how much
longer that is than half a megabyte takes (2 is linear, 4 quadratic). Where the grader gives a pattern no more than so
many characters, the long texts have as many. Ends with exit code 1 if a pattern takes more than linear time.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Sequence

from tests.hostile.pumping import BOUNDED, ENDS, PIECES, STARTS, TooSlowError, patterns, seconds, texts

_MOST_SECONDS = 20.0
_LONGEST_FUZZED = 12  # pieces
# Above this many seconds for a megabyte it is looked at how that grows.
_NOTICED = 0.5
_MOST_GROWTH = 3.0


def fuzzed(count: int, generator: random.Random) -> list[str]:
    """Texts of a few pieces each, some of them repeated."""
    found = []
    pieces = (*PIECES, *STARTS)
    for _ in range(count):
        chosen = generator.choices(pieces, k=generator.randint(1, _LONGEST_FUZZED))
        found.append(
            "".join(piece * generator.choice((1, 1, 1, 2, 5, 20)) for piece in chosen)
            + generator.choice((*ENDS, ""))
        )
    return found


def slowest(
    name: str, pattern: re.Pattern[str] | re.Pattern[bytes], inputs: Sequence[str]
) -> tuple[float, str]:
    """The longest time of these texts, and which takes it."""
    worst = 0.0, ""
    for text in inputs:
        try:
            taken = seconds(name, pattern, text, _MOST_SECONDS)
        except TooSlowError:
            taken = float("inf")
        worst = max(worst, (taken, text))
    return worst


def main() -> None:
    """Print a table, the slowest first."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--fuzzed", type=int, default=10_000, metavar="N", help="short texts for each pattern"
    )
    parser.add_argument("--megabytes", type=float, default=0.1, metavar="M", help="length of the long texts")
    options = parser.parse_args()
    short = fuzzed(options.fuzzed, random.Random(0))
    rows = []
    for name, pattern in patterns():
        length = min(int(options.megabytes * 1e6), BOUNDED.get(name.partition(":")[0], 1 << 30))
        of_short, _ = slowest(name, pattern, short)
        of_long, text = slowest(name, pattern, list(texts(length)))
        growth = 0.0
        if of_long > _NOTICED * max(options.megabytes, 0.1):
            half = text[: len(text) // 2] + text[-1]
            growth = of_long / max(slowest(name, pattern, [half])[0], 1e-9)
        rows.append((of_long, of_short, growth, name, text[:20]))
        print(f"{name}: {of_short * 1e3:.2f} ms, {of_long:.3f} s", flush=True)
    print(f"\n{'longest, long':>14} {'longest, short':>14} {'growth':>7}  pattern")
    for of_long, of_short, growth, name, text in sorted(rows, reverse=True):
        print(f"{of_long * 1e3:11.1f} ms {of_short * 1e3:11.3f} ms {growth or '':7.3}  {name}  {text!r}")
    sys.exit(any(growth > _MOST_GROWTH or of_long == float("inf") for of_long, _, growth, *_ in rows))


if __name__ == "__main__":
    main()

"""The exam: the examples that every hand-in is tested on, drawn once by Hypothesis and then stored.

The exam for the shipped rubric's seed and margin is a file of this package. Grades depend on its bytes, not on what
some version of Hypothesis draws. For other seeds, it is drawn when first needed and stored in the user's cache.

Hundreds of random examples expose most mistakes. A selection of the shipped examples exposes thousands of wrong
functions as reliably as all of them; only the selection is asked, unless a rubric wants them all.

    python -m grading.judging.drawing       redraws the file
    python -m benchmarks.choosing_exam      makes a new selection, which takes a minute or two
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import msgspec

from grading import HOME, PROGRAM, SUITE
from grading.grades.atomic_files import user_cache, write_atomically
from grading.intake.parsing import parsing_alone
from grading.judging.encoding import EncodingError, decode
from grading.judging.promise import promises
from grading.judging.properties import Drawing

SHIPPED = SUITE / "checks" / "exam.bin"
_DIGEST = 32
_ALIKE = 4  # examples of a hand-in that are derived from the same one
_KEPT = 16  # sets of examples, for the other functions of the same hand-in

Part = Literal["chosen", "full", "rest"]
"""A part of an exam: what everybody is asked, all of it, or those of the smallest that not everybody is asked."""


class ExamError(Exception):
    """Bytes that are not an exam; the message is one line."""


class KeptPool(msgspec.Struct, array_like=True):
    """The stored examples of one drawing, each part as `encode` makes it.

    Attributes:
        source: hash of the strategy's source; examples of another one are ignored.
        tiny, drawn: the examples that are asked: the smallest, and the others.
        more_tiny, more_drawn: those not chosen. ``tiny`` and ``more_tiny`` are the complete set of the smallest.
    """

    source: str
    tiny: bytes
    drawn: bytes
    more_tiny: bytes
    more_drawn: bytes

    def part(self, part: Part) -> Pool:
        """Decode the examples of a part of the exam.

        Raises:
            EncodingError: they are damaged.
        """
        tiny = self.more_tiny if part == "rest" else self.tiny
        drawn = b"" if part == "rest" else self.drawn
        examples, others = decode(tiny), decode(drawn) if drawn else ()
        if part == "full":
            examples, others = (*examples, *decode(self.more_tiny)), (*others, *decode(self.more_drawn))
        return Pool((*examples, *others), len(examples))


class Pool(msgspec.Struct, frozen=True):
    """Examples of one drawing; the first ``tiny`` of them belong to the complete set of the smallest."""

    examples: tuple[Any, ...]
    tiny: int


class Exams:
    """The stored examples: for the shipped seed in a file, for others in the user's cache.

    Args:
        shipped: the file.
    """

    def __init__(self, shipped: Path = SHIPPED) -> None:
        self._file = shipped
        self._cached: dict[tuple[int, float], dict[str, KeptPool]] = {}

    def pool_of(self, drawing: Drawing, seed: int, delta: float, part: Part = "chosen") -> Pool:
        """Look up the examples of a drawing for a seed and a margin."""
        drawing = drawing.with_margin(delta)
        key = key_of(drawing, seed)
        for exam in self._exams(seed, delta):
            kept = exam.get(key)
            if kept is not None and kept.source == drawing.definition.source:
                try:
                    return kept.part(part)
                except EncodingError as error:
                    _warn(f"{key} in an exam of this seed is damaged, and drawn anew: {error}")
        # No check has this strategy: nobody has drawn from it before.
        from grading.judging.drawing import draw

        with parsing_alone():
            return draw(drawing, seed).part(part)

    @cached_property
    def _shipped(self) -> dict[str, KeptPool]:
        try:
            return read(self._file)
        except ExamError as error:
            _warn(str(error))
        except OSError as error:
            _warn(f"{self._file}: {error.strerror}; its cases are drawn anew")
        return {}

    def _exams(self, seed: int, delta: float) -> Iterator[dict[str, KeptPool]]:
        """Yield the exams to look in, lazily."""
        yield self._shipped
        if (seed, delta) not in self._cached:
            self._cached[seed, delta] = _kept_or_drawn(seed, delta)
        yield self._cached[seed, delta]


pool_of = cache(Exams().pool_of)


@lru_cache(maxsize=_KEPT)
def own_examples(
    drawing: Drawing, digest: bytes, seed: int, delta: float, count: int | None = None
) -> tuple[Any, ...]:
    """A hand-in's own examples: nobody can write down answers to examples that depend on what he writes.

    Args:
        drawing: the kind of example.
        digest: the hash of the hand-in.
        seed, delta: those of the exam whose examples they are derived from.
        count: how many; by default, as many as the strategy says.
    """
    definition = drawing.definition
    pool = pool_of(drawing, seed, delta)
    drawn = pool.examples[pool.tiny :]
    count = definition.own if count is None else count
    if definition.varied is None or not drawn:
        return ()
    drawing = drawing.with_margin(delta)
    numbers = Random(int.from_bytes(hashlib.sha256(f"{drawing} {seed}".encode() + digest).digest(), "big"))
    # Only `random` and `getrandbits` of `Random` are the same in every version of Python. Several examples have equal
    # sizes, since their truths are worked out together.
    bases = [drawn[int(numbers.random() * len(drawn))] for _ in range(-(-count // _ALIKE))]
    return tuple(drawing.varied(numbers, bases[k // _ALIKE]) for k in range(count))


def key_of(drawing: Drawing, seed: int) -> str:
    """The key under which the examples of a drawing are stored."""
    return f"{drawing} seed={seed}"


def all_drawings(delta: float) -> dict[str, Drawing]:
    """Every drawing of the checks, by its text."""
    drawings = (d.with_margin(delta) for promise in promises().values() for d in promise.drawings)
    return {str(drawing): drawing for drawing in drawings}


def packed(pools: Mapping[str, KeptPool]) -> bytes:
    """Encode an exam as the bytes of a file."""
    body = zlib.compress(msgspec.msgpack.encode(dict(pools)), 9)
    return hashlib.sha256(body).digest() + body


def read(path: Path) -> dict[str, KeptPool]:
    """Read the exam in a file.

    Raises:
        ExamError: there is none.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    body = data[_DIGEST:]
    if hashlib.sha256(body).digest() != data[:_DIGEST]:
        raise ExamError(f"{path}: damaged, or no exam; its cases are drawn anew")
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=dict[str, KeptPool])
    except (zlib.error, msgspec.DecodeError) as error:
        raise ExamError(f"{path}: no exam of this version ({error}); its cases are drawn anew") from None


def _kept_or_drawn(seed: int, delta: float) -> dict[str, KeptPool]:
    """An exam that is not shipped: from the user's cache, or drawn now and stored there if possible."""
    file = _cache_file(seed, delta)
    try:
        return read(file)
    except ExamError as error:
        _warn(str(error))
    except OSError:
        pass  # never drawn before
    # In a separate process: what Hypothesis draws must not depend on what this one has imported or drawn.
    ours = f"import sys; sys.path.append({str(HOME)!r})"
    program = f"{ours}; from {__package__}.drawing import write; write({seed}, {delta!r})"
    drawn = subprocess.run([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, check=True).stdout
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, drawn)
    except OSError:
        pass  # it will be drawn again: a cache that cannot be written costs only time
    return msgspec.msgpack.decode(zlib.decompress(drawn[_DIGEST:]), type=dict[str, KeptPool])


def _cache_file(seed: int, delta: float) -> Path:
    from importlib import metadata

    sources = sorted(f"{text} {drawing.definition.source}" for text, drawing in all_drawings(delta).items())
    versions = metadata.version("hypothesis"), sys.version_info[:2]
    key = hashlib.sha256(repr((seed, delta, versions, sources)).encode()).hexdigest()[:32]
    return user_cache() / f"exam-{key}.bin"


def _warn(sentence: str) -> None:
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)

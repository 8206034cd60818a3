"""The exam: the examples that every hand-in is asked, drawn by Hypothesis once and then kept.

Those of the shipped rubric's seed and margin are a file of this package. A grade depends on its bytes, not on what some
version of Hypothesis draws. For other seeds they are drawn when they are first needed and kept in the user's cache.

Most mistakes are exposed by hundreds of random examples. Of the shipped ones, a selection exposes thousands of wrong
functions as reliably as all of them; only these are asked, unless a rubric wants them all.

    python -m grading.judging.drawing       redraws the file
    python -m benchmarks.choosing_exam      makes a new selection, which takes half an hour
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
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
_ALIKE = 8  # examples of a hand-in that are made of the same one

Part = Literal["chosen", "full", "rest"]
"""Of an exam: what is asked of everybody, all of it, or all of the smallest that are not asked of everybody."""


class ExamError(Exception):
    """Bytes that are no exam; the message is one line."""


class KeptPool(msgspec.Struct, array_like=True):
    """The examples of one drawing, as they are kept: each part as `encode` makes it.

    Attributes:
        source: of the strategy; examples of another one are not taken.
        tiny, drawn: those that are asked: of the smallest, and the others.
        more_tiny, more_drawn: what was not chosen. ``tiny`` and ``more_tiny`` are all of the smallest that there are.
    """

    source: str
    tiny: bytes
    drawn: bytes
    more_tiny: bytes
    more_drawn: bytes

    def part(self, part: Part) -> Pool:
        """The examples of a part of the exam.

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
    """Some examples of one drawing; the first ``tiny`` of them are among all of the smallest that there are."""

    examples: tuple[Any, ...]
    tiny: int


class Exams:
    """The examples that are kept: of the shipped seed in a file, of others in the user's cache.

    Args:
        shipped: the file.
    """

    def __init__(self, shipped: Path = SHIPPED) -> None:
        self._file = shipped
        self._cached: dict[tuple[int, float], dict[str, KeptPool]] = {}

    def pool_of(self, drawing: Drawing, seed: int, delta: float, part: Part = "chosen") -> Pool:
        """The examples of a drawing for a seed and a margin."""
        drawing = drawing.with_margin(delta)
        key = key_of(drawing, seed)
        for exam in self._exams(seed, delta):
            kept = exam.get(key)
            if kept is not None and kept.source == drawing.definition.source:
                try:
                    return kept.part(part)
                except EncodingError as error:
                    _warn(f"{key} in an exam of this seed is damaged, and drawn anew: {error}")
        # The strategy of no check: nobody has drawn from it before.
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
        """Where to look, as far as one looks."""
        yield self._shipped
        if (seed, delta) not in self._cached:
            self._cached[seed, delta] = _kept_or_drawn(seed, delta)
        yield self._cached[seed, delta]


pool_of = cache(Exams().pool_of)


def own_examples(
    drawing: Drawing, digest: bytes, seed: int, delta: float, count: int | None = None
) -> tuple[Any, ...]:
    """Examples that a hand-in has for itself: nobody can write down the answers to what depends on what he writes.

    Args:
        drawing: what they are like.
        digest: of the hand-in.
        seed, delta: of the exam whose examples they are made of.
        count: how many, by default as many as the strategy says.
    """
    definition = drawing.definition
    pool = pool_of(drawing, seed, delta)
    drawn = pool.examples[pool.tiny :]
    count = definition.own if count is None else count
    if definition.varied is None or not drawn:
        return ()
    drawing = drawing.with_margin(delta)
    numbers = Random(int.from_bytes(hashlib.sha256(f"{drawing} {seed}".encode() + digest).digest(), "big"))
    # Of `Random`, only `random` and `getrandbits` give the same in every version of Python. Several are of the same
    # sizes, since the truths of those are worked out together.
    bases = [drawn[int(numbers.random() * len(drawn))] for _ in range(-(-count // _ALIKE))]
    return tuple(drawing.varied(numbers, bases[k // _ALIKE]) for k in range(count))


def key_of(drawing: Drawing, seed: int) -> str:
    """What the examples of a drawing are kept under."""
    return f"{drawing} seed={seed}"


def all_drawings(delta: float) -> dict[str, Drawing]:
    """What the checks draw, by what is written of it."""
    drawings = (d.with_margin(delta) for promise in promises().values() for d in promise.drawings)
    return {str(drawing): drawing for drawing in drawings}


def packed(pools: Mapping[str, KeptPool]) -> bytes:
    """An exam as the bytes of a file."""
    body = zlib.compress(msgspec.msgpack.encode(dict(pools)), 9)
    return hashlib.sha256(body).digest() + body


def read(path: Path) -> dict[str, KeptPool]:
    """The exam in a file.

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
    """What is not shipped: from the user's cache, or drawn now, and kept there if that can be."""
    file = _cache_file(seed, delta)
    try:
        return read(file)
    except ExamError as error:
        _warn(str(error))
    except OSError:
        pass  # never drawn before
    # In a process of its own: what Hypothesis draws must depend on nothing that has been imported or drawn in this one.
    ours = f"import sys; sys.path.append({str(HOME)!r})"
    program = f"{ours}; from {__package__}.drawing import write; write({seed}, {delta!r})"
    drawn = subprocess.run([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, check=True).stdout
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, drawn)
    except OSError:
        pass  # it will be drawn again: a cache that cannot be written costs time and nothing else
    return msgspec.msgpack.decode(zlib.decompress(drawn[_DIGEST:]), type=dict[str, KeptPool])


def _cache_file(seed: int, delta: float) -> Path:
    from importlib import metadata

    sources = sorted(f"{text} {drawing.definition.source}" for text, drawing in all_drawings(delta).items())
    versions = metadata.version("hypothesis"), sys.version_info[:2]
    key = hashlib.sha256(repr((seed, delta, versions, sources)).encode()).hexdigest()[:32]
    return user_cache() / f"exam-{key}.bin"


def _warn(sentence: str) -> None:
    print(f"{PROGRAM}: {sentence}", file=sys.stderr)

"""The kept exam: what Hypothesis draws is what is shipped, and what is damaged is said and drawn anew."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from checks.strategies import has_ties
from grading.judging import exam
from grading.judging.drawing import TO_CHOOSE_FROM, ChosenExamples, draw_and_choose, drawn
from grading.judging.exam import SHIPPED, Exams, all_drawings, key_of, pool_of, read
from grading.judging.promise import promise_of
from grading.rubric.reading import load_rubric
from reference.problem import Problem

ROOT = Path(__file__).resolve().parents[3]
SEED = load_rubric().settings.seed


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the user that holds nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "subgrader"


def test_what_was_chosen_of_other_examples_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    drawing = promise_of("kinks").drawings[0].with_margin(1.0)
    key = key_of(drawing, SEED)
    few = replace(drawing, definition=replace(drawing.definition, examples=3))
    kept = draw_and_choose(few, SEED, {key: ChosenExamples("of others", [0, 1])})
    assert len(kept.part("chosen").examples) == kept.part("chosen").tiny + 3
    assert not kept.part("rest").examples
    assert capsys.readouterr().err.count("\n") == 1


def test_the_parts_of_an_exam_are_what_was_chosen_the_smallest_that_were_not_and_all() -> None:
    drawing = promise_of("kinks").drawings[0].with_margin(1.0)
    few = replace(drawing, definition=replace(drawing.definition, examples=3))
    key = key_of(drawing, SEED)
    many = drawn(few, SEED, TO_CHOOSE_FROM)
    last = len(many.examples) - 1
    kept = draw_and_choose(few, SEED, {key: ChosenExamples(many.digest, [1, many.tiny, last])})
    assert_same(
        kept.part("chosen").examples, (many.examples[1], many.examples[many.tiny], many.examples[last])
    )
    assert len(kept.part("rest").examples) == kept.part("rest").tiny == many.tiny - 1
    # Those that an exam would have had, and the one that was drawn to choose from.
    assert len(kept.part("full").examples) == many.tiny + 3 + 1
    assert kept.part("full").tiny == many.tiny


def test_every_check_finds_its_examples_in_the_shipped_exam() -> None:
    kept = read(SHIPPED)
    for drawing in all_drawings(1.0).values():
        assert kept[key_of(drawing, SEED)].source == drawing.definition.source


@pytest.mark.parametrize("check", ["value", "kinks", "stability"])
def test_of_the_shipped_exam_some_are_chosen(check: str) -> None:
    drawing = promise_of(check).drawings[0]
    chosen, full, rest = (pool_of(drawing, SEED, 1.0, part) for part in ("chosen", "full", "rest"))
    assert 3 * len(chosen.examples) < 2 * len(full.examples)
    assert chosen.tiny + rest.tiny == full.tiny


def test_grading_with_the_shipped_exam_does_not_import_hypothesis() -> None:
    program = (
        "import sys; from grading.rubric.reading import load_rubric; from grading.running.preparation import prepare; "
        "from grading.running.from_rubric import standard_of; prepare(standard_of(load_rubric())); "
        "assert 'hypothesis' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_a_shipped_exam_that_is_damaged_is_said_in_one_line_and_drawn_anew_to_the_byte(
    cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """If this fails, a strategy or Hypothesis has changed: `python -m grading.judging.drawing` draws it anew."""
    (drawing,) = promise_of("symmetry").drawings
    damaged = cache.parent / "exam.bin"
    right = pool_of(drawing, SEED, 1.0).examples
    for content in (b"", b"no exam at all" * 9, None):
        damaged.unlink(missing_ok=True)
        if content is not None:
            damaged.write_bytes(content)
        assert_same(Exams(damaged).pool_of(drawing, SEED, 1.0).examples, right)
        assert capfd.readouterr().err.count("\n") == 1, content
    (drawn,) = cache.glob("exam-*")
    assert drawn.read_bytes() == SHIPPED.read_bytes(), "what is shipped is what Hypothesis draws"


def test_another_seed_is_drawn_once_and_kept_also_in_the_place_of_what_is_damaged(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (drawing,) = promise_of("symmetry").drawings
    damaged = exam._cache_file(5, 1.0)
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no exam at all" * 9)
    first = Exams().pool_of(drawing, 5, 1.0).examples
    assert capfd.readouterr().err.count("\n") == 1
    (kept,) = cache.glob("exam-*")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")  # nothing could be drawn now
    assert_same(Exams().pool_of(drawing, 5, 1.0).examples, first)
    assert kept.stat().st_size > 1000


def assert_same(some: tuple[Problem, ...], others: tuple[Problem, ...]) -> None:
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        assert np.array_equal(one.W, other.W)
        assert np.array_equal(one.X, other.X)
        assert np.array_equal(one.y, other.y)
        assert one.reg == other.reg


def test_only_tied_problems_have_a_margin_of_exactly_0() -> None:
    (tied,) = promise_of("kinks").drawings
    assert all(has_ties(problem, 1.0) for problem in pool_of(tied, SEED, 1.0).examples)
    small = promise_of("value").drawings[0]
    assert not any(has_ties(problem, 1.0) for problem in pool_of(small, SEED, 1.0).examples)


DRAWN = """
import sys; sys.path.append({root!r})
from grading.judging.drawing import write
from hypothesis.internal.conjecture.providers import _get_local_constants
write(5, 1.0)
print(len(_get_local_constants()), file=sys.stderr)
"""


def test_what_is_drawn_does_not_depend_on_numbers_in_our_code() -> None:
    program = DRAWN.format(root=str(ROOT))
    drawn = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, check=True)
    assert len(drawn.stdout) > 1000
    assert drawn.stderr.split()[-1] == b"0"

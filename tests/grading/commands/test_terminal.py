"""The last lines that a person at the terminal sees."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from grading.commands.arguments import USUAL_FORMATS
from grading.commands.terminal import Terminal, progress_facts
from tests.grading.reports.grades import FUNCTIONS, a_class, a_grade


@pytest.mark.parametrize(
    ("formats", "named"),
    [
        (USUAL_FORMATS, "out/<name>/report.html, out/index.html"),
        (("json", "md", "csv"), "out/<name>/report.json, out/gradebook.json"),
        (("gradescope",), "out/<name>/results.json, out/gradescope.csv"),
        (("junit",), "out/<name>/junit.xml"),
        (("canvas",), "out/canvas.csv"),
    ],
)
def test_the_last_lines_name_what_to_open_and_count_the_hand_ins(
    formats: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Terminal(3).summary(a_class(3), FUNCTIONS, Path("out"), formats)
    lines = capsys.readouterr().out.splitlines()
    assert f"Reports: {named}" in lines
    assert lines[-1].startswith("2 graded (1 with failures), 1 not graded, in ")


def test_beside_the_bar_stands_how_many_failed_how_fast_it_goes_and_how_long_it_takes() -> None:
    assert progress_facts(3, 1, 4.2, 190) == "3 with failures, 1 not graded, 4.2 a second, 0:03:10 left"


def test_the_table_at_the_end_repeats_no_line_that_was_printed(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(3)
    known, new, *_ = grades = a_class(3)
    terminal.graded(known, unchanged=True)
    terminal.graded(new)
    terminal.summary(grades, FUNCTIONS, Path("out"), USUAL_FORMATS)
    output = capsys.readouterr().out
    counted = [output.count(grade.submission.name) for grade in (known, new)]
    assert counted == [1, 1]


def test_a_line_is_broken_between_words_and_keeps_its_distance_from_the_margin() -> None:
    terminal = Terminal(1)
    output = io.StringIO()
    terminal.console = Console(file=output, highlight=False, width=40, force_terminal=True, color_system=None)
    terminal.graded(a_grade("ada", reason="it holds nothing that could be graded by anybody"))
    first, *more = output.getvalue().rstrip().split("\n")
    assert first.startswith("not graded  ada: it holds nothing that")
    assert [line.rstrip() for line in more] == ["            could be graded by anybody"]

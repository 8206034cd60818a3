"""``feedback/<notebook>.html``: the student's notebook as Jupyter shows it, with the feedback below each function.

nbconvert's output is made harmless where it is produced (`grading.intake.rendered_cells`), and the page's policy lets
none of it run or load anything. ``source.html`` takes a tenth of the time and shows Markdown as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from grading.grades.grade import Grade
from grading.intake.ipynb import OURS
from grading.intake.reader import Reader, ReadingError
from grading.intake.submission import Handin, IntakeError
from grading.reports.notebook_report import names_for
from grading.reports.pages import page
from grading.reports.sources import Commented, Feedback
from grading.reports.text import points, shown, visible

if TYPE_CHECKING:
    from markupsafe import Markup


class RenderedCell(msgspec.Struct, frozen=True):
    """A cell as Jupyter shows it, and the feedback on functions that end there.

    Attributes:
        number: counts all cells from 1.
        kind: "code", "markdown" or "raw".
        html: its content, made harmless.
        feedback: the feedback on the functions in it, from the top.
    """

    number: int
    kind: str
    html: Markup
    feedback: list[Feedback] = []


class NotebookPage:
    """Writes each notebook as a page of its own."""

    def render(
        self, grade: Grade, sources: Sequence[Commented], handin: Handin, reader: Reader
    ) -> Iterator[tuple[str, bytes]]:
        """The pages, by their names in the submission's folder; ``reader`` renders the cells. None for packages."""
        grade = shown(grade)
        for source, name in zip(sources, names_for(sources), strict=True):
            if not source.is_notebook:
                continue
            cells: list[RenderedCell] = []
            refused = ""
            try:
                cells = _cells(source, handin, reader)
            except (IntakeError, ReadingError) as error:
                refused = visible(str(error))
            yield (
                f"feedback/{name}.html",
                page(
                    "notebook.html",
                    "student.js",
                    ("common.css", "notebook.css", "colours.css", "feedback.css"),
                    pictures=True,
                    grade=grade,
                    points=points,
                    name=visible(source.file.name),
                    cells=cells,
                    refused=refused,
                ),
            )


def _cells(source: Commented, handin: Handin, reader: Reader) -> list[RenderedCell]:
    from markupsafe import Markup

    return [
        RenderedCell(number, kind, Markup(html), [each for each in source.feedback if each.cell == number])
        for number, (kind, html) in enumerate(reader.rendered(handin, source.file.data), start=1)
        if kind != OURS
    ]

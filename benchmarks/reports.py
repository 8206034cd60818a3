"""What it costs to write the reports of one submission, form by form, and the page of a class.

    python -m benchmarks.reports
    python -m benchmarks.reports --submissions path/to/class --rounds 50

Grades the submissions once, then writes every form of each again and again. Times are those of the processor; the
last column sets them against the JSON form in the same run, which is what to compare between machines. "pictures" is
the part of the page that draws. The last two lines say why other libraries do not: a loss curve by matplotlib, a
notebook by nbconvert.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from grading.grades.grade import Grade
from grading.intake.find import survey
from grading.intake.submission import Handin
from grading.reports import WRITERS, ClassWriter, write_reports
from grading.reports.class_page import ClassPage
from grading.reports.notebook_report import NotebookReport
from grading.reports.pictures import _png, training
from grading.reports.source_page import SourcePage
from grading.reports.sources import Commented, commented
from grading.rubric.reading import load_rubric
from grading.running.run import grade_all
from grading.running.setup import RunSetup
from grading.running.work import Work

ROOT = Path(__file__).resolve().parent.parent
CLASS = 1000


def graded(paths: Sequence[Path]) -> list[tuple[Handin, Grade]]:
    """The hand-ins that could be graded, with their grades."""
    handins = {handin.name: handin for handin in survey(paths).handins}
    with Work(RunSetup(load_rubric())) as work:
        outcomes = grade_all(list(handins.values()), work, jobs=2)
        grades = sorted((outcome.grade for outcome in outcomes), key=lambda grade: grade.submission.name)
    return [(handins[grade.submission.name], grade) for grade in grades if grade.state == "graded"]


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Processor seconds that ``work`` takes, on average, once everything it imports is there."""
    work()
    begin = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - begin) / rounds


def draw_anew(grades: Sequence[Grade]) -> None:
    """Draw the pictures of each page without those that other pages of the class have, too."""
    for grade in grades:
        _png.cache_clear()
        for facts in grade.trainings:
            training(facts)


def by_matplotlib(grade: Grade) -> None:
    """A loss curve over its band, as matplotlib draws it."""
    from matplotlib.figure import Figure

    axes = (figure := Figure(figsize=(5, 3))).subplots()
    facts = grade.trainings[0]
    axes.fill_between(facts.reference.band.steps, facts.reference.band.lower, facts.reference.band.upper)
    for run in facts.runs:
        if run.history is not None:
            axes.plot(run.history.steps, [loss or float("nan") for loss in run.history.losses])
    figure.savefig(io.BytesIO(), format="svg")


def by_nbconvert(handin: Handin) -> None:
    """The notebook as HTML, as nbconvert writes it."""
    import nbformat
    from nbconvert.exporters.html import HTMLExporter

    HTMLExporter(template_name="basic").from_notebook_node(nbformat.read(handin.path, 4))


def show(name: str, each: float, base: float) -> None:
    """One line of the table."""
    print(f"{name:<28}{1000 * each:>9.2f} ms{each / base:>9.1f}x", flush=True)


def main() -> None:
    """Grade, write, print."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    command.add_argument("--submissions", type=Path, default=ROOT / "submissions")
    command.add_argument("--rounds", type=int, default=20)
    options = command.parse_args()
    pairs = graded([options.submissions])
    grades = [grade for _, grade in pairs]
    sources: list[tuple[Grade, list[Commented]]] = [
        (grade, commented(handin, grade)) for handin, grade in pairs
    ]

    def each(work: Callable[[], object]) -> float:
        return seconds(work, options.rounds) / len(pairs)

    base = each(lambda: [WRITERS["json"].render(grade) for grade in grades])
    for name, writer in WRITERS.items():
        show(name, each(lambda w=writer: [w.render(grade) for grade in grades]), base)  # type: ignore[misc]
    bare = [msgspec.structs.replace(grade, trainings=[]) for grade in grades]
    show("html without pictures", each(lambda: [WRITERS["html"].render(grade) for grade in bare]), base)
    show("pictures", each(lambda: draw_anew(grades)), base)
    show("source page", each(lambda: [SourcePage().render(*pair) for pair in sources]), base)
    show(
        "notebook with feedback",
        each(lambda: [list(NotebookReport().render(*pair)) for pair in sources]),
        base,
    )
    with tempfile.TemporaryDirectory() as folder:
        out, forms = Path(folder), [*WRITERS, "notebook"]

        def all_forms() -> None:
            for handin, grade in pairs:
                write_reports(grade, out / str(time.monotonic_ns()), forms, handin)

        show("all of it, into new files", each(all_forms), base)
    page: ClassWriter = ClassPage()
    functions = list(load_rubric().settings.functions)
    many = [grades[k % len(grades)] for k in range(CLASS)]
    many = [
        msgspec.structs.replace(
            grade, submission=msgspec.structs.replace(grade.submission, name=f"student{k:04d}")
        )
        for k, grade in enumerate(many)
    ]
    show(f"page of a class of {CLASS}", seconds(lambda: page.render(many, functions), 3), base)
    trained = [grade for grade in grades if grade.trainings]
    notebooks = [handin for handin, _ in pairs if handin.path.suffix == ".ipynb"]
    if trained:
        show("one curve by matplotlib", seconds(lambda: by_matplotlib(trained[0]), 5), base)
    if notebooks:
        show("one notebook by nbconvert", seconds(lambda: by_nbconvert(notebooks[0]), 5), base)


if __name__ == "__main__":
    main()

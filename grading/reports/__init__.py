"""Reports: one `Grade`, many forms.

A new form is one module here with a `Writer` and one entry in `WRITERS`, or, if it is about all hand-ins together, with
a `ClassWriter` and one entry in `CLASS_WRITERS`. Imported by code that shows or passes on a grade; imports `grades`,
but no code that makes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from grading.grades.atomic_files import write_atomically
from grading.grades.grade import Grade
from grading.grades.roster import Matches
from grading.intake.reader import Reader
from grading.intake.submission import Handin
from grading.reports.anonymous import anonymous
from grading.reports.class_page import ClassPage
from grading.reports.github import GitHubAnnotations, GitHubClassroom, GitHubOutputs, GitHubSummary
from grading.reports.gradebook import CanvasCsv, ForPlatform, GradebookCsv, GradescopeCsv, MoodleCsv
from grading.reports.gradebook_json import GradebookJson
from grading.reports.gradescope import GradescopeReport
from grading.reports.hidden import for_students, from_here, released
from grading.reports.html_report import HtmlReport
from grading.reports.json_report import JsonReport
from grading.reports.junit import JUnitReport
from grading.reports.markdown_report import MarkdownReport
from grading.reports.notebook_page import NotebookPage
from grading.reports.notebook_report import NotebookReport
from grading.reports.pages import environment
from grading.reports.source_page import SourcePage
from grading.reports.sources import commented
from grading.words import speaking, spoken


class Writer(Protocol):
    """A form that a grade can be written in.

    Attributes:
        file_name: the name of the file.
        takes_hidden: whether it gets hidden checks before their release, and keeps them from students itself.
            Others get what students may read (`grading.reports.hidden`).
    """

    file_name: str
    takes_hidden: bool

    def render(self, grade: Grade) -> bytes:
        """The whole file."""
        ...


class ClassWriter(Protocol):
    """A form that the grades of a class can be written in; ``takes_hidden`` if it is for instructors only."""

    file_name: str
    takes_hidden: bool

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The whole file. ``functions`` are the required ones, in the rubric's order; the grades may be in any."""
        ...


WRITERS: dict[str, Writer] = {
    "json": JsonReport(),
    "md": MarkdownReport(),
    "html": HtmlReport(),
    "gradescope": GradescopeReport(),
    "junit": JUnitReport(),
}

CLASS_WRITERS: dict[str, Sequence[ClassWriter]] = {
    "csv": (GradebookCsv(),),
    "json": (GradebookJson(),),
    "html": (ClassPage(),),
    "github": (GitHubSummary(), GitHubAnnotations(), GitHubClassroom(), GitHubOutputs()),
    "gradescope": (GradescopeCsv(),),
    "canvas": (CanvasCsv(),),
    "moodle": (MoodleCsv(),),
}


def write_reports(
    grade: Grade,
    out: Path,
    formats: Iterable[str],
    handin: Handin | None = None,
    *,
    release: bool = False,
    reader: Reader | None = None,
    source_page: bool = False,
) -> Path:
    """Write a grade's reports into ``out/<name>/`` and return that folder; hidden checks only with ``release``.

    Those that show the student's own files are written if ``handin`` says where these are; ``reader`` reads
    them, by default this process. Otherwise, ``source_page`` says that their page exists already.

    Raises:
        OSError: the folder cannot be written.
    """
    grade, formats = from_here(grade), list(formats)
    folder = out / grade.submission.name
    folder.mkdir(parents=True, exist_ok=True)
    seen = released(grade) if release else for_students(grade)
    sources = (
        commented(handin, seen, reader)
        if handin and {"html", "notebook", "notebook-html"} & {*formats}
        else []
    )
    linked = HtmlReport(SourcePage.file_name)
    with speaking(grade.suite.language):
        for name in formats:
            if name in WRITERS:
                writer = linked if name == "html" and (sources or source_page) else WRITERS[name]
                whole = writer.takes_hidden and not release
                write_atomically(folder / writer.file_name, writer.render(grade if whole else seen))
        if sources and "html" in formats:
            write_atomically(folder / SourcePage.file_name, SourcePage().render(seen, sources))
        notebooks: list[Iterator[tuple[str, bytes]]] = []
        if handin and "notebook" in formats:
            notebooks.append(NotebookReport().render(seen, sources))
        if handin and "notebook-html" in formats:
            reader = reader or Reader(apart=False)
            notebooks.append(NotebookPage().render(seen, sources, handin, reader))
        for file_name, content in chain.from_iterable(notebooks):
            (folder / file_name).parent.mkdir(exist_ok=True)
            write_atomically(folder / file_name, content)
    return folder


def warm_up(formats: Iterable[str]) -> None:
    """Load what the first report would have to wait for."""
    if "html" in formats:
        for template in ("student.html", "pictures.html", "source.html", "class.html"):
            environment().get_template(template)


def write_class(
    grades: Sequence[Grade],
    functions: Sequence[str],
    out: Path,
    formats: Iterable[str],
    *,
    release: bool = False,
    names: Mapping[str, str] | None = None,
    said: Sequence[str] = (),
    title: str | None = None,
    matches: Matches | None = None,
) -> list[Path]:
    """Write the reports on all grades together into ``out`` and return the files.

    Before the ``release``, only those for instructors have hidden checks. With pseudonyms in ``names``, nothing reveals
    whose work it is. ``said`` has sentences on how the class was found, ``title`` is the name of the assignment, and
    ``matches`` the owners of the hand-ins.

    Raises:
        OSError: the folder cannot be written.
    """
    grades = [from_here(grade) for grade in grades]
    whole = [released(grade) for grade in grades] if release else grades
    seen = [for_students(grade) for grade in whole]
    if names is not None:
        whole, seen = ([anonymous(grade, names) for grade in each] for each in (whole, seen))
    files = []
    with speaking(grades[0].suite.language if grades else spoken()):
        for name in formats:
            for writer in CLASS_WRITERS.get(name, ()):
                files.append(out / writer.file_name)
                if isinstance(writer, ClassPage):
                    writer = ClassPage(link_to=None if names is not None else writer.link_to, said=said)
                elif isinstance(writer, ForPlatform):
                    known = matches if names is None else None
                    writer = replace(writer, title=title or writer.title, matches=known)
                content = writer.render(whole if writer.takes_hidden else seen, functions)
                write_atomically(files[-1], content, lasting=True)
    return files

"""Writes gradebooks as CSV: our own, and the layouts that Canvas and Moodle import and that Gradescope exports.

With a roster, each student has a row with the platform's identifiers. Without one, a hand-in's name is taken as the
login name, and other identifiers from a download are put where its platform looks for them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from grading.grades.grade import Grade, LateFacts, ManualItem
from grading.grades.late import sentence as late_sentence
from grading.grades.roster import Matches, Student
from grading.intake.submission import Platform
from grading.reports.common_repairs import summary
from grading.reports.gradebook_json import function_points
from grading.reports.statistics import in_order
from grading.reports.text import in_short, one_line, points, visible
from grading.words import say, together

_LONGEST_QUESTION = 60
_FORMULA = re.compile(r"(?<!\s)\s*+[=+\-@＝＋－＠]|[\t\r\n]")


class ForPlatform(msgspec.Struct, frozen=True):
    """A layout that needs to know more than the grades.

    Attributes:
        title: the heading of the column of scores.
        matches: the owners of the hand-ins, if there is a roster.
    """

    title: str = "Linear classifier"
    matches: Matches | None = None

    def student(self, grade: Grade) -> Student:
        """The owner of the work; nobody if unknown."""
        return (self.matches.of.get(grade.submission.name) if self.matches else None) or Student()

    def rows(self, grades: Sequence[Grade]) -> list[tuple[Grade | None, Student]]:
        """All students on the roster, in its order, with their grades, so that every row can be imported.

        Without a roster, all students who have handed in.
        """
        if self.matches is None:
            return [(grade, Student()) for grade in in_order(grades)]
        grade_of = {self.matches.of.get(grade.submission.name): grade for grade in grades}
        return [(grade_of.get(student), student) for student in self.matches.roster.students]


class GradebookCsv(ForPlatform, frozen=True):
    """Our own layout: state, score, percent, the points of each function, reason, digest."""

    file_name = "gradebook.csv"
    takes_hidden = True

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """One row per hand-in, in order of names; further columns if they are not empty."""
        grades = in_order(grades)
        head = ["submission", "state", "score", "max_score", "percent", *functions, "reason", "sha256"]
        rows = [_row(grade, functions) for grade in grades]

        def add(headings: Sequence[str], cells: Callable[[Grade], Iterable[str]]) -> None:
            head.extend(headings)
            for row, grade in zip(rows, grades, strict=True):
                row += map(inert, cells(grade))

        if any(grade.submission.lms_id for grade in grades):
            add(["lms_id"], lambda grade: [grade.submission.lms_id])
        if self.matches is not None:
            add(["student", "student_id", "email"], lambda grade: _known_as(self.student(grade)))
        if any(grade.late for grade in grades):
            add(["points", "late_factor", "minutes_late"], _lateness_of)
        if any(item.points is not None for grade in grades for item in grade.manual):
            headings = ["by hand", "max by hand", "still to mark"]
            add(headings, lambda grade: [*(f"{each:g}" for each in grade.by_hand), str(grade.to_mark)])
        if any(grade.repair for grade in grades):
            add(["repaired by"], lambda grade: [" | ".join(summary(grade))])
        if any(check.hidden for grade in grades for check in grade.checks):
            add(["of which hidden from students"], lambda grade: [_hidden_points(grade)])
        return _csv(head, rows)


def _known_as(student: Student) -> tuple[str, str, str]:
    return student.name, student.number or student.platform, student.email


def _lateness_of(grade: Grade) -> tuple[str, str, str]:
    late = grade.late
    return (f"{late.raw_score:g}", f"{late.factor:g}", str(late.minutes)) if late else ("", "", "")


def _hidden_points(grade: Grade) -> str:
    hidden = sum(check.points for check in grade.checks if check.hidden)
    return f"{hidden:g}" if grade.state == "graded" else ""


def _row(grade: Grade, functions: Sequence[str]) -> list[str]:
    graded = grade.state == "graded"
    return [
        inert(grade.submission.name),
        grade.state,
        _score(grade),
        f"{grade.max_score:g}",
        f"{grade.percent:.2f}" if graded else "",
        *(f"{function_points(grade, name):g}" if graded else "" for name in functions),
        inert(grade.reason or ""),
        grade.submission.sha256,
    ]


class CanvasCsv(ForPlatform, frozen=True):
    """The layout that Canvas's gradebook imports.

    Canvas finds students by ``ID`` or ``SIS Login ID``, and an assignment by its title followed by its number, as in
    its own exports.
    """

    file_name = "canvas.csv"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The column of the assignment, with its points possible in the row where Canvas reads them."""
        head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", inert(self._column())]
        most = f"{max((grade.max_score for grade in grades), default=0.0):g}"
        possible = ["    Points Possible", "", "", "", "", most]
        rows = []
        for grade, student in self.rows(grades):
            if grade is not None and self.matches is None:
                name = inert(grade.submission.name)
                known = _known_to("canvas", grade)
                rows.append([name, known if known.isdecimal() else "", "", name, "", _score(grade)])
            else:
                ids = (
                    (student.platform, student.number)
                    if self._is_canvas()
                    else ("", student.number or student.platform)
                )
                cells = (student.name, *ids, student.login, student.section)
                rows.append([*map(inert, cells), _score(grade)])
        return _csv(head, [possible, *rows])

    def _is_canvas(self) -> bool:
        return self.matches is not None and self.matches.roster.is_canvas

    def _column(self) -> str:
        """Canvas's heading for the assignment, if the roster is its export and has it; else the title."""
        headings = self.matches.roster.headings if self.matches is not None else ()
        with_number = re.compile(re.escape(self.title) + r" \(\d+\)")
        return next((heading for heading in headings if with_number.fullmatch(heading)), self.title)


class MoodleCsv(ForPlatform, frozen=True):
    """The layout for Moodle's grade import: map a column to the user, the others to a grade item and its feedback."""

    file_name = "moodle.csv"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """Grade and feedback side by side: Moodle loses the grades if feedback is imported without them."""
        rows = self.rows(grades)
        columns: list[tuple[str, list[str]]] = []
        if self.matches is None:
            columns.append(("username", [g.submission.name for g, _ in rows if g is not None]))
        else:
            for heading, field in (
                ("username", "login"),
                ("ID number", "number"),
                ("Email address", "email"),
            ):
                columns.append((heading, [str(getattr(student, field)) for _, student in rows]))
        columns.append((self.title, [_score(grade) for grade, _ in rows]))
        columns.append((f"{self.title} feedback", [_feedback(grade) if grade else "" for grade, _ in rows]))
        # The names in the assignment's own grading worksheet.
        listed = self.matches is not None and "Identifier" in self.matches.roster.headings
        of_download = [_known_to("moodle", grade) if grade is not None else "" for grade, _ in rows]
        known = [student.platform for _, student in rows] if listed else of_download
        columns.append(
            ("Identifier", [f"Participant {each}" if each.isdecimal() else each for each in known])
        )
        columns = [(head, cells) for head, cells in columns if any(cells) or head.startswith(self.title)]
        body = [[inert(cell) for cell in row] for row in zip(*(cells for _, cells in columns), strict=True)]
        return _csv([inert(head) for head, _ in columns], body)


class GradescopeCsv(ForPlatform, frozen=True):
    """The columns of Gradescope's exported grades, for tools that read those."""

    file_name = "gradescope.csv"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """Total score and the points of each function; columns that only Gradescope knows stay empty."""
        head = ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status"]
        head += ["Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count"]
        head += [f"{i}: {name} ({_worth(grades, name):g} pts)" for i, name in enumerate(functions, 1)]
        most = max((grade.max_score for grade in grades), default=0.0)
        by_hand = max((grade.by_hand[1] for grade in grades), default=0.0)
        if by_hand:
            head.append(f"{len(functions) + 1}: {say('Marked by a person')} ({by_hand:g} pts)")
        rows = []
        for grade, student in self.rows(grades):
            if grade is not None and self.matches is None:
                name = inert(grade.submission.name)
                cells = [name, "", inert(_known_to("gradescope", grade)) or name, "", ""]
            else:
                number = student.number or student.platform or student.login
                cells = [*map(inert, (student.first, student.last, number, student.email, student.section))]
            graded = grade is not None and grade.state == "graded"
            late = grade.late if grade is not None else None
            status = "Missing" if grade is None else "Graded" if graded else "Ungraded"
            cells += [
                _score(grade),
                f"{most:g}",
                status,
                "",
                late.submitted if late else "",
                _lateness(late),
                "",
                "",
            ]
            worth = [
                f"{function_points(grade, f):g}" if grade is not None and graded else "" for f in functions
            ]
            if by_hand:
                worth.append(f"{grade.by_hand[0]:g}" if grade is not None and graded else "")
            rows.append(cells + worth)
        return _csv(head, rows)


def _lateness(late: LateFacts | None) -> str:
    return f"{late.minutes // 60}:{late.minutes % 60:02}:00" if late else ""


def _known_to(platform: Platform, grade: Grade) -> str:
    """The platform's identifier of the student in its own downloads; another platform's could be somebody else's."""
    return grade.submission.lms_id if grade.submission.lms == platform else ""


def _worth(grades: Sequence[Grade], function: str) -> float:
    """The maximum points of a function, from the fullest report on it."""
    return max(
        (sum(check.max_points for check in grade.checks if check.function == function) for grade in grades),
        default=0.0,
    )


def _score(grade: Grade | None) -> str:
    """The score; empty if there is none, which all platforms read as «leave it alone», not as zero."""
    return f"{grade.score:g}" if grade is not None and grade.state == "graded" else ""


def _feedback(grade: Grade) -> str:
    if grade.state == "not_graded":
        return say("Not graded: {reason}", reason=one_line(grade.reason or ""))
    sentences = []
    for check in grade.broken:
        what = check.diagnosis.title if check.diagnosis is not None else check.message
        sentences.append(
            say("{function}, {check}: {what}", function=check.function, check=check.id, what=one_line(what))
        )
    passed = () if sentences else (say("Every check passed."),)
    marked = [_marked(item) for item in grade.manual if item.points is not None and item.max_points]
    return together(*sentences, *passed, *marked, late_sentence(grade.late) if grade.late else "")


def _marked(item: ManualItem) -> str:
    got = say("{got} of {most} points", got=points(item.points or 0.0), most=points(item.max_points))
    return f"{in_short(item.question, _LONGEST_QUESTION)} {got}." + (
        f" {one_line(item.comment)}" if item.comment else ""
    )


def _csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    # All cells are quoted: a spreadsheet that splits at semicolons would find formulas inside unquoted ones.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe precedes anything that could begin one.

    The beginnings are those on OWASP's page on CSV injection.
    """
    text = visible(text)
    return "'" + text if _FORMULA.match(text) else text

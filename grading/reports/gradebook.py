"""Gradebooks as CSV: our own, and the layouts that Canvas and Moodle import and that Gradescope exports.

A hand-in is named after its file or folder; where a platform wants to know whose it is, that name is taken for the
student's login name, which is what hand-ins should be called if a gradebook is to be imported. What else a
download calls a student by is put where its platform looks for it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from grading.grade import Grade
from grading.reports.fixed_places import summary
from grading.reports.gradebook_json import function_points
from grading.reports.statistics import broken, in_order
from grading.reports.text import one_line, visible
from grading.words import say, together

ASSIGNMENT = "Linear classifier"
"""What the column of the scores is called on the platforms."""

_FORMULA = re.compile(r"(?<!\s)\s*+[=+\-@＝＋－＠]|[\t\r\n]")


class GradebookCsv:
    """Our own layout: state, score, percent, the points of each function, reason, digest."""

    file_name = "gradebook.csv"
    takes_hidden = True

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """One row a hand-in, in order of the names."""
        head = ["submission", "state", "score", "max_score", "percent", *functions, "reason", "sha256"]
        rows = [_row(grade, functions) for grade in in_order(grades)]
        if any(grade.submission.lms_id for grade in grades):
            head.append("lms_id")
            for row, grade in zip(rows, in_order(grades), strict=True):
                row.append(inert(grade.submission.lms_id))
        if any(grade.repair for grade in grades):
            head.append("repaired by")
            for row, grade in zip(rows, in_order(grades), strict=True):
                row.append(inert(" | ".join(summary(grade))))
        if any(check.hidden for grade in grades for check in grade.checks):
            head.append("of which hidden from students")
            for row, grade in zip(rows, in_order(grades), strict=True):
                hidden = sum(check.points for check in grade.checks if check.hidden)
                row.append(f"{hidden:g}" if grade.state == "graded" else "")
        return _csv(head, rows)


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


class CanvasCsv:
    """What Canvas's gradebook imports; students are found by ``SIS Login ID``."""

    file_name = "canvas.csv"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """The column of the assignment, with its points possible in the row that Canvas reads them from."""
        del functions
        head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", ASSIGNMENT]
        most = f"{max((grade.max_score for grade in grades), default=0.0):g}"
        possible = ["    Points Possible", "", "", "", "", most]
        rows = []
        for grade in in_order(grades):
            name = inert(grade.submission.name)
            # The number in the names of its downloads is its own; what other platforms put there is none.
            known = grade.submission.lms_id if grade.submission.lms_id.isdecimal() else ""
            rows.append([name, known, "", name, "", _score(grade)])
        return _csv(head, [possible, *rows])


class MoodleCsv:
    """What Moodle's grade import reads; map ``username`` to the user, the others to a grade item and its feedback."""

    file_name = "moodle.csv"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """Grade and feedback side by side: Moodle loses the grades where feedback is imported without them."""
        del functions
        head = ["username", ASSIGNMENT, f"{ASSIGNMENT} feedback"]
        rows = [[inert(g.submission.name), _score(g), inert(_feedback(g))] for g in in_order(grades)]
        if any(grade.submission.lms_id for grade in grades):
            # As the assignment's own grading worksheet calls them.
            head.append("Identifier")
            for row, grade in zip(rows, in_order(grades), strict=True):
                known = grade.submission.lms_id
                row.append(f"Participant {known}" if known.isdecimal() else inert(known))
        return _csv(head, rows)


class GradescopeCsv:
    """The columns of the grades that Gradescope exports, for tools that read those."""

    file_name = "gradescope.csv"
    takes_hidden = False

    def render(self, grades: Sequence[Grade], functions: Sequence[str]) -> bytes:
        """Total score and the points of each function; what only Gradescope knows stays empty."""
        head = ["First Name", "Last Name", "SID", "Email", "Sections", "Total Score", "Max Points", "Status"]
        head += ["Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count"]
        head += [f"{i}: {name} ({_worth(grades, name):g} pts)" for i, name in enumerate(functions, 1)]
        rows = []
        for grade in in_order(grades):
            name = inert(grade.submission.name)
            graded = grade.state == "graded"
            cells = [
                name,
                "",
                inert(grade.submission.lms_id) or name,
                "",
                "",
                _score(grade),
                f"{grade.max_score:g}",
            ]
            cells += ["Graded" if graded else "Ungraded", "", "", "", "", ""]
            rows.append(cells + [f"{function_points(grade, f):g}" if graded else "" for f in functions])
        return _csv(head, rows)


def _worth(grades: Sequence[Grade], function: str) -> float:
    """The most that a function can bring, from the fullest report on it."""
    return max(
        (sum(check.max_points for check in grade.checks if check.function == function) for grade in grades),
        default=0.0,
    )


def _score(grade: Grade) -> str:
    """The score; empty where there is none, which all platforms read as «leave it alone» and not as zero."""
    return f"{grade.score:g}" if grade.state == "graded" else ""


def _feedback(grade: Grade) -> str:
    if grade.state == "not_graded":
        return say("Not graded: {reason}", reason=one_line(grade.reason or ""))
    sentences = []
    for check in broken(grade):
        what = check.diagnosis.title if check.diagnosis is not None else check.message
        sentences.append(
            say("{function}, {check}: {what}", function=check.function, check=check.id, what=one_line(what))
        )
    return together(*sentences) or say("Every check passed.")


def _csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    # All cells are quoted: a spreadsheet that splits at semicolons would find a formula inside an unquoted one.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: what could begin one is preceded by an apostrophe.

    The beginnings are those of OWASP's page on CSV injection.
    """
    text = visible(text)
    return "'" + text if _FORMULA.match(text) else text

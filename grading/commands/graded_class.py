"""A class as `grader.py` grades it: its gradebook, its reports, and what the terminal shows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from grading import PROGRAM
from grading.commands.grading_inputs import lateness, tell

# Much of this is imported while the first hand-in is being graded.
if TYPE_CHECKING:
    from grading.commands.terminal import Terminal
    from grading.grades.grade import Grade
    from grading.intake.find import Found
    from grading.reports.brief import Brief
    from grading.running.run import Outcome
    from grading.running.work import Work


class GradedClass:
    """A class being graded: its gradebook, its reports, and what the terminal shows of it.

    Args:
        found: the hand-ins.
        work: grades them.
        options: from the command line.
        stack: closes whatever is opened here.
    """

    def __init__(self, found: Found, work: Work, options: argparse.Namespace, stack: ExitStack) -> None:
        from grading.gradebook.records import Records
        from grading.grades.roster import match, read_roster

        self._found, self._work, self._options, self._stack = found, work, options, stack
        self._handins = {handin.name: handin for handin in found.handins}
        self._rubric = work.setup.rubric
        expected = None if options.roster is None else read_roster(options.roster)
        self._records = stack.enter_context(
            Records(
                options.out,
                work.setup,
                force=options.force,
                trusted=not options.out_is_graded,
                digest=work.reader.digest,
                formats=options.format,
                release=options.release,
            )
        )
        if expected is not None:
            self._records.matches = match(expected, self._records.known(found.handins, options.paths))
            tell(self._records.matches)
        self._late = lateness(found.handins, work.setup, options, self._records.matches)

    @cached_property
    def _terminal(self) -> Terminal:
        from grading.commands.terminal import Terminal

        return self._stack.enter_context(Terminal(len(self._handins)))

    @cached_property
    def _brief(self) -> Brief:
        from grading.reports.brief import Brief

        return Brief()

    def outcomes(self) -> Generator[Outcome, None, None]:
        """Yield the grades as they are made, here or on a cluster."""
        from grading.running.processes import cores
        from grading.running.run import grade_all

        handins, known = self._found.handins, self._records.find
        if self._options.cluster is None:
            jobs = self._options.jobs or cores()
            return grade_all(handins, self._work, jobs, known, self._note, self._get_ready)
        from grading.running.cluster.client import grade_on_cluster

        return grade_on_cluster(handins, self._work.setup, self._options.cluster, known, self._work.reader)

    def _note(self, what: str) -> None:
        self._terminal.doing(what)

    def _get_ready(self) -> None:
        from grading.reports import warm_up

        assert self._terminal
        warm_up(self._options.format)
        self._records.get_ready()

    def reported(self, outcome: Outcome) -> Grade:
        """Write the reports on a grade and show it; return it in brief."""
        from grading.reports import write_reports
        from grading.running.grade_assembly import known_by, unwritten

        options, records = self._options, self._records
        handin = self._handins[outcome.grade.submission.name]
        grade = self._late.applied(records.with_hand_marks(known_by(outcome.grade, handin)))
        try:
            forms, reader = options.format, self._work.reader
            write_reports(grade, options.out, forms, handin, release=options.release, reader=reader)
            records.reported(handin, outcome.grade, grade)
            if not outcome.unchanged:
                records.keep(handin, outcome.grade, grade)
        except Exception as error:
            # A defect of ours may show only in what one student wrote: the others still get their reports.
            grade = unwritten(grade, error)
        with suppress(OSError):  # the next run computes it again
            records.mark(grade)
        self._terminal.graded(self.seen(grade), unchanged=outcome.unchanged)
        return self._brief.of(grade)

    def seen(self, grade: Grade) -> Grade:
        """Return a grade as the person who graded it sees it."""
        from grading.reports.hidden import for_students, released

        return released(grade) if self._options.release else for_students(grade)

    def from_earlier_runs(self) -> list[Grade]:
        """The grades of those who are in the gradebook but not among the hand-ins."""
        with suppress(OSError):
            self._records.write_marks()
        return [
            self._brief.of(grade) for grade in self._records.others(self._found.handins, self._options.paths)
        ]

    def said_of(self, grades: Sequence[Grade]) -> Sequence[str]:
        """Collect the remarks for the reports on the class; the gradebook keeps them for whoever marks."""
        from grading.reports.anonymous import without_names

        matches, anonymous = self._records.matches, self._options.anonymous
        said: Sequence[str] = (*self._found.said, *(matches.sentences if matches is not None else ()))
        said = without_names(said) if anonymous else said
        with suppress(OSError):  # then nothing can be marked before the next run
            self._records.reported_class(_names(grades), said, anonymous=anonymous)
        return said

    def report_class(self, grades: Sequence[Grade], before: Sequence[Grade], said: Sequence[str]) -> None:
        """Write the reports on the class, and show the summary."""
        from grading.intake.safe_names import listed
        from grading.reports import write_class
        from grading.reports.anonymous import pseudonyms

        options, matches = self._options, self._records.matches
        everybody, functions = [*grades, *before], list(self._rubric.settings.functions)
        if before:
            who = listed([grade.submission.name for grade in before])
            print(f"{PROGRAM}: also in the reports on the class, from earlier runs: {who}", file=sys.stderr)
        try:
            write_class(
                everybody,
                functions,
                options.out,
                options.format,
                release=options.release,
                names=pseudonyms(_names(everybody), options.out) if options.anonymous else None,
                said=said,
                title=self._rubric.settings.title,
                matches=matches,
            )
        finally:
            self._terminal.summary([*map(self.seen, grades)], functions, options.out, options.format)
            if matches is not None:
                tell(matches)


def _names(grades: Sequence[Grade]) -> list[str]:
    return sorted(grade.submission.name for grade in grades)

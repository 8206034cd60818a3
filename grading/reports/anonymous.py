"""Anonymizes a class: pseudonyms that stay the same from run to run, and nothing else that identifies anybody.

They are drawn at random, since anything computed from names can be computed from a list of names. Only
``OUT/.resume/pseudonyms.csv`` says who is who.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from grading.grades.atomic_files import write_atomically
from grading.grades.grade import CheckResult, Grade, ManualItem, SubmissionFacts
from grading.grades.notebook_execution import Execution
from grading.words import say

FILE = Path(".resume") / "pseudonyms.csv"
_BYTES = 4


def pseudonyms(names: Iterable[str], out: Path) -> dict[str, str]:
    """The pseudonym of each name: that of earlier runs into ``out``, or a new one, which is then stored there.

    Raises:
        OSError: the file cannot be read or written.
    """
    path = out / FILE
    known = _read(path)
    taken = set(known.values())
    for name in names:
        while name not in known:
            drawn = f"submission-{secrets.token_hex(_BYTES)}"
            if drawn not in taken:
                known[name] = drawn
                taken.add(drawn)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("submission", "pseudonym"), *sorted(known.items())])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.getvalue().encode(), lasting=True)
    return known


def _read(path: Path) -> dict[str, str]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        return {}
    return {row[0]: row[1] for row in rows[1:] if len(row) == 2}


def without_names(said: Sequence[str]) -> tuple[str, ...]:
    """Replace the sentences on how the hand-ins were found, since those name students."""
    if not said:
        return ()
    return (
        say(
            "The terminal says what is to be known of how the hand-ins were found; here it would name students."
        ),
    )


def anonymous(grade: Grade, names: Mapping[str, str]) -> Grade:
    """The part of a grade that identifies nobody: points, verdicts and known mistakes under a pseudonym.

    Built from scratch, not by omission, so that fields added to a grade some day are not included.
    """
    pseudonym = names[grade.submission.name]
    return Grade(
        submission=SubmissionFacts(name=pseudonym, path=pseudonym, sha256="", kind=grade.submission.kind),
        suite=grade.suite,
        isolation=grade.isolation,
        state=grade.state,
        reason=None if grade.reason is None else say("the reason is in its own report"),
        score=grade.score,
        max_score=grade.max_score,
        functions=dict.fromkeys(grade.functions),
        checks=[_anonymous_check(check) for check in grade.checks],
        manual=[
            ManualItem(
                question="", answer="", max_points=item.max_points, source=item.source, points=item.points
            )
            for item in grade.manual
        ],
        warnings=[],
        seconds=grade.seconds,
        execution=_anonymous_execution(grade.execution),
    )


def _anonymous_check(check: CheckResult) -> CheckResult:
    return CheckResult(
        id=check.id,
        function=check.function,
        title=check.title,
        status=check.status,
        points=check.points,
        max_points=check.max_points,
        message=check.title if check.status != "passed" else "",
        remarks=[],
        counterexample=None,
        expected=None,
        got=None,
        diagnosis=check.diagnosis,
        cases=check.cases,
        seconds=check.seconds,
        hidden=check.hidden,
    )


def _anonymous_execution(execution: Execution | None) -> Execution | None:
    """The number of claims that were not reproduced, without their text."""
    if execution is None:
        return None
    notebooks = [
        msgspec.structs.replace(
            run,
            notebook="",
            reason=None,
            failed=[],
            remarks=[],
            claims=[msgspec.structs.replace(claim, line="") for claim in run.claims],
            searches=[],
            history=None,
            pictures=[],
        )
        for run in execution.notebooks
    ]
    return Execution(data=execution.data, notebooks=notebooks)

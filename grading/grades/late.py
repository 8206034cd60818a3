"""Late work: when it was handed in, and how that changes its score.

A grade is first worked out as if in time; lateness is applied afterwards, so a new due date regrades nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from grading import UserError
from grading.grades.grade import Grade, LateFacts
from grading.grades.roster import Known, Matches, RosterError, columns_of, match, read_table
from grading.intake.safe_names import ascii_name, shown
from grading.intake.submission import Handin
from grading.rubric.settings import LatePolicy
from grading.words import later, say, translated


class LateError(UserError):
    """Times that cannot be used."""


class HandedIn(msgspec.Struct, frozen=True):
    """When something was handed in, who says so, and an individual due date (an extension) if there is one."""

    when: datetime
    source: str
    due: datetime | None = None


def moment(text: str) -> datetime:
    """Parse a time with its offset from UTC, ISO 8601.

    Raises:
        ValueError: the text is not a time, or the offset is missing.
    """
    when = datetime.fromisoformat(text.strip())
    if when.tzinfo is None:
        raise ValueError("the time zone is missing; write it at the end, such as +01:00 or Z")
    return when


class Lateness(msgspec.Struct, frozen=True):
    """The cost of being late, and who handed in when.

    Attributes:
        policy: the rubric's; None if being late costs nothing.
        due: the due date; None to take the policy's or that of each hand-in.
        times: by name of the hand-in.
    """

    policy: LatePolicy | None = None
    due: datetime | None = None
    times: Mapping[str, HandedIn] = {}

    def applied(self, grade: Grade) -> Grade:
        """Reduce the score of a grade for being late; add a warning if a time is unknown."""
        if self.policy is None or grade.state != "graded":
            return grade
        handed_in = self.times.get(grade.submission.name)
        due = (handed_in.due if handed_in is not None else None) or self.due or self.policy.due
        if handed_in is None or due is None:
            if handed_in is not None:
                warning = say("It is not known when it was due, so nothing is taken off for being late.")
            else:
                warning = say(
                    "It is not known when it was handed in, so nothing is taken off for being late."
                )
            return msgspec.structs.replace(grade, warnings=[*grade.warnings, warning])
        minutes = minutes_late(handed_in.when, due)
        factor = factor_for(minutes, self.policy)
        late = LateFacts(
            due=due.isoformat(),
            submitted=handed_in.when.isoformat(),
            source=handed_in.source,
            minutes=minutes,
            factor=factor,
            raw_score=grade.score,
        )
        return msgspec.structs.replace(grade, score=round(factor * grade.score, 6), late=late)


def minutes_late(when: datetime, due: datetime) -> int:
    """Minutes after ``due``, rounded up; 0 if in time."""
    return max(0, math.ceil((when - due) / timedelta(minutes=1)))


def factor_for(minutes: int, policy: LatePolicy) -> float:
    """The factor for a score: 1 within the grace period; beyond it, minutes count from the due date."""
    if minutes <= policy.grace_minutes:
        return 1.0
    passed = [step.factor for step in policy.steps if minutes > step.minutes]
    return passed[-1] if passed else 1.0


def sentence(late: LateFacts) -> str:
    """The report's sentence on being late, or "" if it cost nothing."""
    if late.factor == 1.0:
        return ""
    return say(
        "Handed in {duration} late ({submitted}, due {due}; by {source}): {raw_score:g} points times {factor:g}.",
        duration=duration(late.minutes),
        submitted=late.submitted,
        due=late.due,
        source=translated(late.source),
        raw_score=late.raw_score,
        factor=late.factor,
    )


def duration(minutes: int) -> str:
    """Minutes in words: "2 days 3 hours", "1 minute"."""
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [
        (days, later("1 day"), later("{n} days")),
        (hours, later("1 hour"), later("{n} hours")),
        (0 if days else minutes, later("1 minute"), later("{n} minutes")),
    ]
    return " ".join(say(one if n == 1 else many, n=n) for n, one, many in parts if n) or say(
        "{n} minutes", n=0
    )


def times_of(handins: Sequence[Handin]) -> dict[str, HandedIn]:
    """The times that come with a platform's download."""
    return {
        h.name: HandedIn(h.submitted, later("the platform's list"))
        for h in handins
        if h.submitted is not None
    }


def for_handins(
    times: Mapping[str, HandedIn], handins: Sequence[Handin], matches: Matches | None = None
) -> tuple[dict[str, HandedIn], list[str]]:
    """Times by the names of hand-ins, and the names without a hand-in.

    Names may be written with or without accents, or be anything that identifies a student in the matched roster.
    """
    exact = {handin.name for handin in handins}
    plain: dict[str, list[str]] = {}
    for name in exact:
        plain.setdefault(ascii_name(name).casefold(), []).append(name)
    theirs = {student: name for name, student in matches.of.items() if name in exact} if matches else {}
    found, unknown = {}, []
    for written, when in times.items():
        names = [written] if written in exact else plain.get(ascii_name(written).casefold(), [])
        if matches is not None and (students := match(matches.roster, [Known(written)]).of.values()):
            # The names that students give their files may be somebody else's number or name.
            names = [theirs[student] for student in students if student in theirs]
        if len(names) == 1:
            found[names[0]] = when
        else:
            unknown.append(shown(written))
    return found, unknown


def read_times(path: Path) -> dict[str, HandedIn]:
    """Read times from a CSV file with the columns submission, submitted and, for extensions, due.

    Instead of submission, it may have any column that identifies students in a roster: name, email, id.

    Raises:
        LateError: the file or one of its rows cannot be read.
    """
    try:
        headings, rows = read_table(path)
    except RosterError as error:
        raise LateError(f"times {error}") from None
    columns = columns_of(headings)
    whose = [columns[what] for what in ("number", "platform", "login", "email", "name") if what in columns]
    if "submission" in headings:
        whose = [headings.index("submission")]
    if not whose or "submitted" not in headings:
        missing = "submitted" if whose else "submission"
        raise LateError(
            f"times {path}: there is no column {missing!r}; the first line must be submission,submitted or "
            "submission,submitted,due"
        )
    found = {}
    for line, row in rows:
        try:
            own = row[headings.index("due")] if "due" in headings else ""
            when = moment(row[headings.index("submitted")])
            found[row[whose[0]]] = HandedIn(when, path.name, moment(own) if own else None)
        except ValueError as error:
            raise LateError(f"times {path}, line {line}: {error}; write 2026-02-01T23:59:00+01:00") from None
    return found

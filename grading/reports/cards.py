"""One cause, one card: groups checks that failed for the same reason."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from grading.grades.grade import CheckResult, Grade

_OF_TRAINING = ("training", "sampling")


class Card(msgspec.Struct, frozen=True):
    """A check that did not pass, and others that did not pass for the same reason.

    Attributes:
        check: the one that shows the reason best.
        same: the others that failed for it, in the order of the report.
    """

    check: CheckResult
    same: list[CheckResult] = []


def cards(grade: Grade) -> list[Card]:
    """All checks that did not pass, each on one card."""
    found: list[Card] = []
    for check in grade.broken:
        card = next((card for card in found if _is_one_reason(card.check, check, grade)), None)
        if card is None:
            found.append(Card(check))
        else:
            card.same.append(check)
    return found


def _is_one_reason(first: CheckResult, second: CheckResult, grade: Grade) -> bool:
    """Whether ``second`` failed for the same reason as ``first``, which comes before it."""
    if first.function == second.function:
        return any(_reasons_within(first, second, grade))
    one, other = grade.methods.get(first.function), grade.methods.get(second.function)
    if one is None or one != other:
        return False
    if second.id == "accuracy":
        return _follows_from_training(first, second)
    return first.id == second.id and _alike(first, second)


def _reasons_within(first: CheckResult, second: CheckResult, grade: Grade) -> Iterator[bool]:
    if first.diagnosis is not None and second.diagnosis is not None:
        yield first.diagnosis.id == second.diagnosis.id
    repair = grade.repair.get(first.function)
    if repair is not None and len(repair.changes) == 1:
        yield {first.id, second.id} <= set(repair.checks)
    yield _follows_from_training(first, second)


def _follows_from_training(first: CheckResult, second: CheckResult) -> bool:
    """Whether the accuracy is too low because of how the model was trained; an error has a reason of its own."""
    return first.id in _OF_TRAINING and second.id == "accuracy" and second.expected is not None


def _alike(first: CheckResult, second: CheckResult) -> bool:
    """Whether two classes that share a method failed in the same words."""
    if first.diagnosis is not None and second.diagnosis is not None:
        return first.diagnosis.id == second.diagnosis.id
    return _without_owner(first) == _without_owner(second)


def _without_owner(check: CheckResult) -> str:
    return check.message.replace(check.function.partition(".")[0], "")

"""Decides what to say when the name of a mistake and the change that repairs it disagree."""

from __future__ import annotations

import re

from grading.grades.grade import Diagnosis, Repair
from grading.words import say

# Names that say that something is missing entirely, and kinds of change that insert something.
_SAYS_MISSING = re.compile(
    r"not-written|(?<!label-column)-missing|-no-shift|-not-averaged|-not-normalized|-without-2$"
)
_PUTS_SOMETHING = frozenset(
    ("insert", "term", "factor", "function", "square", "move", "axis", "return", "delete")
)
# Mistakes recognized by the form of the answer; these kinds of change would sum it up.
_SAYS_NOT_SUMMED = "loss-of-each-sample"
_SUMS = frozenset(
    ("axis", "brackets", "delete", "function", "insert", "move", "operator", "order", "return", "term")
)
# Names for what the answers show; a name that comes from the repair says more.
_OF_ANSWERS = re.compile(r"^(factor|place|few-digits)-|^condition-is-an-array$|-reg-twice-in-loss$")
# Names of a shift that is present but wrong; a repair changes it.
_SHIFTS = "-shift-by-"
_CHANGES_A_SHIFT = frozenset(("axis", "function", "insert", "name"))


def contradicts(diagnosis: Diagnosis, repair: Repair) -> bool:
    """Whether a verified repair does something other than the diagnosis says is needed."""
    if repair.part != "all" or len(repair.changes) > 1:
        return False
    kind = repair.changes[0].kind
    if _SAYS_NOT_SUMMED in diagnosis.id:
        return kind not in _SUMS
    if _SHIFTS in diagnosis.id:
        return kind not in _CHANGES_A_SHIFT
    return bool(_SAYS_MISSING.search(diagnosis.id)) and kind not in _PUTS_SOMETHING


def agreed(diagnosis: Diagnosis | None, repair: Repair, called: Diagnosis | None) -> Diagnosis | None:
    """The diagnosis to report, given the mistake's name in the catalogue and the name of its repair."""
    if diagnosis is None or (called is not None and _OF_ANSWERS.search(diagnosis.id)):
        return called
    if contradicts(diagnosis, repair):
        return called or doubted(diagnosis)
    return diagnosis


def doubted(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis, worded as a possibility."""
    return Diagnosis(
        id=diagnosis.id, title=say("Perhaps: {title}", title=diagnosis.title), hint=diagnosis.hint
    )

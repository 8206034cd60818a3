"""What is said where the name of a mistake and the change that repairs it disagree."""

from __future__ import annotations

import re

from grading.grades.grade import Diagnosis, Repair
from grading.words import say

# Names that say that something is not there at all, and kinds of change that put something there.
_SAYS_MISSING = re.compile(
    r"not-written|(?<!label-column)-missing|-no-shift|-not-averaged|-not-normalized|-without-2$"
)
_PUTS_SOMETHING = frozenset(
    ("insert", "term", "factor", "function", "square", "move", "axis", "return", "delete")
)
# What is told by the form of what came back; these kinds of change would sum it up.
_SAYS_NOT_SUMMED = "loss-of-each-sample"
_SUMS = frozenset(
    ("axis", "brackets", "delete", "function", "insert", "move", "operator", "order", "return", "term")
)
# Names of what is seen in the answers; what is known by the change that undoes it says more.
_OF_ANSWERS = re.compile(r"^(factor|place|few-digits)-|^condition-is-an-array$|-reg-twice-in-loss$")
# Names of a shift that is there but wrong; what repairs them changes that.
_SHIFTS = "-shift-by-"
_CHANGES_A_SHIFT = frozenset(("axis", "function", "insert", "name"))


def contradicts(diagnosis: Diagnosis, repair: Repair) -> bool:
    """Whether a verified repair does something other than what the diagnosis says is needed."""
    if repair.part != "all" or len(repair.changes) > 1:
        return False
    kind = repair.changes[0].kind
    if _SAYS_NOT_SUMMED in diagnosis.id:
        return kind not in _SUMS
    if _SHIFTS in diagnosis.id:
        return kind not in _CHANGES_A_SHIFT
    return bool(_SAYS_MISSING.search(diagnosis.id)) and kind not in _PUTS_SOMETHING


def agreed(diagnosis: Diagnosis | None, repair: Repair, called: Diagnosis | None) -> Diagnosis | None:
    """What is said of a mistake, given its name in the catalogue and that of the change that repairs it."""
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

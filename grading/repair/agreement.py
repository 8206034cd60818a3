"""Where the name of a mistake and the change that repairs it do not speak of the same thing."""

from __future__ import annotations

import re

from grading.grade import Diagnosis, Repair
from grading.words import say

# Names that say that something is not there at all, and kinds of change that put something there.
_SAYS_MISSING = re.compile(
    r"not-written|(?<!label-column)-missing|-no-shift|-not-averaged|-not-normalized|-without-2$"
)
_PUTS_SOMETHING = frozenset(
    ("insert", "term", "factor", "function", "square", "move", "axis", "return", "delete")
)
# Names of a shift that is there but wrong; what repairs them changes that.
_SHIFTS = "-shift-by-"
_CHANGES_A_SHIFT = frozenset(("axis", "function", "insert", "name"))


def contradicts(diagnosis: Diagnosis, repair: Repair) -> bool:
    """Whether a repair that was verified does something else than the diagnosis says is needed."""
    if repair.part != "all" or len(repair.changes) > 1:
        return False
    kind = repair.changes[0].kind
    if _SHIFTS in diagnosis.id:
        return kind not in _CHANGES_A_SHIFT
    return bool(_SAYS_MISSING.search(diagnosis.id)) and kind not in _PUTS_SOMETHING


def doubted(diagnosis: Diagnosis) -> Diagnosis:
    """The diagnosis as something that may be so."""
    return Diagnosis(
        id=diagnosis.id, title=say("Perhaps: {title}", title=diagnosis.title), hint=diagnosis.hint
    )

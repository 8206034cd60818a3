"""Names the cause of a NameError: a misspelling, a name from Python 2, or a statement that is not run here."""

from __future__ import annotations

import builtins
import difflib
import re

from grading.grades.grade import Diagnosis
from grading.intake.function_source import written
from grading.intake.submission import Submission
from grading.judging.failures import Failure, Raises
from grading.words import said_place, say, together

_UNDEFINED = re.compile(r"NameError: name '(\w{1,60})' is not defined")
_UNBOUND = re.compile(r"UnboundLocalError: .*variable '(\w{1,60})'")
_OF_PYTHON_2 = {"xrange": "range", "raw_input": "input", "unicode": "str", "long": "int", "reduce": "sum"}
_ALIKE = 0.6


def undefined_name(submission: Submission, asked: str, failure: Failure) -> Diagnosis | None:
    """Explain the error message of ``asked`` (a function or class), if it is about an undefined name."""
    text = (failure.got or "") if isinstance(failure, Raises) else ""
    if (unbound := _UNBOUND.match(text)) is not None:
        return Diagnosis(
            id="used-before-it-has-a-value",
            title=say("{name} is used before it is given a value.", name=unbound[1]),
            hint=say(
                "It is assigned in this function, so it is the function's own; but that line comes later, or in a "
                "branch or a loop that was not entered."
            ),
        )
    undefined = _UNDEFINED.match(text)
    if undefined is None:
        return None
    name = undefined[1]
    if name in _OF_PYTHON_2:
        return Diagnosis(
            id="python-2-names",
            title=say("{name} is a name of Python 2.", name=name),
            hint=say("In Python 3, write {other}.", other=_OF_PYTHON_2[name]),
        )
    return Diagnosis(
        id="undefined-name",
        title=say("The name {name} was never given a value.", name=name),
        hint=together(*_hints(submission, asked, name)),
    )


def _hints(submission: Submission, asked: str, name: str) -> list[str]:
    definition = submission.definitions.get(asked)
    source = next((s for s in submission.sources if definition and s.name == definition.source), None)
    place = None if source is None else dict(source.left_out).get(name)
    if place is not None:
        return [
            say(
                "{name} gets its value in {place}, which is not run: what loads data, trains, plots or prints is left "
                "out. Compute it inside the function, from W, X and y.",
                name=name,
                place=said_place(place),
            )
        ]
    if (known := submission.definitions.get(name)) is not None and known.sentence:
        return [known.sentence]
    if known is not None and source is not None and known.source != source.name:
        return [say("It is defined in {file}: import it from there.", file=known.source)]
    if name in ("np", "numpy"):
        return [say("Import it where the function is: import numpy as np.")]
    function = written(submission, asked)
    in_scope = frozenset() if function is None else function.names | function.beside
    nearest = difflib.get_close_matches(name, sorted({*in_scope, *dir(builtins)}), 1, _ALIKE)
    if nearest:
        return [say("Is it a misspelling of {nearest}?", nearest=nearest[0])]
    return [say("Look for a line that was deleted, or give it a value inside the function.")]

"""Translates a worker's sentences: its process speaks English, because it cannot read the catalogue."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter

from grading.words import later, said_place, say

SAID = (
    later("{name} is not here; an empty stand-in took its place."),
    later("{name} is no longer in {module}: it was taken from {other}; import it from there."),
    later("{file} is not among the files that could be read."),
    later("{file}: {name} is not there once the file has been run."),
    later("{file}, line {line}: this does not parse and was skipped: {error}."),
    later("{file}, line {line}: this statement did not end, or ended the program, and was skipped."),
    later("{where}: skipped while loading: {error}"),
    later("Not run: {command}: the grader runs no shell commands."),
    later("input() was called, but nobody is there to answer while the grader runs a notebook"),
    later("no cell calls train"),
)
_PLACES = ("file", "where")


def in_run_language(sentence: str) -> str:
    """Return a worker's sentence in the language of the run; anything else it says stays as it is."""
    # In English too, so that the parts of the sentence are known.
    for template in SAID:
        match = _pattern(template).fullmatch(sentence)
        if match is not None:
            found = match.groupdict()
            return say(
                template,
                **{name: said_place(found[name]) if name in _PLACES else found[name] for name in found},
            )
    return sentence


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    return re.compile(
        "".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts),
        re.DOTALL,
    )

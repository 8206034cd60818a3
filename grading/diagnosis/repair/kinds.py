"""The kinds of change that repair a function, with a sentence to students for each."""

from __future__ import annotations

from grading.words import later

KINDS: dict[str, str] = {
    "assignment": later("It matters here whether a value is replaced (=), added (+=) or subtracted (-=)."),
    "axis": later("Look at the shape here: along which axis, and whether that axis is kept."),
    "brackets": later("Look at what is computed first here: brackets are missing, or in the wrong place."),
    "clip": later("Numbers below 0 must become 0 here."),
    "comparison": later("The comparison is not the right one."),
    "condition": later("The condition is not the right one."),
    "delete": later("There is one statement too many."),
    "factor": later("A factor is missing, or there is one too many."),
    "function": later("A function is missing, or another one belongs here."),
    "index": later("The index is not the right one."),
    "insert": later("Something is missing after this line."),
    "move": later("This statement is in the wrong place."),
    "name": later("Another variable belongs here."),
    "number": later("Another number belongs here."),
    "operator": later("Another operation belongs here."),
    "order": later("Two things are in the wrong order."),
    "repeated": later("With an array as the index, an entry that is meant twice is changed only once."),
    "return": later("Look at what is returned."),
    "sign": later("The sign is wrong."),
    "square": later("Something must be squared here."),
    "statement": later("Another statement belongs here."),
    "term": later("A term is missing, or there is one too many."),
    "transpose": later("Look at what is transposed here."),
    "type": later("Look at the type of these numbers."),
}
"""The sentence for each kind of `Edit`."""

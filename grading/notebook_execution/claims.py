"""Compares the accuracies in a notebook as handed in with those when it is run again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from grading.grades.notebook_execution import Claim
from grading.sandbox.text import clean

#: Trainings of the same model from different random numbers differ by less (docs/classifiers.md).
CLOSE = 0.03

_MOST_CLAIMS = 20
_LONGEST_LINE = 200
_LONGEST_OUTPUT = 200_000
_NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,12})?)(\s*%)?(?![\w])")
# The search's own lines, one for each pair, begin with the pair: only the best of them counts.
_ONE_OF_MANY = re.compile(r"^\s*(?:lr|learning[ _]rate|reg)\b", re.IGNORECASE)
_ACCURACY = re.compile(r"accuracy|\bacc\b|准确率|精度", re.IGNORECASE)


def saved_outputs(notebook: bytes) -> dict[int, str]:
    """The printed output of each code cell of the saved notebook, by the cell's number; none if it is not a notebook.

    Read as untrusted JSON: anything malformed is skipped.
    """
    try:
        cells = json.loads(notebook)["cells"]
        return {
            number: "\n".join(_texts(cell.get("outputs")))[:_LONGEST_OUTPUT]
            for number, cell in enumerate(cells, start=1)
            if isinstance(cell, dict) and cell.get("cell_type") == "code"
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def compare(saved: Mapping[int, str], executed: Mapping[int, str]) -> list[Claim]:
    """Compare each accuracy in ``saved`` with the same line in ``executed``; both are by the number of the cell."""
    return [
        Claim(
            cell=cell,
            line=clean(line.strip(), _LONGEST_LINE),
            claimed=value,
            got=(got := again.get(words)),
            reproduced=got is not None and abs(got - value) <= CLOSE,
        )
        for cell, text in saved.items()
        for again in [{words: value for _, words, value in accuracies(executed.get(cell, ""))}]
        for line, words, value in accuracies(text)
    ][:_MOST_CLAIMS]


def accuracies(text: str) -> Iterator[tuple[str, str, float]]:
    """Yield the lines that state an accuracy: the line, its words without numbers, and the last number as a share."""
    for line in text.split("\n"):
        if len(line) > 2 * _LONGEST_LINE or not _ACCURACY.search(line) or _ONE_OF_MANY.match(line):
            continue
        shares = [share for number in _NUMBER.finditer(line) if (share := _share(number)) is not None]
        if shares:
            yield line, _NUMBER.sub("#", line).strip(), shares[-1]


def _share(number: re.Match[str]) -> float | None:
    value = float(number[1]) / (100 if number[2] else 1)
    # "39.0" is a percentage even without a sign; 0 and 1 are shares.
    value = value / 100 if 1 < value <= 100 and "." in number[1] else value
    return value if 0 <= value <= 1 else None


def _texts(outputs: object) -> Iterable[str]:
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        text = output.get("text", data.get("text/plain") if isinstance(data, dict) else None)
        if isinstance(text, list):
            text = "".join(part for part in text if isinstance(part, str))
        if isinstance(text, str):
            yield text

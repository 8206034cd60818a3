"""`grader.py rubric`: what an instructor sees of a right rubric and of one with mistakes."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

import grader
from grading import commands
from grading.rubric.reading import default_rubric_path
from grading.rubric.schema import rubric_schema

DOCS = Path(__file__).resolve().parents[3] / "docs"

SOFTMAX_ONLY = """
title = "Softmax, edition of 2025"
seed = 231
accuracy = {}
reg_scale = 0.5
manual_points = 2

[functions.softmax_loss_vectorized]
kind = "loss"
reference = "softmax"
points = { interface = 2, value = 4, gradient = 5, stability = 4 }
hidden = ["stability"]

[[manual]]
title = "Style of the code"
points = 5

[late]
grace_minutes = 15
steps = [{ minutes = 0, factor = 0.9 }, { minutes = 1440, factor = 0.5 }]
"""


def test_the_shipped_rubric_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert grader.main(["rubric", "--check", str(default_rubric_path())]) == commands.GRADED
    assert "8 functions, 100 points" in capsys.readouterr().out


def test_three_typical_mistakes_are_listed_with_line_allowed_values_and_a_guess(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = default_rubric_path().read_text(encoding="utf-8")
    for old, new in (
        ("delta = 1.0", "dleta = 1.0"),
        ("threshold = 0.91", "threshold = 91"),
        ("points = { training = 4,", "points = { trainning = 4,"),
    ):
        text = text.replace(old, new, 1)
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(text, encoding="utf-8")
    assert grader.main(["rubric", "--check", str(rubric)]) == commands.WRONG_USE
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2, "what hangs together is looked at once the rest is right"
    assert f"{rubric}, line {1 + text[: text.index('dleta')].count(chr(10))}: dleta: unknown key" in lines[0]
    assert lines[0].endswith("did you mean 'delta'?")
    assert "threshold: must be a number from 0 to 1; it is 91" in lines[1]
    rubric.write_text(text.replace("dleta", "delta").replace("= 91", "= 0.91"), encoding="utf-8")
    assert grader.main(["rubric", "--check", str(rubric)]) == commands.WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert "there are training, sampling, accuracy; did you mean 'training'?" in line


def test_a_rubric_is_explained_in_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text(SOFTMAX_ONLY, encoding="utf-8")
    assert grader.main(["rubric", "--explain", str(rubric)]) == commands.GRADED
    words = " ".join(capsys.readouterr().out.split())
    for said in (
        "edition of 2025: 15 points",
        "value 4",
        "stability 4 (h)",
        "0.5·reg·sum(W·W)",
        "Style of the code 5",
        "up to 15 minutes late 1",
        "more than 1440 minutes late 0.5",
    ):
        assert said in words
    assert "delta" not in words, "softmax has no margin"


def test_the_schema_for_editors_is_that_of_the_types() -> None:
    written = json.loads((DOCS / "rubric.schema.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(rubric_schema())), "run `make schema`"


def test_the_schema_takes_right_rubrics_and_refuses_misspelt_ones() -> None:
    validator = jsonschema.Draft202012Validator(rubric_schema())
    shipped = tomllib.loads(default_rubric_path().read_text(encoding="utf-8"))
    validator.validate(shipped)
    validator.validate(tomllib.loads(SOFTMAX_ONLY))
    for old, new in (("seed", "sead"), ("hidden", "hiden"), ("value = 4", "valeu = 4"), ("0.9", "9")):
        wrong = tomllib.loads(SOFTMAX_ONLY.replace(old, new, 1))
        assert not validator.is_valid(wrong), new


def test_the_shipped_rubric_names_its_schema() -> None:
    path = default_rubric_path()
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert (path.parent / first.removeprefix("#:schema ")).resolve() == DOCS / "rubric.schema.json"

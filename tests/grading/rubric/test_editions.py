"""A rubric that names an edition says only what differs; one with a mistake is told in a line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import grader
from grading import commands
from grading.rubric.editions import USUAL, shipped
from grading.rubric.reading import RubricError, load_rubric


def written(folder: Path, text: str) -> Path:
    path = folder / "rubric.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_rubric_leaves_out_is_as_in_its_edition(tmp_path: Path) -> None:
    mine = load_rubric(
        written(tmp_path, 'edition = "cs231n-2015"\ntitle = "Homework 1"\nseed = 7\n')
    ).settings
    theirs = load_rubric(edition="cs231n-2015").settings
    assert (mine.title, mine.seed, mine.reg_scale) == ("Homework 1", 7, 0.5)
    assert (mine.functions, mine.calling) == (theirs.functions, theirs.calling)


def test_the_command_line_comes_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'edition = "cs231n-2015"\n')
    assert load_rubric(path, edition="cs231n-2016").settings.edition == "cs231n-2016"
    assert load_rubric(path, edition="cs231n-2016").settings.calling == load_rubric().settings.calling


def test_rubrics_of_different_editions_have_different_hashes() -> None:
    hashes = {load_rubric(edition=edition).sha256 for edition in shipped()}
    assert len(hashes) == len(shipped())
    assert load_rubric(edition=USUAL).sha256 == load_rubric().sha256


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '\nedition = "cs231n-2051"\n',
            "line 2: edition: there is no 'cs231n-2051'; .*did you mean 'cs231n-20.5'",
        ),
        ("edition = 5\n", "line 1: edition: there is no 5"),
        (
            'edition = "comp411"\n[calling]\nmake = ["D", "K"]\n',
            r"line 3: calling.make\[2\]: 'K' is neither a number nor something that can be passed; there are D, C",
        ),
        (
            'edition = "dlcourse"\n[calling]\nminimizes = ["softmaxx"]\n',
            "is not among the functions; did you mean 'softmax'",
        ),
        (
            'edition = "comp411"\n[calling]\nweights = "CxN"\n',
            'line 3: calling.weights: must be "CxD" or "DxC"',
        ),
    ],
)
def test_a_mistake_is_told_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RubricError, match=said):
        load_rubric(written(tmp_path, text))


def test_what_a_function_of_an_edition_returns_must_be_known(tmp_path: Path) -> None:
    functions = (
        '[functions.f]\nkind = "loss"\nreference = "softmax"\nreturns = ["dW"]\npoints = { value = 1 }\n'
    )
    with pytest.raises(RubricError, match=r'functions.f.returns: must be one of \["loss", "dW"\]'):
        load_rubric(written(tmp_path, 'edition = "comp411"\n' + functions))


def test_an_edition_is_packed_for_gradescope(tmp_path: Path) -> None:
    out = tmp_path / "autograder.zip"
    assert grader.main(["pack", "gradescope", str(out), "--edition", "cs231n-2015"]) == commands.GRADED
    with zipfile.ZipFile(out) as archive:
        assert b'edition = "cs231n-2015"' in archive.read("rubric/rubric.toml")
        assert "checks/editions/cs231n-2015.toml" in archive.namelist()

"""A class without names: what is written about all tells nothing of whose work it is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from grading.grades.grade import Counterexample, Diagnosis, Grade, LateFacts, ManualItem, Place
from grading.reports import CLASS_WRITERS, write_class
from grading.reports.anonymous import FILE, anonymous, pseudonyms, without_names
from tests.grading.reports.grades import FUNCTIONS, a_check, a_comparison, a_grade, an_execution, trainings

NAME = "ada_lovelace"


def a_telling_grade(name: str = NAME, **changes: object) -> Grade:
    """A grade with the name in every place into which a student, a file or an error can bring it."""
    check = a_check(
        message=name,
        remarks=[name],
        expected=name,
        got=name,
        counterexample=Counterexample(code=name),
        diagnosis=Diagnosis(id="x", title="The delta is missing.", hint="Add it."),
        gradient=a_comparison(),
    )
    execution = an_execution()
    (run,) = execution.notebooks
    told = msgspec.structs.replace(
        run,
        notebook=name,
        reason=name,
        remarks=[name],
        claims=[msgspec.structs.replace(claim, line=name) for claim in run.claims],
        failed=[msgspec.structs.replace(failed, error=name) for failed in run.failed],
    )
    grade = a_grade(
        name,
        checks=[check],
        functions={"svm_loss_naive": Place(source=name, lines=(1, 2))},
        manual=[ManualItem(question=name, answer=name, max_points=1.0, comment=name)],
        warnings=[name],
        trainings=[trainings([2.0, 1.0])],
        late=LateFacts(due="d", submitted=name, source=name, minutes=1, factor=1.0, raw_score=0.0),
        execution=msgspec.structs.replace(execution, notebooks=[told]),
        **changes,  # type: ignore[arg-type]
    )
    facts = msgspec.structs.replace(grade.submission, path=f"class/{name}.ipynb", sha256="abcdef" * 10)
    return msgspec.structs.replace(grade, submission=facts)


def files(grades: list[Grade], out: Path) -> dict[str, str]:
    names = pseudonyms([grade.submission.name for grade in grades], out)
    written = write_class(grades, FUNCTIONS, out, CLASS_WRITERS, names=names)
    return {path.name: path.read_text(encoding="utf-8") for path in written}


def test_nothing_about_the_class_tells_a_name_a_path_or_a_hash(tmp_path: Path) -> None:
    grades = [a_telling_grade(), a_telling_grade("grace_hopper", reason="grace_hopper.zip is damaged")]
    for name, text in files(grades, tmp_path).items():
        assert not re.search("ada_lovelace|grace_hopper|class/|abcdef", text), name
        assert not text or "submission-" in text, name


def test_what_is_to_be_known_of_how_hand_ins_were_found_is_hinted_at_without_names() -> None:
    (said,) = without_names([f"Handed in more than once, and the last time counts: {NAME}.", "More."])
    assert "terminal" in said
    assert NAME not in said
    assert without_names([]) == ()


def test_without_anonymity_the_names_are_there(tmp_path: Path) -> None:
    (index,) = write_class([a_telling_grade()], FUNCTIONS, tmp_path, ["html"])
    assert NAME in index.read_text(encoding="utf-8")


def test_points_verdicts_mistakes_and_what_is_for_a_person_stay(tmp_path: Path) -> None:
    names = {NAME: "submission-1"}
    before = a_telling_grade()
    after = anonymous(before, names)
    assert (after.score, after.max_score, after.state) == (before.score, before.max_score, before.state)
    assert [(check.id, check.status) for check in after.checks] == [("value", "failed")]
    page = files([before], tmp_path)["index.html"]
    assert "The delta is missing." in page
    assert "1 written answer to mark; 1 of 2 accuracies in the notebook not reproduced" in page


def test_pseudonyms_stay_the_same_and_new_names_get_their_own(tmp_path: Path) -> None:
    first = pseudonyms(["ada", "grace"], tmp_path)
    second = pseudonyms(["emmy", "grace", "ada"], tmp_path)
    assert first.items() < second.items()
    assert len(set(second.values())) == 3
    assert (tmp_path / FILE).read_text(encoding="utf-8").startswith("submission,pseudonym\n")


def test_a_pseudonym_cannot_be_worked_out_of_the_name(tmp_path: Path) -> None:
    assert pseudonyms(["ada"], tmp_path / "a") != pseudonyms(["ada"], tmp_path / "b")


def test_the_order_is_not_that_of_the_names(tmp_path: Path) -> None:
    grades = [a_grade(f"student{k:02d}") for k in range(40)]
    page = files(grades, tmp_path)["index.html"]
    shown = re.findall(r'data-name="([^"]*)"', page)
    assert shown == sorted(shown)
    by_pseudonym = {pseudonym: name for name, pseudonym in pseudonyms([], tmp_path).items()}
    assert [by_pseudonym[pseudonym] for pseudonym in shown] != sorted(by_pseudonym.values())


@pytest.mark.parametrize("name", ["plain", "a,b", 'a"b'])
def test_any_name_survives_the_file_of_pseudonyms(tmp_path: Path, name: str) -> None:
    assert pseudonyms([name], tmp_path) == pseudonyms([name], tmp_path)

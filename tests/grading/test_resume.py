"""What a second run into the same folder does, and what a killed one leaves."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest

import grader
from grading.grade import SuiteFacts
from grading.reading import Reader
from grading.resume import FOLDER, Records
from grading.sandbox.levels import Isolation, Level
from grading.submission import Handin
from tests.grading.small_class import RIGHT, RUBRIC, WRONG, make_class, results

FULL = Isolation(Level.FULL, "walls")


def run(capsys: pytest.CaptureFixture[str], work: Path, *options: str) -> str:
    """Grade a small class and return the last line that was printed."""
    rubric = work.parent / "rubric.toml"
    arguments = [str(work), "--out", str(work.parent / "out"), "--rubric", str(rubric), "--allow-unsafe"]
    grader.main([*arguments, "--jobs", "2", *options])
    return capsys.readouterr().out.splitlines()[-1]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return make_class(tmp_path / "class", ada=RIGHT, grace=RIGHT, zoe=WRONG)


def facts(**changes: object) -> SuiteFacts:
    base = SuiteFacts(version="1", rubric_sha256="r", seed=1, reg_scale=1.0, python="3", numpy="2")
    return msgspec.structs.replace(base, **changes)


def handin_hash(work: Path) -> str:
    return Reader(apart=False).digest(Handin("someone", work))


def bytes_of(out: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_second_run_grades_nothing_and_leaves_every_byte_as_it_was(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    assert run(capsys, work).startswith("3 graded (1 with failures), 0 not graded")
    before = bytes_of(work.parent / "out")
    assert run(capsys, work).startswith("0 graded, 3 unchanged (1 with failures), 0 not graded")
    assert bytes_of(work.parent / "out") == before


def test_only_what_has_changed_is_graded_again(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    run(capsys, work)
    (work / "zoe.py").write_text(RIGHT)
    assert run(capsys, work).startswith("1 graded, 2 unchanged, 0 not graded")
    shutil.copytree(work.parent / "out", work.parent / "resumed")
    shutil.rmtree(work.parent / "out")
    run(capsys, work)
    assert results(work.parent / "out") == results(work.parent / "resumed")


def test_force_and_a_changed_rubric_grade_everything_again(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    run(capsys, work)
    assert run(capsys, work, "--force").startswith("3 graded")
    (work.parent / "rubric.toml").write_text(RUBRIC.replace("prediction = 4", "prediction = 5"))
    assert run(capsys, work).startswith("3 graded")


def test_reports_that_are_missing_or_damaged_are_written_again_without_grading(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    run(capsys, work)
    out = work.parent / "out"
    before = bytes_of(out)
    (out / "ada" / "report.md").unlink()
    (out / "zoe" / "report.json").write_bytes(b'{"schema": 1, "sco')
    assert "3 unchanged" in run(capsys, work)
    assert bytes_of(out) == before


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_half_a_record_is_not_taken_for_one(
    capsys: pytest.CaptureFixture[str], work: Path, share: float
) -> None:
    run(capsys, work)
    record = work.parent / "out" / FOLDER / "ada.json"
    record.write_bytes(record.read_bytes()[: int(share * record.stat().st_size)])
    assert run(capsys, work).startswith("1 graded, 2 unchanged")


def test_what_could_not_be_graded_is_tried_anew(capsys: pytest.CaptureFixture[str], work: Path) -> None:
    (work / "empty.py").write_bytes(b"")
    assert run(capsys, work).startswith("3 graded (1 with failures), 1 not graded")
    assert not (work.parent / "out" / FOLDER / "empty.json").exists()
    assert run(capsys, work).startswith("0 graded, 3 unchanged (1 with failures), 1 not graded")


@pytest.mark.parametrize(
    "other",
    [{"version": "2"}, {"rubric_sha256": "s"}, {"seed": 2}, {"python": "4"}, {"numpy": "3"}],
    ids=str,
)
def test_a_grade_is_bound_to_what_it_was_made_with(tmp_path: Path, other: dict[str, object]) -> None:
    keep_one(tmp_path, facts())
    assert known(tmp_path, facts(), FULL)
    assert not known(tmp_path, facts(**other), FULL)


def test_a_grade_is_bound_to_the_level_of_isolation_and_to_the_code_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_one(tmp_path, facts())
    assert not known(tmp_path, facts(), Isolation(Level.LIMITS_ONLY, "walls"))
    monkeypatch.setattr("grading.resume.suite_hash", lambda: "another")
    assert not known(tmp_path, facts(), FULL)


def keep_one(tmp_path: Path, made_with: SuiteFacts) -> None:
    """Leave a record of ada.py in ``tmp_path``."""
    from grading.conclusion import not_graded
    from grading.rubric import load_rubric
    from grading.suite import Suite

    (tmp_path / "ada.py").write_text(RIGHT)
    handin = Handin("ada", tmp_path / "ada.py")
    grade = not_graded(handin, Suite(load_rubric()), FULL, "")
    facts = msgspec.structs.replace(grade.submission, sha256=Reader(apart=False).digest(handin))
    with Records(tmp_path, made_with) as records:
        assert records.find(handin, FULL) is None
        records.keep(handin, msgspec.structs.replace(grade, state="graded", submission=facts))


def known(tmp_path: Path, made_with: SuiteFacts, isolation: Isolation) -> bool:
    with Records(tmp_path, made_with) as records:
        return records.find(Handin("ada", tmp_path / "ada.py"), isolation) is not None


def test_the_hash_of_a_hand_in_sees_every_change_that_may_matter_and_no_other(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "cs231n").mkdir(parents=True)
    (work / "cs231n" / "svm.py").write_text(RIGHT)
    (work / "data.bin").write_bytes(b"1234")
    seen = [handin_hash(work)]

    (work / "__pycache__").mkdir()
    again = handin_hash(work)
    (work / "__pycache__" / "svm.pyc").write_bytes(b"compiled")
    os.utime(work / "cs231n" / "svm.py", (1, 1))
    (work / "data.bin").write_bytes(b"4321")
    assert handin_hash(work) == again

    (work / "cs231n" / "svm.py").write_text(WRONG)
    seen.append(handin_hash(work))
    (work / "cs231n" / "svm.py").rename(work / "svm.py")
    seen.append(handin_hash(work))
    (work / "softmax.ipynb").write_text("{}")
    seen.append(handin_hash(work))
    (work / "softmax.ipynb").unlink()
    (work / "softmax.ipynb").symlink_to(work / "nowhere")
    seen.append(handin_hash(work))
    assert len(set(seen)) == len(seen)


@pytest.mark.skipif(os.name == "nt", reason="locks of this kind are POSIX's")
def test_leftovers_of_killed_runs_are_cleared_unless_another_run_is_alive(tmp_path: Path) -> None:
    leftover = tmp_path / "ada" / ".report.json.k3j4h5.tmp"
    leftover.parent.mkdir()
    leftover.write_bytes(b"{")
    with Records(tmp_path, facts()):
        leftover.write_bytes(b"{")
        with Records(tmp_path, facts()):
            assert leftover.exists()
    with Records(tmp_path, facts()):
        assert not leftover.exists()

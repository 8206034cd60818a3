"""What a second run into the same folder does, and what a killed one leaves."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

import grader
from grading import commands
from grading.gradebook.database import FILE, Database
from grading.gradebook.records import FOLDER, Records
from grading.grades.grade import IsolationFacts
from grading.intake.reader import Reader
from grading.intake.submission import Handin
from grading.rubric.reading import load_rubric
from grading.running.grade_assembly import not_graded
from grading.running.setup import RunSetup
from tests.grading.running.small_class import RIGHT, RUBRIC, WRONG, kept_in, make_class, results, rows

FULL = IsolationFacts(level="full", detail="walls")


def run(capsys: pytest.CaptureFixture[str], work: Path, *options: str) -> str:
    """Grade a small class and return the last line that was printed."""
    grader.main([*arguments(work), *options])
    return capsys.readouterr().out.splitlines()[-1]


def arguments(work: Path) -> list[str]:
    folder = work.parent if work.is_dir() else work.parent.parent
    rubric, out = str(folder / "rubric.toml"), str(folder / "out")
    return [str(work), "--out", out, "--rubric", rubric, "--allow-unsafe", "--jobs", "1"]


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return make_class(tmp_path / "class", ada=RIGHT, grace=RIGHT, zoe=WRONG)


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folder of a class that has been graded, and a copy of it."""
    folder = tmp_path_factory.mktemp("graded")
    work = make_class(folder / "class", ada=RIGHT, grace=RIGHT, zoe=WRONG)
    grader.main([*arguments(work), "--jobs", "2"])
    return folder, shutil.copytree(folder, tmp_path_factory.mktemp("kept") / "graded")


@pytest.fixture
def graded(graded_once: tuple[Path, Path]) -> Path:
    """The class, graded, in the place where that was done, since the gradebook knows it."""
    folder, kept = graded_once
    shutil.rmtree(folder)
    return shutil.copytree(kept, folder) / "class"


DIGEST = Reader(apart=False).digest


def handin_hash(work: Path) -> str:
    return str(DIGEST(Handin("someone", work)))


def bytes_of(out: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_a_second_run_grades_nothing_and_leaves_every_byte_as_it_was(
    capsys: pytest.CaptureFixture[str], work: Path
) -> None:
    assert run(capsys, work).startswith("3 graded (1 with failures), 0 not graded")
    before = bytes_of(work.parent / "out")
    assert run(capsys, work).startswith("0 graded, 3 unchanged (1 with failures), 0 not graded")
    assert bytes_of(work.parent / "out") == before


def test_only_what_has_changed_is_graded_again(capsys: pytest.CaptureFixture[str], graded: Path) -> None:
    (graded / "zoe.py").write_text(RIGHT)
    assert run(capsys, graded).startswith("1 graded, 2 unchanged, 0 not graded")
    shutil.move(graded.parent / "out", graded.parent / "resumed")
    run(capsys, graded)
    assert results(graded.parent / "out") == results(graded.parent / "resumed")


def test_a_class_in_another_folder_is_not_graded_again_and_the_gradebook_has_that_folder(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    shutil.move(graded, graded.parent / "downloaded again")
    assert run(capsys, graded.parent / "downloaded again").startswith("0 graded, 3 unchanged")
    paths = [path for (path,) in rows(graded.parent / "out", "SELECT path FROM gradebook")]
    assert {Path(path).parent.name for path in paths} == {"downloaded again"}


def test_force_grades_everything_again_and_one_process_comes_to_what_two_have_come_to(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    before = results(graded.parent / "out")
    assert run(capsys, graded, "--force").startswith("3 graded")
    assert results(graded.parent / "out") == before


def test_reports_that_are_missing_or_damaged_are_written_again_without_grading(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    out = graded.parent / "out"
    before = bytes_of(out)
    (out / "ada" / "report.md").unlink()
    (out / "zoe" / "report.json").write_bytes(b'{"schema": 1, "sco')
    assert "3 unchanged" in run(capsys, graded)
    assert bytes_of(out) == before


def test_a_damaged_record_is_not_taken_for_a_verdict(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    change(graded, "UPDATE verdicts SET record = substr(record, 1, 100) WHERE id = 1")
    assert run(capsys, graded).startswith("1 graded, 2 unchanged")


def test_a_full_disk_at_the_first_write_spoils_nothing_that_is_written_after_it(
    capsys: pytest.CaptureFixture[str], graded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ada", "grace"):
        (graded / f"{name}.py").write_text(WRONG)
    written: list[str] = []

    def full_at_first(self: Database, statement: str, values: tuple[object, ...] = ()) -> int:
        if "INTO verdicts" in statement:
            written.append(statement)
            if len(written) == 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), FILE)
        return change_(self, statement, values)

    change_ = Database.change
    monkeypatch.setattr(Database, "change", full_at_first)
    last = run(capsys, graded)
    assert last.startswith("1 graded (1 with failures), 1 unchanged (1 with failures), 1 not graded")
    assert min(rows(graded.parent / "out", "SELECT state, score FROM gradebook")) == ("graded", 0.0)


def test_what_could_not_be_graded_is_tried_anew(capsys: pytest.CaptureFixture[str], graded: Path) -> None:
    (graded / "empty.py").write_bytes(b"")
    for _ in range(2):
        assert run(capsys, graded).startswith("0 graded, 3 unchanged (1 with failures), 1 not graded")
        assert "empty" not in kept_in(graded.parent / "out")


def test_what_verdicts_are_worth_is_applied_without_running_student_code(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    out, times, rubric = (graded.parent / name for name in ("out", "times.csv", "rubric.toml"))
    times.write_text("submission,submitted\nada,2026-02-01T00:00:00Z\n")
    worth = RUBRIC.replace("prediction = 4", "prediction = 8").replace('title = "', 'title = "Another ')
    worth = worth.replace("seed =", "manual_points = 3\nseed =")
    rubric.write_text(f"{worth}[late]\ndue = 2026-01-01T00:00:00Z\nsteps = [{{minutes = 0, factor = 0.5}}]\n")
    assert run(capsys, graded, "--times", str(times)).startswith("0 graded, 3 unchanged")
    applied = results(out)
    assert rows(out, "SELECT name, score FROM gradebook ORDER BY name") == [
        ("ada", 4),
        ("grace", 8),
        ("zoe", 0),
    ]
    shutil.rmtree(out)
    assert run(capsys, graded, "--times", str(times)).startswith("3 graded")
    assert results(out) == applied, "as if graded with it from the start"


def test_what_decides_verdicts_grades_again(capsys: pytest.CaptureFixture[str], graded: Path) -> None:
    (graded.parent / "rubric.toml").write_text(RUBRIC.replace("seed =", "reg_scale = 0.5\nseed ="))
    assert run(capsys, graded).startswith("3 graded")


def test_the_history_of_a_mark_has_each_change_and_no_more(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    for code in (RIGHT, WRONG, RIGHT):
        (graded / "ada.py").write_text(code)
        run(capsys, graded)
    query = "SELECT score FROM marks JOIN handins ON handins.id = handin WHERE name = 'ada' ORDER BY marks.id"
    assert rows(graded.parent / "out", query) == [(4.0,), (0.0,), (4.0,)]
    assert len(kept_in(graded.parent / "out")) == 3


def test_grading_one_again_keeps_the_class_whole(capsys: pytest.CaptureFixture[str], graded: Path) -> None:
    before = results(graded.parent / "out")
    run(capsys, graded / "ada.py")
    assert {name: text for name, text in results(graded.parent / "out").items() if name != "index.html"} == {
        name: text for name, text in before.items() if name != "index.html"
    }
    assert "zoe" in (graded.parent / "out" / "index.html").read_text()


def test_who_is_no_longer_where_the_class_lies_is_no_longer_in_its_files(
    capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    (graded / "zoe.py").unlink()
    run(capsys, graded)
    assert "zoe" not in (graded.parent / "out" / "gradebook.csv").read_text()
    assert "zoe" in kept_in(graded.parent / "out")


def test_a_folder_from_before_is_taken_over(capsys: pytest.CaptureFixture[str], graded: Path) -> None:
    out = graded.parent / "out"
    with closing(sqlite3.connect(out / FILE)) as database:
        records = dict(
            database.execute("SELECT name, record FROM verdicts JOIN handins ON handin = handins.id")
        )
    (out / FILE).unlink()
    for name, record in records.items():
        grade = zlib.decompress(record).decode()
        (out / FOLDER / f"{name}.json").write_text(f'{{"key": "k", "grade": {grade}}}')
    (out / FOLDER / "half.json").write_text('{"key": "k", "gra')
    assert run(capsys, graded / "ada.py").startswith("1 graded")
    assert not list((out / FOLDER).glob("*.json"))
    assert rows(out, "SELECT name, score FROM gradebook ORDER BY name") == [
        ("ada", 4),
        ("grace", 4),
        ("zoe", 0),
    ]
    assert "zoe" in (out / "gradebook.csv").read_text()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no database", "is damaged or no gradebook"),
        ("CREATE TABLE marks (id)", "is no gradebook of subgrader's"),
        (
            "CREATE TRIGGER t AFTER INSERT ON marks BEGIN UPDATE marks SET score = 100; END",
            "is no gradebook of",
        ),
        ("PRAGMA user_version = 99", "is of a newer version"),
    ],
)
def test_a_file_that_is_no_gradebook_of_ours_is_refused_in_one_line(
    content: bytes | str, said: str, capsys: pytest.CaptureFixture[str], graded: Path
) -> None:
    file = graded.parent / "out" / FILE
    if isinstance(content, bytes):
        file.write_bytes(content * 1000)
    else:
        if "TABLE" in content:
            file.unlink()
        change(graded, content)
    assert grader.main(arguments(graded)) == commands.WRONG_USE
    assert said in capsys.readouterr().err


def change(work: Path, statement: str) -> None:
    with closing(sqlite3.connect(work.parent / "out" / FILE)) as database:
        database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    "other", [{"seed": 2}, {"reg_scale": 0.5}, {"delta": 2.0}, {"tolerance": 0.0}], ids=str
)
def test_a_verdict_is_bound_to_what_decides_it(tmp_path: Path, other: dict[str, object]) -> None:
    keep_one(tmp_path, setup())
    assert known(tmp_path, setup(), FULL)
    assert not known(tmp_path, setup(**other), FULL)


def test_a_verdict_is_bound_to_the_level_of_isolation_and_to_the_code_of_the_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_one(tmp_path, setup())
    assert not known(tmp_path, setup(), IsolationFacts(level="limits-only", detail="walls"))
    for name, value in (("suite_hash", "another"), ("library_versions", {"scipy": "0"})):
        with monkeypatch.context() as patched:
            patched.setattr(f"grading.gradebook.records.{name}", lambda value=value: value)
            assert not known(tmp_path, setup(), FULL)
    assert known(tmp_path, setup(), FULL)


def setup(**changes: object) -> RunSetup:
    rubric = load_rubric()
    return RunSetup(
        msgspec.structs.replace(rubric, settings=msgspec.structs.replace(rubric.settings, **changes))
    )


def keep_one(tmp_path: Path, made_with: RunSetup) -> None:
    """Leave a record of ada.py in ``tmp_path``."""
    (tmp_path / "ada.py").write_text(RIGHT)
    handin = Handin("ada", tmp_path / "ada.py")
    grade = not_graded(handin, made_with, FULL, "")
    facts = msgspec.structs.replace(grade.submission, sha256=str(DIGEST(handin)))
    grade = msgspec.structs.replace(grade, state="graded", submission=facts)
    with Records(tmp_path, made_with, digest=DIGEST) as records:
        assert records.find(handin, FULL) is None
        records.keep(handin, grade, grade)


def known(tmp_path: Path, made_with: RunSetup, isolation: IsolationFacts) -> bool:
    with Records(tmp_path, made_with, digest=DIGEST) as records:
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
    with Records(tmp_path, setup()):
        leftover.write_bytes(b"{")
        with Records(tmp_path, setup()):
            assert leftover.exists()
    with Records(tmp_path, setup()):
        assert not leftover.exists()


@pytest.mark.parametrize("reading", [["--class"], ["--one"]])
def test_what_the_grader_has_written_is_nobodys_hand_in(
    reading: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_class(tmp_path / "class", ada=RIGHT, grace=RIGHT))
    command = [".", *reading, "--rubric", "../rubric.toml", "--allow-unsafe", "--format", "csv,json,notebook"]
    tables = []
    for _ in range(2):
        grader.main(command)
        tables.append(Path("reports/gradebook.csv").read_text())
    assert tables[0] == tables[1]
    assert "nothing in reports is graded" in capsys.readouterr().err

"""Many hand-ins side by side: what dies, hangs or cannot be written costs only itself."""

from __future__ import annotations

import errno
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import pytest

import grader
from grading import commands
from grading.gradebook.database import Database
from grading.grades.grade import Grade
from grading.intake.find import find
from grading.intake.submission import Handin
from grading.rubric.reading import load_rubric
from grading.running.run import Outcome, grade_all
from grading.running.setup import RunSetup
from grading.running.work import Work
from grading.sandbox.walls.levels import DisturbedError
from tests.grading.running.small_class import HANGS, RIGHT, WRONG, kept_in, make_class, results, rows

ROOT = Path(__file__).resolve().parents[3]
needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="other processes do not see what is patched")
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


def arguments(work: Path, out: Path) -> list[str]:
    rubric = work.parent / "rubric.toml"
    return [str(work), "--out", str(out), "--rubric", str(rubric), "--allow-unsafe", "--jobs", "2"]


def start(work: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "grader.py"), *arguments(work, out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # Tests may run in the background, where a shell has Ctrl-C ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def grading_with(work: Path) -> Work:
    return Work(RunSetup(load_rubric(work.parent / "rubric.toml"), allow_unsafe=True))


def graded(work: Path, jobs: int = 2) -> dict[str, Grade]:
    with grading_with(work) as what:
        outcomes = grade_all(find([work]), what, jobs)
        return {outcome.grade.submission.name: outcome.grade for outcome in outcomes}


def descendants(process: int) -> dict[int, str]:
    """All living processes below this one, and when each was started."""
    parents: dict[int, int] = {}
    started: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                parents[int(folder.name)], started[int(folder.name)] = int(fields[1]), fields[19]
    found = {process}
    while new := {child for child, parent in parents.items() if parent in found} - found:
        found |= new
    return {child: started[child] for child in found & set(started)}


def still_running(processes: dict[int, str]) -> set[int]:
    """Which of these are alive after they had some seconds to end."""
    left: set[int] = set()
    for _ in range(100):
        left = {p for p, begin in processes.items() if descendants(p).get(p) == begin}
        if not left:
            break
        time.sleep(0.1)
    return left


def wait_until_busy(process: subprocess.Popen[str], out: Path) -> dict[int, str]:
    """Wait until the first grade is there, and return the whole tree of processes."""
    while "ada" not in kept_in(out):
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    return descendants(process.pid)


@needs_fork
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_process_that_dies_costs_the_hand_in_that_killed_it_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    work = make_class(tmp_path / "class", ada=RIGHT, killer=RIGHT, mary=RIGHT, zoe=WRONG)
    grade = Work.graded

    def deadly(work: Work, handin: Handin, *, is_asked_again: bool) -> Grade:
        if handin.name == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        return grade(work, handin, is_asked_again=is_asked_again)

    monkeypatch.setattr(Work, "graded", deadly)
    grades = graded(work, jobs)
    assert {name: g.state for name, g in grades.items()} == {
        **dict.fromkeys(("ada", "mary", "zoe"), "graded"),
        "killer": "not_graded",
    }
    assert "was ended by SIGKILL, twice" in (grades["killer"].reason or "")


@needs_fork
def test_a_process_that_dies_by_chance_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = make_class(tmp_path / "class", ada=RIGHT, unlucky=RIGHT)
    grade = Work.graded

    def deadly_once(work: Work, handin: Handin, *, is_asked_again: bool) -> Grade:
        if handin.name == "unlucky" and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return grade(work, handin, is_asked_again=is_asked_again)

    monkeypatch.setattr(Work, "graded", deadly_once)
    assert [g.score for g in graded(work).values()] == [4, 4]
    assert (tmp_path / "died").exists()


@needs_fork
def test_a_defect_of_the_grader_is_said_and_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = make_class(tmp_path / "class", ada=RIGHT, odd=RIGHT)
    grade = Work.graded

    def defective(work: Work, handin: Handin, *, is_asked_again: bool) -> Grade:
        if handin.name == "odd":
            raise KeyError("gone")
        return grade(work, handin, is_asked_again=is_asked_again)

    monkeypatch.setattr(Work, "graded", defective)
    grades = graded(work)
    assert grades["ada"].score == 4
    assert grades["odd"].state == "not_graded"
    assert "a defect of the grader, not of the hand-in: KeyError" in (grades["odd"].reason or "")


@needs_fork
def test_a_hand_in_that_others_disturb_is_graded_once_more_and_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = make_class(tmp_path / "class", ada=RIGHT, hit=RIGHT, zoe=RIGHT)
    grade = Work.graded

    def disturbed(work: Work, handin: Handin, *, is_asked_again: bool) -> Grade:
        with (tmp_path / "tries").open("a") as tries:
            tries.write(f"{handin.name} {is_asked_again}\n")
        if handin.name == "hit" and is_asked_again:
            raise DisturbedError
        return grade(work, handin, is_asked_again=is_asked_again)

    monkeypatch.setattr(Work, "graded", disturbed)
    assert {name: found.score for name, found in graded(work).items()} == {"ada": 4, "hit": 4, "zoe": 4}
    tries = (tmp_path / "tries").read_text().splitlines()
    assert sorted(tries) == ["ada True", "hit False", "hit True", "zoe True"]


def test_what_a_process_does_can_be_sent_to_one_that_is_not_forked(tmp_path: Path) -> None:
    work = make_class(tmp_path / "class", ada=RIGHT)
    with grading_with(work) as here:
        here.is_spare = True
        sent = pickle.dumps(here.another())
    with pickle.loads(sent) as received:  # noqa: S301 - it is our own
        assert received(find([work])[0]).score == 4
        assert received(find([work])[0]).score == 4


@needs_proc
def test_closing_the_iterator_ends_all_processes(tmp_path: Path) -> None:
    work = make_class(tmp_path / "class", ada=RIGHT, hangs=HANGS, zoe=RIGHT)
    before = descendants(os.getpid())
    with grading_with(work) as what:
        outcomes = grade_all(find([work]), what, 2)
        assert isinstance(next(outcomes), Outcome)
        ours = {p: begin for p, begin in descendants(os.getpid()).items() if p not in before}
        assert ours
        outcomes.close()
    assert not still_running(ours)


def test_a_defect_met_while_reports_are_written_costs_only_their_hand_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from grading.reports.json_report import JsonReport

    render = JsonReport.render

    def fails(self: JsonReport, grade: Grade) -> bytes:
        if grade.submission.name == "mary":
            raise RecursionError("too deep")
        return render(self, grade)

    monkeypatch.setattr(JsonReport, "render", fails)
    work = make_class(tmp_path / "class", ada=RIGHT, mary=RIGHT)
    assert grader.main([*arguments(work, tmp_path / "out"), "--format", "json"]) == commands.NOT_GRADED
    said = capsys.readouterr().out
    assert "mary: a defect of the grader, not of the hand-in: RecursionError: too deep" in said
    assert (tmp_path / "out" / "ada" / "report.json").exists()


def test_reports_that_cannot_be_written_cost_only_their_hand_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = make_class(tmp_path / "class", ada=RIGHT, mary=RIGHT, zoe=RIGHT), tmp_path / "out"
    out.mkdir()
    (out / "mary").write_text("a file where a folder must be")
    assert grader.main(arguments(work, out)) == commands.NOT_GRADED
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("not graded  mary: its reports could not be written")]
    assert lines[-1].startswith("2 graded, 1 not graded")
    (out / "mary").unlink()
    assert grader.main(arguments(work, out)) == commands.GRADED
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 graded, 2 unchanged, 0 not graded")


def test_a_full_disk_gets_a_line_for_each_hand_in_and_the_next_run_makes_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    work, out = make_class(tmp_path / "class", ada=RIGHT, zoe=RIGHT), tmp_path / "out"

    def full(_: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    change = Database.change

    def change_or_fail(database: Database, statement: str, *values: Any) -> int:
        return full(0) if statement.startswith("INSERT") else change(database, statement, *values)

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        patch.setattr(Database, "change", change_or_fail)
        assert grader.main(arguments(work, out)) == commands.NOT_GRADED
    said = capsys.readouterr()
    assert len([line for line in said.out.splitlines() if "(No space left on device)" in line]) == 2
    assert any(line.startswith("0 graded, 2 not graded") for line in said.out.splitlines())
    assert re.search(
        r"^grader.py: cannot write .*: No space left on device; make room .*\n\Z", said.err, re.MULTILINE
    )
    assert not list(out.rglob("*.tmp"))
    assert grader.main(arguments(work, out)) == commands.GRADED


def test_huge_empty_and_unreadable_hand_ins_get_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = make_class(tmp_path / "class", ada=RIGHT), tmp_path / "out"
    with (work / "huge.ipynb").open("wb") as file:
        file.truncate(2 << 30)
    for number in range(3):
        (work / f"nothing{number}.ipynb").touch()
    (work / "nowhere.py").symlink_to(tmp_path / "missing.py")
    assert grader.main(arguments(work, out)) == commands.NOT_GRADED
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("not graded  ")]) == 5
    assert [line for line in lines if "huge.ipynb has 2,147,483,648 bytes" in line]
    assert lines[-1].startswith("1 graded, 5 not graded")


@needs_proc
def test_ctrl_c_ends_everything_and_says_how_to_go_on(tmp_path: Path) -> None:
    work, out = make_class(tmp_path / "class", ada=RIGHT, hangs=HANGS, hangs_too=HANGS), tmp_path / "out"
    process = start(work, out)
    tree = wait_until_busy(process, out)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == commands.NOT_GRADED
    assert "run the same command again to go on" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert len(tree) > 2
    assert not still_running(tree)
    for name in ("hangs", "hangs_too"):
        (work / f"{name}.py").write_text(RIGHT)
    assert "2 graded, 1 unchanged" in start(work, out).communicate(timeout=60)[0]


@needs_proc
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_nothing_outlives_a_grader_that_is_killed(tmp_path: Path, name: str) -> None:
    work, out = make_class(tmp_path / "class", ada=RIGHT, hangs=HANGS, hangs_too=HANGS), tmp_path / "out"
    process = start(work, out)
    tree = wait_until_busy(process, out)
    process.send_signal(signal.Signals[name])
    process.communicate(timeout=30)
    assert len(tree) > 2
    assert not still_running(tree)


@needs_proc
def test_a_class_that_is_killed_again_and_again_ends_with_the_results_of_one_that_was_not(
    tmp_path: Path,
) -> None:
    hand_ins = {f"student{number}": RIGHT if number % 5 else WRONG for number in range(7)}
    work = make_class(tmp_path / "class", **hand_ins)
    undisturbed = start(work, tmp_path / "undisturbed")
    begin = time.monotonic()
    undisturbed.communicate(timeout=120)
    needed = time.monotonic() - begin
    out, moments = tmp_path / "out", random.Random(20)
    for _ in range(2):
        kept = kept_in(out)
        process = start(work, out)
        time.sleep(moments.uniform(0.3, 1.0) * needed)
        tree = descendants(process.pid)
        process.kill()
        said = process.communicate()[0]
        again = {name for name in kept if re.search(rf"/4  {name}\b", said)}
        assert not again, "what was kept is not graded a second time"
        assert not still_running(tree)
    last = start(work, out).communicate(timeout=120)[0]
    assert "0 not graded" in last.splitlines()[-1]
    assert results(out) == results(tmp_path / "undisturbed")


def test_two_runs_into_one_folder_at_once_do_not_hurt_each_other(tmp_path: Path) -> None:
    hand_ins = {f"student{number}": RIGHT if number % 2 else WRONG for number in range(3)}
    work, out = make_class(tmp_path / "class", **hand_ins), tmp_path / "out"
    both = [start(work, out), start(work, out)]
    for process in both:
        said = process.communicate(timeout=60)[0]
        assert process.returncode == commands.GRADED, said
        assert "0 not graded" in said.splitlines()[-1]
    grader.main(arguments(work, tmp_path / "alone"))
    assert results(out) == results(tmp_path / "alone")
    assert rows(out, "SELECT count(*) FROM marks") == [(3,)], "and nothing is there twice"

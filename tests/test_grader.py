"""The command, as a person runs it: the samples, the exit codes, and what bad input gets."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import grader
from grading import commands
from grading.gradebook.database import FILE

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "submissions"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit code of `grader.py ARGUMENTS` and what it printed."""
    try:
        # The samples are ours, so a machine without walls will do; tests/hostile holds the walls themselves.
        code = grader.main(["--allow-unsafe", *map(str, arguments)])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--editon", "comp411"], "grader.py: there is no option --editon; did you mean --edition?"),
        (
            ["watch", "x.py", "--langs=zh"],
            "grader.py watch: there is no option --langs; did you mean --lang?",
        ),
        (["strater", "out"], "and no command of that name; did you mean grader.py starter?"),
    ],
)
def test_what_is_misspelled_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert grader.main(arguments) == commands.WRONG_USE
    assert said in capsys.readouterr().err


def run_command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The same for `grader.py COMMAND ARGUMENTS`."""
    code = grader.main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def report(out: Path, name: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((out / name / "report.json").read_bytes())
    return result


def lost(result: dict[str, Any]) -> set[str]:
    """What was failed, as "function: check"."""
    return {f"{c['function']}: {c['id']}" for c in result["checks"] if c["status"] in ("failed", "error")}


def without_times(path: Path) -> str:
    return re.sub(r'"seconds": [-+.0-9e]+|[-+.0-9e]+ s\b', "", path.read_text(encoding="utf-8"))


def reports_without_times(out: Path) -> dict[str, str]:
    files = (p for p in sorted(out.rglob("*")) if p.is_file() and p.name != FILE)
    return {str(p.relative_to(out)): without_times(p) for p in files}


@pytest.mark.parametrize("option", ["--help", "--jobs=none"])
def test_help_and_wrong_use_are_answered_without_numpy(option: str) -> None:
    program = (
        f"import sys, grader\ntry:\n    grader.main([{option!r}])\nexcept SystemExit:\n    pass\n"
        "sys.exit('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0


def test_help_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "2 wrong use" in " ".join(out.split())


def test_the_doctor_says_the_level_and_every_part_of_the_walls(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_command(capsys, "doctor")
    level = out.splitlines()[0]
    assert level.startswith("isolation: ")
    assert (code == commands.GRADED) == level.startswith("isolation: full")
    assert "bubblewrap" in out
    assert "Landlock" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--jobs", "0"], "'0' is not a number of processes"),
        (["--fail-under", "120"], "'120' is not a percentage"),
        (["--format", "json,pdf"], "no format is called 'pdf'; there are json, md, html"),
        (["no/such/path"], "no/such/path"),
    ],
)
def test_wrong_use_gets_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == commands.WRONG_USE
    assert complaint in err.splitlines()[-1]
    assert "Traceback" not in err


def test_an_empty_folder_gets_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _, err = run(capsys, tmp_path)
    assert code == commands.WRONG_USE
    assert len(err.splitlines()) == 1


def test_a_rubric_with_an_unknown_key_gets_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rubric = tmp_path / "rubric.toml"
    rubric.write_text((ROOT / "checks" / "rubric.toml").read_text(encoding="utf-8") + "\ncall_secs = 3\n")
    code, _, err = run(capsys, SAMPLES, "--rubric", rubric)
    assert code == commands.WRONG_USE
    assert "call_secs" in err
    assert len(err.splitlines()) == 1


def test_what_cannot_be_graded_gets_a_line_each_and_costs_the_others_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    work, out = tmp_path / "class", tmp_path / "reports"
    work.mkdir()
    shutil.copy(SAMPLES / "ada.ipynb", work)
    (work / "essay.pdf").write_bytes(b"%PDF-1.7\n")
    (work / "empty.ipynb").write_bytes(b"")
    with zipfile.ZipFile(work / "climbing.zip", "w") as archive:
        archive.writestr("../../softmax.py", "print('out')")
    code, text, err = run(capsys, work, "--out", out, "--jobs", 1)
    assert code == commands.NOT_GRADED
    assert "Traceback" not in text + err
    assert report(out, "ada")["score"] == 100
    for name in ("essay", "empty", "climbing"):
        (found,) = out.glob(f"{name}*/report.json")
        result = json.loads(found.read_bytes())
        assert result["state"] == "not_graded"
        assert "\n" not in result["reason"]
        assert [line for line in text.splitlines() if line.startswith("not graded") and name in line]


def test_a_path_that_is_not_there_gets_a_line_and_costs_the_others_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "no/such/path", SAMPLES / "ada.ipynb", "--out", tmp_path)
    assert code == commands.NOT_GRADED
    assert len(err.splitlines()) == 1
    assert "no/such/path" in err
    assert "100/100  ada" in out


def test_a_score_below_the_bar_gives_exit_code_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sample = SAMPLES / "factor_two_forgotten.ipynb"
    assert run(capsys, sample, "--out", tmp_path, "--fail-under", 99.5)[0] == commands.BELOW
    assert run(capsys, sample, "--out", tmp_path, "--fail-under", 50)[0] == commands.GRADED


def test_an_output_folder_that_cannot_be_made_gets_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, SAMPLES / "ada.ipynb", "--out", tmp_path / "file" / "reports")
    assert code == commands.NOT_GRADED
    assert "--out" in err
    assert len(err.splitlines()) == 1


@pytest.fixture(scope="module")
def rubric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped one, but for time: one of the samples takes all that a call may, and few repairs are looked for."""
    path = tmp_path_factory.mktemp("rubric") / "rubric.toml"
    text = 'edition = "cs231n"\n[limits]\ncall_seconds = 2.0\n[repair]\ncandidates = 100\n'
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def graded_samples(rubric: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reports")
    options = ["--out", str(out), "--rubric", str(rubric), "--jobs", "2", "--allow-unsafe"]
    grader.main([str(SAMPLES), *options])
    return out


def test_two_runs_and_one_or_two_processes_write_the_same_reports(
    graded_samples: Path, rubric: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("course_layout", "several_slips", "does_not_parse")
    paths = [path for path in SAMPLES.iterdir() if path.stem in names]
    run(capsys, *paths, "--out", tmp_path, "--rubric", rubric, "--jobs", 1)
    for name in names:
        assert reports_without_times(tmp_path / name) == reports_without_times(graded_samples / name) != {}


def test_every_sample_is_in_the_gradebook_in_an_explicit_state(graded_samples: Path) -> None:
    with (graded_samples / "gradebook.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["submission"] for row in rows} == {
        p.parent.name for p in graded_samples.glob("*/report.json")
    }
    assert all(row["state"] in ("graded", "not_graded") for row in rows)


RIGHT = ("ada", "course_layout", "grace", "two_copies")

DESERVED = {
    **{name: (100, set()) for name in RIGHT},
    "factor_two_forgotten": (91, {"svm_loss_naive: gradient"}),
    "no_gradient_of_the_penalty": (81, {"svm_loss_naive: gradient", "svm_loss_vectorized: gradient"}),
    "loops_in_vectorized": (96, {"svm_loss_vectorized: vectorized"}),
    "hangs": (75, {"svm_loss_vectorized: interface", "LinearSVM.train: accuracy"}),
    "does_not_parse": (85, {"softmax_loss_naive: interface"}),
    "unfinished_template": (
        6,
        {
            "svm_loss_naive: gradient",
            "svm_loss_vectorized: interface",
            "softmax_loss_naive: interface",
            "softmax_loss_vectorized: interface",
            "LinearSVM.train: training",
            "LinearSVM.predict: prediction",
            "Softmax.train: training",
            "Softmax.predict: prediction",
        },
    ),
    "python2": (
        40,
        {
            "svm_loss_naive: interface",
            "softmax_loss_naive: interface",
            "LinearSVM.train: training",
            "LinearSVM.predict: prediction",
            "Softmax.train: training",
            "Softmax.predict: prediction",
        },
    ),
    "several_slips": (
        67,
        {
            "svm_loss_naive: value",
            "svm_loss_naive: gradient",
            "svm_loss_vectorized: gradient",
            "softmax_loss_naive: stability",
            "LinearSVM.predict: prediction",
            "Softmax.predict: prediction",
        },
    ),
}


def test_every_sample_has_a_grade_that_it_deserves(graded_samples: Path) -> None:
    assert {p.parent.name for p in graded_samples.glob("*/report.json")} == set(DESERVED)


@pytest.mark.parametrize("name", DESERVED)
def test_a_sample_gets_the_grade_that_it_deserves_for_the_stated_reason(
    graded_samples: Path, name: str
) -> None:
    result = report(graded_samples, name)
    score, broken = DESERVED[name]
    assert (result["score"], lost(result)) == (score, broken)


def test_the_forgotten_factor_fails_the_gradient_of_that_function_only(graded_samples: Path) -> None:
    result = report(graded_samples, "factor_two_forgotten")
    assert lost(result) == {"svm_loss_naive: gradient"}
    (check,) = [c for c in result["checks"] if c["status"] == "failed"]
    example = check["counterexample"]
    assert len(example["X"]) * len(example["X"][0]) <= 2, "a person can check it by hand"
    assert example["reg"] > 0


def program(arguments: str, redirection: str) -> subprocess.CompletedProcess[str]:
    """`grader.py`, run by a shell that does something with what it prints."""
    command = f'"{sys.executable}" "{ROOT / "grader.py"}" {arguments} {redirection}'
    return subprocess.run(command, shell=True, capture_output=True, text=True, check=False)


def test_the_program_says_all_that_the_command_says_and_ends_with_its_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said, _ = run_command(capsys, "rubric", "--explain")
    done = program("rubric --explain", "| cat")
    assert (done.stdout.split(), done.stderr, code) == (said.split(), "", 0)
    assert program("no-such-hand-in", "").returncode == commands.WRONG_USE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_what_cannot_be_printed_is_said_in_one_line() -> None:
    done = program("rubric --explain", "> /dev/full")
    assert done.returncode == commands.NOT_GRADED
    assert done.stderr == "grader.py: cannot write what it has to say: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    assert program("rubric --explain", "| true").stderr == ""
    assert program("rubric --explain", ">&-").returncode == 0
    grading = f'"{SAMPLES / "ada.ipynb"}" --allow-unsafe --format json --out "{tmp_path}"'
    assert program(grading, "| true").stderr == ""
    assert program(grading, ">&-").returncode == 0


def test_what_a_terminal_cannot_show_stands_there_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = program("李明.ipynb", "")
    assert "\\u674e\\u660e.ipynb: no such file or folder" in done.stderr
    assert done.returncode == commands.WRONG_USE


def test_where_a_path_has_two_readings_the_terminal_and_the_class_page_say_which_was_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("mine", "parser"):
        (tmp_path / "work" / name).mkdir(parents=True)
        (tmp_path / "work" / name / "try.pdf").write_bytes(b"%PDF-1.7")
    work, out = str(tmp_path / "work"), tmp_path / "out"
    said = f"{work} was taken for a folder of 2 hand-ins: mine, parser; "
    said += "if it is one student's work, grade it with --one."
    command = ["--out", str(out), "--format", "html", "--allow-unsafe", work]
    assert grader.main(command) == commands.NOT_GRADED
    assert f"grader.py: {said}" in capsys.readouterr().err
    assert html.escape(said, quote=False) in html.unescape((out / "index.html").read_text(encoding="utf-8"))
    for reading, graded in (("--one", "0 graded, 1 not graded"), ("--class", "0 graded, 2 not graded")):
        assert grader.main([reading, *command]) == commands.NOT_GRADED
        printed = capsys.readouterr()
        assert graded in printed.out
        assert "was taken" not in printed.err
    assert "How the hand-ins were found" not in (out / "index.html").read_text(encoding="utf-8")

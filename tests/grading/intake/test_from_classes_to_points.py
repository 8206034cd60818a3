"""What classes get as teachers have them on disk: each student's points, and what the terminal says.

The rubric asks for one function: whose work is whose is what matters here.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import grader
from grading import commands
from tests.grading.intake.making import notebook, put
from tests.grading.intake.right_work import NUMPY, SVM_VECTORIZED

RUBRIC = """
edition = "cs231n"
accuracy = {}
[functions.svm_loss_vectorized]
kind = "loss"
reference = "svm"
points = { value = 90, gradient = 10 }
[search]
[repair]
candidates = 0
"""
CODE = NUMPY + SVM_VECTORIZED
RIGHT, WRONG = notebook(CODE), notebook(CODE.replace("2 * reg", "reg"))
SCRIPTS = {
    "linear_svm.py": CODE,
    "softmax.py": "x = 1\n",
    "linear_classifier.py": "class LinearClassifier: pass\n",
}
Files = Mapping[str, str | bytes]
Points = dict[str, dict[str, float | None]]


def packed(files: Files, *, backslashes: bool = False) -> bytes:
    """A zip; Windows programs of old wrote the other slashes."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            if backslashes:
                info.filename = name.replace("/", "\\")
            archive.writestr(info, text)
    return data.getvalue()


def tarred(files: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def canvas(student: str, user: int, files: Mapping[str, str]) -> Files:
    return {f"{student}_{user}_{500000 + user}_{name}": text for name, text in files.items()}


TAR = tarred({"hw/svm.ipynb": RIGHT})
CANVAS: dict[str, str | bytes] = {
    "doejane_LATE_10001_500001_svm-1.ipynb": RIGHT,
    **canvas("roebob", 10002, {"svm.ipynb": WRONG}),
    **canvas("liwei", 10003, {name.replace(".", "-2."): text for name, text in SCRIPTS.items()}),
    "smithal_10004_500006_a1-1.zip": packed({"a1/svm.ipynb": RIGHT}),
}
A1 = "Assignment 1_jdoe_attempt_2026-02-0"
BROE = "Assignment 1_broe_attempt_2026-02-01-12-00-00"
JANE_AND_BOB = {"jane_doe": 100, "bob_roe": 90}
# The files of a class -> the students' points (None: not graded), and what the terminal says.
CLASSES: dict[str, tuple[Files, dict[str, float | None], tuple[str, ...]]] = {
    "archives": (
        {
            "backslash.zip": packed({"hw/svm.ipynb": RIGHT}, backslashes=True),
            "mac.zip": packed({"hw/svm.ipynb": RIGHT, "__MACOSX/hw/._svm.ipynb": "x"}),
            "nested.zip": packed({"a/b/c/svm.ipynb": RIGHT}),
            "a tar.zip": TAR,
            "spaces and ümläut.zip": packed({"my hw/süm 1.ipynb": RIGHT}),
            "tarred.tar.gz": TAR,
            "r.rar": b"Rar!\x1a\x07\1\0",
            "sevenz.7z": b"7z\xbc\xaf\x27\x1c",
            "rarnamed.zip": b"Rar!\x1a\x07\1\0",
            "truncated.zip": packed({"svm.ipynb": RIGHT})[:-30],
        },
        {
            **dict.fromkeys(("backslash", "mac", "nested", "a tar", "spaces and ümläut", "tarred"), 100),
            **dict.fromkeys(("r", "sevenz", "rarnamed", "truncated")),
        },
        (
            "r.rar is a RAR archive, which cannot be graded",
            "sevenz.7z is a 7-Zip archive, which cannot be graded",
            "rarnamed.zip is a RAR archive, which is not opened: pack your files as a zip",
            "truncated.zip is no zip archive that can be read",
        ),
    ),
    "packed_in_folders": (
        {
            "ann/hw.tar.gz": TAR,
            "bob/hw.rar": b"Rar!\x1a\x07\1\0",
            "cyd/hw.7z": b"7z\xbc\xaf",
            "dan/hw.zip": packed({"svm.ipynb": RIGHT}),
            "eve/report.pdf": b"%PDF-1.7",
            "eve/hw.tar.gz": TAR,
            "fay/svm.ipynb.gz": gzip.compress(RIGHT.encode(), mtime=0),
        },
        {"ann": 100, "bob": None, "cyd": None, "dan": 100, "eve": 100, "fay": 100},
        ("it holds hw.rar (a RAR archive)", "it holds hw.7z (a 7-Zip archive)"),
    ),
    "canvas": (CANVAS, {"doejane": 100, "roebob": 90, "liwei": 100, "smithal": 100}, ()),
    "canvas_and_what_a_teacher_puts_there": (
        {**CANVAS, "roster.csv": "name", "notes from the TA.txt": "Bob was ill."},
        {"doejane": 100, "roebob": 90, "liwei": 100, "smithal": 100},
        ("and not graded: notes from the TA.txt, roster.csv.",),
    ),
    "moodle": (
        {
            "Jane Doe_123456_assignsubmission_file_/svm.ipynb": RIGHT,
            "王伟_123457_assignsubmission_file_/作业1.ipynb": WRONG,
            "Jane Doe_123456_assignsubmission_onlinetext_/onlinetext.html": "<p>see file</p>",
            "Participant_77_assignsubmission_file_svm.ipynb": RIGHT,
        },
        {"Jane Doe": 100, "王伟": 90, "Participant_77": 100},
        (),
    ),
    "blackboard": (
        {
            A1 + "1-10-11-12.txt": "Name: Jane",
            A1 + "1-10-11-12_svm.ipynb": RIGHT,
            BROE + ".txt": "Name: Bob",
            BROE + "_svm.ipynb": WRONG,
        },
        {"jdoe": 100, "broe": 90},
        (),
    ),
    "blackboard_attempts": (
        {
            **{f"{A1}1-10-11-12_{name}": "x = 2\n" for name in SCRIPTS},
            **{f"{A1}2-10-11-12_{name}": text for name, text in SCRIPTS.items()},
            BROE + "_svm.ipynb": WRONG,
        },
        {"jdoe": 100, "broe": 90},
        ("Handed in more than once, and the last time counts: jdoe.",),
    ),
    "brightspace": (
        {
            "index.html": "",
            "12345-678901 - Jane Doe - Feb 1, 2026 1159 PM/svm.ipynb": RIGHT,
            "12346-678901 - Bob Roe - Feb 1, 2026 1200 PM/svm.ipynb": WRONG,
        },
        {"Jane Doe": 100, "Bob Roe": 90},
        ("and not graded: index.html.",),
    ),
    "sakai": (
        {
            "Assignment 1/grades.csv": "",
            "Assignment 1/Doe, Jane(jdoe)/Submission attachment(s)/svm.ipynb": RIGHT,
            "Assignment 1/Doe, Jane(jdoe)/comments.txt": "",
            "Assignment 1/Doe, Jane(jdoe)/timestamp.txt": "",
            "Assignment 1/Roe, Bob(broe)/Submission attachment(s)/svm.ipynb": WRONG,
            "Assignment 1/Roe, Bob(broe)/timestamp.txt": "",
        },
        {"jdoe": 100, "broe": 90},
        ("and not graded: grades.csv.",),
    ),
    "teams": (
        {
            "Jane Doe/Assignment 1/Version 1/svm.ipynb": WRONG,
            "Jane Doe/Assignment 1/Version 2/svm.ipynb": RIGHT,
            "Bob Roe/Assignment 1/Version 1/svm.ipynb": WRONG,
        },
        {"Jane Doe": 100, "Bob Roe": 90},
        ("the last time counts: Jane Doe.",),
    ),
    "inside_assignment1": (
        {"assignment1/jane_doe/svm.ipynb": RIGHT, "assignment1/bob_roe/svm.ipynb": WRONG},
        dict(JANE_AND_BOB),
        (),
    ),
    "loose_inside_hw1": (
        {"hw1/jane_doe.ipynb": RIGHT, "hw1/bob_roe.ipynb": WRONG},
        dict(JANE_AND_BOB),
        (),
    ),
    "sections": (
        {
            "Section A/jane_doe/svm.ipynb": RIGHT,
            "Section A/al_b/svm.ipynb": RIGHT,
            "Section B/bob_roe/svm.ipynb": WRONG,
        },
        {**JANE_AND_BOB, "al_b": 100},
        (),
    ),
}


# Thought of by ourselves.
CLASSES |= {
    "class_in_a_tar": (
        {"class.tar.gz": tarred({"jane_doe/svm.ipynb": RIGHT, "bob_roe/svm.ipynb": WRONG})},
        dict(JANE_AND_BOB),
        (),
    ),
    "zips_in_a_zip": (
        {
            "all.zip": packed(
                {"jane_doe.zip": packed({"svm.ipynb": RIGHT}), "bob_roe.zip": packed({"svm.ipynb": WRONG})}
            )
        },
        dict(JANE_AND_BOB),
        (),
    ),
    "canvas_in_a_zip": (
        {"submissions.zip": packed(CANVAS)},
        {"doejane": 100, "roebob": 90, "liwei": 100, "smithal": 100},
        (),
    ),
    "sections_inside_lab1": (
        {
            "lab1/Section A/jane_doe.ipynb": RIGHT,
            "lab1/Section B/bob_roe.ipynb": WRONG,
            "lab1/Section A/al_b.ipynb": RIGHT,
        },
        {**JANE_AND_BOB, "al_b": 100},
        (),
    ),
    "versions_of_one_student": (
        {"hw_final.ipynb": RIGHT, "hw_draft.ipynb": WRONG, "hw_final_v2.ipynb": RIGHT},
        {"versions_of_one_student": 100},
        (),
    ),
    "numbered_in_chinese": (
        {
            "2021001_李明.zip": packed({"作业/svm.ipynb": RIGHT}),
            "2021002_王伟.zip": packed({"作业/svm.ipynb": WRONG}),
        },
        {"2021001_李明": 100, "2021002_王伟": 90},
        (),
    ),
    "nothing_but_checkpoints": (
        {"ann/.ipynb_checkpoints/svm-checkpoint.ipynb": RIGHT, "bob_roe/svm.ipynb": WRONG},
        {"ann": None, "bob_roe": 90},
        ("ann holds no notebook and no .py file",),
    ),
}


def run(folder: Path, paths: list[Path], *options: str, rubric: str = RUBRIC) -> int:
    (folder / "rubric.toml").write_text(rubric, encoding="utf-8")
    words = ["--rubric", str(folder / "rubric.toml"), "--out", str(folder / "out"), "--format", "json"]
    return grader.main([*map(str, paths), *words, "--allow-unsafe", "--jobs", "1", *options])


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Points, str]:
    """The points of each student in each class, all graded in one run, and what the terminal said."""
    folder = tmp_path_factory.mktemp("classes")
    for name, (files, _, _) in CLASSES.items():
        put(folder / name, files)
    printed = io.StringIO()
    # Reports tell where hand-ins are from where the grader is called.
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        assert run(folder, [folder / name for name in CLASSES]) == commands.NOT_GRADED
    points: Points = {name: {} for name in CLASSES}
    for path in folder.glob("out/*/report.json"):
        report = json.loads(path.read_bytes())
        case = Path(report["submission"]["path"]).parts[0]
        # Of the same name in several classes, each keeps an ending or gets a number.
        student = re.sub(r"(\.ipynb)?(-\d+)?$", "", report["submission"]["name"])
        points[case][student] = report["score"] if report["state"] == "graded" else None
    return points, printed.getvalue()


@pytest.mark.parametrize("name", CLASSES)
def test_every_student_of_a_class_gets_the_points_of_their_own_work(
    name: str, graded: tuple[Points, str]
) -> None:
    points, printed = graded
    _, expected, said = CLASSES[name]
    assert points[name] == expected
    assert [sentence for sentence in said if sentence not in printed] == []


LATE = """
[late]
due = 2026-02-01T23:59:00+01:00
grace_minutes = 15
steps = [{ minutes = 0, factor = 0.9 }, { minutes = 1440, factor = 0.5 }]
"""
TIMES = """submission,submitted,due
jane_doe,2026-02-02T00:05:00+01:00,
bob_roe,2026-02-02T13:00:00+01:00,
li_wei,2026-02-03T10:00:00+01:00,2026-02-04T23:59:00+01:00
"""


def test_being_late_costs_what_the_rubric_says_and_a_new_date_is_no_new_grade(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = {"jane_doe.ipynb": RIGHT, "bob_roe.ipynb": WRONG, "li_wei.ipynb": RIGHT, "mia.ipynb": RIGHT}
    paths = [put(tmp_path / "class", work)]
    times = tmp_path / "times.csv"
    times.write_text(TIMES)
    for more, bob in ((), 81), (("--due", "2026-02-06T23:59:00+01:00"), 90):
        assert run(tmp_path, paths, "--times", str(times), *more, rubric=RUBRIC + LATE) == 0
        reports = {
            name: json.loads((tmp_path / f"out/{name[:-6]}/report.json").read_bytes()) for name in work
        }
        scores = {name[:-6]: report["score"] for name, report in reports.items()}
        assert scores == {"jane_doe": 100, "bob_roe": bob, "li_wei": 100, "mia": 100}
        assert any("when it was handed in" in said for said in reports["mia.ipynb"]["warnings"])
    assert "0 graded, 4 unchanged" in capsys.readouterr().out
    times.write_text(TIMES.replace("+01:00,\n", ",\n", 1))
    assert run(tmp_path, paths, "--times", str(times), rubric=RUBRIC + LATE) == commands.WRONG_USE
    assert capsys.readouterr().err.count("\n") == 1

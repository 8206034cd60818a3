"""Classes as teachers have them: nobody is merged with another or lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from grading.intake.find import find, survey
from grading.intake.read import read
from grading.intake.submission import IntakeError
from tests.grading.intake.making import (
    ASKED,
    CLASSIFIER,
    COURSE,
    EVERYTHING,
    SOFTMAX,
    SVM,
    notebook,
    put,
    read_path,
    zipped,
)

WORK = notebook(EVERYTHING)
JANE_AND_BOB = ["bob_roe", "jane_doe"]
A1 = "Assignment 1_jdoe_attempt_2026-02-"


def course(folder: str) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in COURSE.items()}


# Files of a class -> the students in it.
CLASSES: dict[str, tuple[dict[str, str], list[str]]] = {
    "inside hw1/submissions": (
        {**course("hw1/submissions/jane_doe"), **course("hw1/submissions/bob_roe")},
        JANE_AND_BOB,
    ),
    "inside cs231n 2024": (
        {"cs231n 2024/jane_doe.py": EVERYTHING, "cs231n 2024/bob_roe.py": EVERYTHING},
        JANE_AND_BOB,
    ),
    "labs of loose notebooks": (
        {"Lab 1/jane_doe.ipynb": WORK, "Lab 1/al_b.ipynb": WORK, "Lab 2/bob_roe.ipynb": WORK},
        ["al_b", "bob_roe", "jane_doe"],
    ),
    "sections inside an assignment": (
        {**course("hw1/Group 1/jane_doe"), **course("hw1/Group 1/al_b"), **course("hw1/Group 2/bob_roe")},
        ["al_b", "bob_roe", "jane_doe"],
    ),
    "groups that hand in together": (
        {"group_1/svm.ipynb": WORK, "group_2/svm.ipynb": WORK, "group_3/svm.ipynb": WORK},
        ["group_1", "group_2", "group_3"],
    ),
    "tutors' folders": (
        {f"{tutor}/{name}.ipynb": WORK for tutor, name in (("Smith", "jane_doe"), ("Smith", "al_b"))}
        | {f"{tutor}/{name}.ipynb": WORK for tutor, name in (("Jones", "bob_roe"), ("Jones", "li_wei"))},
        ["al_b", "bob_roe", "jane_doe", "li_wei"],
    ),
    "a download and a roster beside it": (
        {
            "submissions/doejane_10231_550012_svm.ipynb": WORK,
            "submissions/roebob_10232_550013_svm.ipynb": WORK,
            "roster.csv": "name",
        },
        ["doejane", "roebob"],
    ),
    "a roster and a note within Canvas's download": (
        {
            "doejane_LATE_10231_550012_svm-1.ipynb": WORK,
            "roebob_10232_550013_svm.ipynb": WORK,
            "roster.csv": "name",
            "notes from the TA.txt": "Bob was ill.",
        },
        ["doejane", "roebob"],
    ),
    "Moodle and a worksheet": (
        {
            "Jane Doe_1_assignsubmission_file_/svm.ipynb": WORK,
            "Jane Doe_1_assignsubmission_onlinetext_/onlinetext.html": "",
            "grading worksheet.csv": "",
        },
        ["Jane Doe"],
    ),
    "Blackboard": (
        {
            A1 + "01-10-11-12.txt": "Name: Jane",
            A1 + "01-10-11-12_svm.ipynb": notebook(SVM),
            A1 + "02-10-11-12_linear_svm.py": SVM,
            A1 + "02-10-11-12_softmax.py": SOFTMAX,
            A1 + "02-10-11-12_linear_classifier.py": CLASSIFIER,
            "Assignment 1_b_roe_attempt_2026-02-01-12-00-00_svm.ipynb": WORK,
            "Assignment 1_late_attempt_2026-02-01-12-00-00.txt": "No file was attached.",
        },
        ["b_roe", "jdoe", "late"],
    ),
    "Brightspace": (
        {
            "index.html": "",
            "12345-678901 - Jane Doe - Feb 1, 2026 905 PM/svm.ipynb": notebook(SVM),
            "12345-678901 - Jane Doe - Feb 1, 2026 1159 PM/svm.ipynb": WORK,
            "12346-678901 - Bob Roe - Feb 1, 2026 1200 PM/svm.ipynb": WORK,
        },
        ["Bob Roe", "Jane Doe"],
    ),
    "Brightspace, files": (
        {
            f"1234{k}-6 - {name} - 1 February, 2026 905 AM - svm.ipynb": WORK
            for k, name in ((1, "Jo"), (2, "Al"))
        },
        ["Al", "Jo"],
    ),
    "Sakai": (
        {
            "Assignment 1/grades.csv": "",
            "Assignment 1/Doe, Jane(jdoe)/Submission attachment(s)/svm.ipynb": WORK,
            "Assignment 1/Doe, Jane(jdoe)/timestamp.txt": "",
            "Assignment 1/Roe, Bob(broe)/timestamp.txt": "",
        },
        ["broe", "jdoe"],
    ),
    "Teams": (
        {
            "Jane Doe/Assignment 1/Version 2/svm.ipynb": notebook(SVM),
            "Jane Doe/Assignment 1/Version 10/svm.ipynb": WORK,
            "Bob Roe/Assignment 1/Version 1/svm.ipynb": WORK,
        },
        ["Bob Roe", "Jane Doe"],
    ),
    "Teams, with what was not handed in": (
        {
            "Submitted files/Jane Doe/Assignment 1/Version 1/svm.ipynb": WORK,
            "Submitted files/Bob Roe/Assignment 1/Version 1/svm.ipynb": WORK,
            "Working files/Bob Roe/Assignment 1/svm.ipynb": notebook(SVM),
        },
        ["Bob Roe", "Jane Doe"],
    ),
}


def names(path: Path) -> list[str]:
    return sorted(handin.name for handin in find([path]))


@pytest.mark.parametrize(("files", "students"), CLASSES.values(), ids=CLASSES.keys())
def test_a_class_is_its_students_and_so_is_a_zip_of_it_given_alone(
    tmp_path: Path, files: dict[str, str], students: list[str]
) -> None:
    assert names(put(tmp_path / "class", files)) == students
    assert names(zipped(tmp_path / "class.zip", files)) == students


@pytest.mark.parametrize("folder", ["Blackboard", "Brightspace", "Teams"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_last_time_counts_and_it_is_said(tmp_path: Path, folder: str, packed: bool) -> None:
    files, _ = CLASSES[folder]
    place = zipped(tmp_path / "class.zip", files) if packed else put(tmp_path / "class", files)
    found = survey([place])
    jane = next(handin for handin in found.handins if handin.name in ("jdoe", "Jane Doe"))
    assert set(read(jane, ASKED).definitions) == set(ASKED)
    assert any(
        "more than once, and the last time counts: j" in said.lower() for said in map(str.lower, found.said)
    )


@pytest.mark.parametrize(
    ("files", "student", "platform", "lms_id"),
    [
        ({"doejane_10231_550012_svm.ipynb": WORK}, "doejane", "canvas", "10231"),
        ({"Jane Doe_881_assignsubmission_file_svm.ipynb": WORK}, "Jane Doe", "moodle", "881"),
        ({"12345-678901 - Jo - Feb 1, 2026 1159 PM/svm.ipynb": WORK}, "Jo", "brightspace", "12345-678901"),
        ({A1 + "01-10-11-12_svm.ipynb": WORK}, "jdoe", "blackboard", "jdoe"),
    ],
)
def test_what_a_platform_knows_a_student_by_is_kept(
    tmp_path: Path, files: dict[str, str], student: str, platform: str, lms_id: str
) -> None:
    (handin,) = find([put(tmp_path / "class", files)])
    assert (handin.name, handin.lms, handin.lms_id) == (student, platform, lms_id)


def test_what_lies_beside_a_download_is_named(tmp_path: Path) -> None:
    files, _ = CLASSES["a roster and a note within Canvas's download"]
    found = survey([put(tmp_path, {**files, "solution.ipynb": WORK})])
    assert [handin.name for handin in found.handins] == ["doejane", "roebob", "solution"]
    assert "graded as hand-ins of their own: solution.ipynb" in found.said[0]
    assert "not graded: notes from the TA.txt, roster.csv" in found.said[1]


def test_a_receipt_without_files_is_a_student_who_handed_in_nothing(tmp_path: Path) -> None:
    late = next(h for h in find([put(tmp_path, CLASSES["Blackboard"][0])]) if h.name == "late")
    with pytest.raises(IntakeError, match=r"holds no notebook and no \.py file"):
        read(late, ASKED)


def test_a_zip_of_one_student_is_one_whatever_is_in_it(tmp_path: Path) -> None:
    for number, files in enumerate(
        [
            {"margins.py": SVM, "entropy.py": SOFTMAX},
            {"jane/svm.ipynb": WORK, "jane/knn/knn.ipynb": notebook("k = 1")},
            {"hw1_Zhang_v1.ipynb": WORK, "hw1_Zhang_v2.ipynb": WORK},
            {"20231234 v1.ipynb": WORK, "20231234 v2.ipynb": WORK},
        ]
    ):
        assert names(zipped(tmp_path / f"ada{number}.zip", files)) == [f"ada{number}"]


def test_a_student_s_folder_that_looks_like_several_is_a_warning(tmp_path: Path) -> None:
    put(tmp_path, {**course("jane"), **course("bob"), "bob/zoe/svm.ipynb": WORK, "bob/pat.ipynb": WORK})
    found = survey([tmp_path])
    assert [handin.name for handin in found.handins] == ["bob", "jane"]
    assert (
        "bob was taken for one student's work, though pat.ipynb, zoe in it look like those of"
        in found.said[0]
    )


def test_where_two_readings_are_possible_it_is_said_which_was_taken_and_how_to_get_the_other(
    tmp_path: Path,
) -> None:
    place = put(tmp_path / "work", {"mine/try.py": SVM, "parser/try.py": SOFTMAX})
    found = survey([place])
    assert [handin.name for handin in found.handins] == ["mine", "parser"]
    assert "was taken for a folder of 2 hand-ins: mine, parser" in found.said[0]
    assert "grade it with --one" in found.said[0]
    (one,) = survey([place], "one").handins
    assert set(read(one, ASKED).definitions) == {*ASKED[:4]}


def test_each_child_is_a_hand_in_where_that_is_asked_for(tmp_path: Path) -> None:
    place = put(tmp_path / "class", {**course("hw1/v1"), **course("hw1/v2"), "hw1/v2/svm.ipynb": WORK})
    assert [handin.name for handin in survey([place]).handins] == ["class"]
    assert [handin.name for handin in survey([place], "class").handins] == ["v1", "v2"]


def test_a_plain_class_needs_no_remark(tmp_path: Path) -> None:
    files = {f"{name}.ipynb": WORK for name in ("ada", "bob", "cyd")}
    assert survey([put(tmp_path / "class", files)]).said == ()


def test_separators_of_windows_in_a_zip_are_separators(tmp_path: Path) -> None:
    files = {name.replace("/", "\\"): text for name, text in COURSE.items()}
    submission = read_path(zipped(tmp_path / "ada.zip", files))
    assert [source.name for source in submission.sources] == sorted(COURSE)
    both = {f"{who}\\hw1\\svm.ipynb": WORK for who in ("jane_doe", "bob_roe")}
    assert names(zipped(tmp_path / "class.zip", both)) == JANE_AND_BOB

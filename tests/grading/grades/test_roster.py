"""A roster: whose work each hand-in is, and never by a guess."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

import grader
from grading import commands
from grading.grades.roster import Known, Roster, RosterError, match, read_roster
from grading.intake.find import survey
from tests.grading.intake.lms_downloads import DOWNLOADS, LISTS, people
from tests.grading.running.small_class import RIGHT, RUBRIC, make_class


@pytest.mark.parametrize("platform", DOWNLOADS)
def test_a_download_is_matched_with_the_platforms_own_list(platform: str, tmp_path: Path) -> None:
    everybody = people(23)
    work = tmp_path / "download"
    work.mkdir()
    DOWNLOADS[platform](work, RIGHT, everybody[3:])
    (tmp_path / "roster.csv").write_bytes(LISTS[platform](everybody[:20]))
    handins = [Known(handin.name, handin.lms_id) for handin in survey([work]).handins]
    matches = match(read_roster(tmp_path / "roster.csv"), handins)
    known_by = {(s.platform or s.number): name for name, s in matches.of.items()}
    assert len(known_by) == 17
    for person in everybody[3:20]:
        name = known_by.get(person.platform) or known_by[person.sid]
        letters = {re.sub(r"\W", "", way).lower() for way in (person.name, f"{person.last}{person.first}")}
        assert re.sub(r"\W", "", name).lower() in {*letters, person.login}
    assert len(matches.strangers) == 3
    assert [student.email or student.number for student in matches.missing] == [
        (person.sid if platform == "canvas" else person.email) for person in everybody[:3]
    ]


LIST = """id,name,email
1001234,"Doe, Jane",jdoe@example.edu
1001235,Zoë Müller,zoe.m@example.edu
1001236,李明,ming@example.edu
1001237,John Smith,smith@example.edu
1001238,John Smith,jsmith2@example.edu
"""


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    (tmp_path / "roster.csv").write_text(LIST, encoding="utf-8")
    return read_roster(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    ("known", "whose"),
    [
        (Known("Jane Doe"), "1001234"),
        (Known("doe_jane"), "1001234"),
        (Known("doejane"), "1001234"),
        (Known("Zoe_Muller"), "1001235"),
        (Known("Muller Zoe svm"), None),
        (Known("明 李"), "1001236"),
        (Known("李明"), "1001236"),
        (Known("1001237"), "1001237"),
        (Known("svm", "", "svm_1001238_final.ipynb"), "1001238"),
        (Known("John Smith", "1001238"), "1001238"),
        (Known("John Smith"), None),
        (Known("jdoe"), "1001234"),
        (Known("jsmith2_hw1"), "1001238"),
        (Known("zoe.m_example.edu"), "1001235"),
        (Known("Jane Doe", "1001235"), None),
        (Known("Jane D"), None),
        (Known("hw1_2026"), None),
    ],
    ids=str,
)
def test_a_student_is_known_by_number_address_or_whole_name(
    known: Known, whose: str | None, roster: Roster
) -> None:
    student = match(roster, [known]).of.get(known.name)
    assert (student.platform if student else None) == whose


def test_two_hand_ins_of_one_student_are_nobodys_and_said(roster: Roster) -> None:
    matches = match(roster, [Known("Jane Doe"), Known("doe_jane"), Known("Jane Do")])
    assert not matches.of
    assert matches.strangers["Jane Doe"] == "doe_jane would be the same student's"
    assert matches.strangers["Jane Do"] == "perhaps Jane Doe?"
    assert len(matches.missing) == 5


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("gb18030", ","), ("cp1252", ";")],
)
def test_a_list_is_read_in_whatever_encoding_a_spreadsheet_has_written_it(
    encoding: str, delimiter: str, tmp_path: Path
) -> None:
    names = ["李明", "王小红"] if encoding == "gb18030" else ["Zoë Müller", "José Núñez"]
    rows = ["name,email", *(f"{name},{k}@example.edu" for k, name in enumerate(names))]
    (tmp_path / "roster.csv").write_bytes("\r\n".join(rows).replace(",", delimiter).encode(encoding))
    assert [student.name for student in read_roster(tmp_path / "roster.csv").students] == names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"colour,taste\nred,sweet\n", "no column says who is who"),
        (b"name\n\x00\n" + b"a" * 200_000, "cannot be read"),
    ],
)
def test_a_list_that_cannot_be_used_gets_one_line(content: bytes | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(RosterError, match=said) as raised:
        read_roster(tmp_path / "roster.csv")
    assert len(str(raised.value).splitlines()) == 1


def test_the_command_says_who_is_missing_and_writes_what_platforms_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = make_class(tmp_path / "class", ada=RIGHT, grace=RIGHT, eve=RIGHT), tmp_path / "out"
    text = RUBRIC + "[late]\ndue = 2026-01-01T00:00:00Z\nsteps = [{minutes = 0, factor = 0.5}]\n"
    (tmp_path / "rubric.toml").write_text(text)
    (tmp_path / "roster.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Only predict (77)\n    Points Possible,,,,,4\n"
        '"Lovelace, Ada",11,s11,ada,A,\n"Hopper, Grace",12,s12,grace,A,\n"Turing, Alan",13,s13,alan,B,\n'
    )
    (tmp_path / "times.csv").write_text("id,submitted\n11,2026-01-01T10:00:00Z\n99,2026-01-01T10:00:00Z\n")
    command = [str(work), "--out", str(out), "--allow-unsafe", "--format", "csv,canvas,moodle"]
    for option in ("rubric.toml", "roster.csv", "times.csv"):
        command += [f"--{Path(option).stem}", str(tmp_path / option)]
    assert grader.main(command) == commands.GRADED
    said = capsys.readouterr().err.splitlines()
    for side in ("Not on the roster: 1 (eve).", "On the roster, but without a hand-in: 1 (Alan Turing)."):
        assert len([line for line in said if side in line]) == 2, "before and after"
    assert any("names no hand-in: 99" in line for line in said)
    assert any("has no time for: eve, grace" in line for line in said)
    with (out / "canvas.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[1:]
    assert [(row["ID"], row["SIS Login ID"], row["Only predict (77)"]) for row in rows] == [
        *(("11", "ada", "2"), ("12", "grace", "4"), ("13", "alan", ""))
    ]
    with (out / "moodle.csv").open(newline="") as file:
        [ada, *_] = csv.DictReader(file)
    assert (ada["username"], ada["ID number"], ada["Only predict"]) == ("ada", "s11", "2")
    assert "4 points times 0.5" in ada["Only predict feedback"]
    assert grader.main(["gradebook", str(out), "--format", "json"]) == commands.GRADED
    assert [row["student_id"] for row in json.loads(capsys.readouterr().out)] == ["s11", "", "s12"]

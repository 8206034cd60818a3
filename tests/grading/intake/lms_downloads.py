"""A class as six learning platforms let it be downloaded, and as they export its list."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

FIRST = ("Ada", "Grace", "Zoë", "José", "明", "Anna Maria", "Seán", "Nguyễn", "Ольга", "Li-Wei")
LAST = ("Lovelace", "Hopper", "Müller", "García", "李", "van der Berg", "O'Brien", "Trần", "Иванова", "Smith")


@dataclass(frozen=True)
class Person:
    """A student as all platforms know one."""

    number: int

    @property
    def first(self) -> str:
        return FIRST[self.number % 10]

    @property
    def last(self) -> str:
        return LAST[(self.number + self.number // 10) % 10]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def login(self) -> str:
        return f"user{self.number:03}"

    @property
    def sid(self) -> str:
        return f"s10{self.number:05}"

    @property
    def platform(self) -> str:
        return str(40_000 + self.number)

    @property
    def email(self) -> str:
        return f"{self.login}@example.edu"


def people(count: int) -> list[Person]:
    return [Person(number) for number in range(count)]


def canvas(folder: Path, code: str, students: Sequence[Person]) -> None:
    for s in students:
        letters = "".join(c for c in f"{s.last}{s.first}" if c.isalnum()).lower()
        (folder / f"{letters}_{s.platform}_{90_000 + s.number}_softmax.py").write_text(code)


def moodle(folder: Path, code: str, students: Sequence[Person]) -> None:
    for s in students:
        place = folder / f"{s.name}_{s.platform}_assignsubmission_file"
        place.mkdir()
        (place / "softmax.py").write_text(code)


def blackboard(folder: Path, code: str, students: Sequence[Person]) -> None:
    for s in students:
        start = f"Linear classifiers_{s.login}_attempt_2026-02-01-10-00-00"
        (folder / f"{start}_softmax.py").write_text(code)
        (folder / f"{start}.txt").write_text(f"Name: {s.name} ({s.login})\n")


def brightspace(folder: Path, code: str, students: Sequence[Person]) -> None:
    for s in students:
        place = folder / f"{70_000 + s.number}-5512 - {s.name} - Feb 1, 2026 1159 PM"
        place.mkdir()
        (place / "softmax.py").write_text(code)


def sakai(folder: Path, code: str, students: Sequence[Person]) -> None:
    (folder / "grades.csv").write_text("Linear classifiers,Points\n")
    for s in students:
        place = folder / f"{s.last}, {s.first}({s.login})" / "Submission attachment(s)"
        place.mkdir(parents=True)
        (place / "softmax.py").write_text(code)


def gradescope(folder: Path, code: str, students: Sequence[Person]) -> None:
    lines = ["---"]
    for s in students:
        place = folder / f"submission_{s.number + 1}"
        place.mkdir()
        (place / "softmax.py").write_text(code)
        lines += [f"{place.name}:", "  :submitters:", f"  - :name: {s.name}", f"    :sid: {s.sid}"]
        lines += [f"    :email: {s.email}", "  :created_at: 2026-02-01 22:00:00 Z"]
    (folder / "submission_metadata.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


DOWNLOADS: dict[str, Callable[[Path, str, Sequence[Person]], None]] = {
    each.__name__: each for each in (canvas, moodle, blackboard, brightspace, sakai, gradescope)
}


def canvas_list(students: Sequence[Person]) -> bytes:
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Linear classifiers (771)"]]
    rows += [["    Points Possible", "", "", "", "", "4"]]
    rows += [[f"{s.last}, {s.first}", s.platform, s.sid, s.login, "A", ""] for s in students]
    return _csv(rows, ",").encode("utf-8-sig")


def moodle_list(students: Sequence[Person]) -> bytes:
    rows = [["Identifier", "Full name", "Email address", "Status", "Grade"]]
    rows += [[f"Participant {s.platform}", s.name, s.email, "Submitted", ""] for s in students]
    return _csv(rows, ",").encode()


def participants(students: Sequence[Person]) -> bytes:
    rows = [["First name", "Last name", "ID number", "Username", "Email address"]]
    rows += [[s.first, s.last, s.sid, s.login, s.email] for s in students]
    return _csv(rows, ";").encode("utf-16")


def gradescope_list(students: Sequence[Person]) -> bytes:
    rows = [["First Name", "Last Name", "SID", "Email", "Sections"]]
    rows += [[s.first, s.last, s.sid, s.email, "A"] for s in students]
    return _csv(rows, ",").encode()


#: The list that goes with each download.
LISTS: dict[str, Callable[[Sequence[Person]], bytes]] = {
    "canvas": canvas_list,
    "moodle": moodle_list,
    "blackboard": participants,
    "brightspace": participants,
    "sakai": participants,
    "gradescope": gradescope_list,
}


def _csv(rows: list[list[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()

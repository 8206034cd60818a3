"""The class roster, as exported by a learning platform, and the owner of each hand-in.

Nobody is matched by a guess. A hand-in belongs to the one student whose number, login name, e-mail address or full name
it bears. If two students fit, or two hand-ins fit one student, there is no match, which is reported.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from grading import UserError
from grading.intake.safe_names import ascii_name, clean, listed
from grading.words import say

# Headings of Canvas, Moodle, Gradescope, Blackboard and Brightspace, and those that people write.
_HEADINGS = {
    "name": ("student", "name", "fullname", "studentname", "displayname", "submission", "姓名"),
    "last": ("lastname", "surname", "familyname", "姓"),
    "first": ("firstname", "givenname", "forename", "名"),
    "email": ("email", "emailaddress", "mail", "useremail", "邮箱", "电子邮件"),
    "login": ("sisloginid", "loginid", "login", "username", "user", "netid", "account"),
    "number": (
        "sisuserid",
        "sid",
        "studentid",
        "studentnumber",
        "idnumber",
        "orgdefinedid",
        "matriculation",
        "学号",
    ),
    "platform": ("id", "identifier", "canvasid", "userid"),
    "section": ("section", "sections"),
}
_ENCODINGS = ("utf-8-sig", "gb18030", "cp1252")
_PARTICIPANT = re.compile(r"\D*(\d+)")
_SHORTEST = 5
_MOST_LISTED = 20


class RosterError(UserError):
    """An unusable list."""


class Student(msgspec.Struct, frozen=True):
    """One row of the list, "" for missing values.

    Attributes:
        name: the full name as in the list: "Jane Doe" or "Doe, Jane".
        email, login, number: the address, the login name, the university's number.
        platform: the platform's own number: Canvas's ID, Moodle's participant.
        section: a part of the class.
        names: possible spellings of the name.
        first, last: the parts of the name.
    """

    name: str = ""
    email: str = ""
    login: str = ""
    number: str = ""
    platform: str = ""
    section: str = ""
    names: tuple[str, ...] = ()
    first: str = ""
    last: str = ""

    @property
    def called(self) -> str:
        """A name that tells people who is meant."""
        return clean(
            f"{self.first} {self.last}".strip()
            or self.name
            or self.email
            or self.login
            or self.number
            or self.platform
        )


class Roster(msgspec.Struct, frozen=True):
    """All students, in the order of the list; with the headings, by which platforms recognize their own columns."""

    students: tuple[Student, ...]
    headings: tuple[str, ...] = ()

    @property
    def is_canvas(self) -> bool:
        """Whether Canvas exported it, so that its column ID holds Canvas's own numbers."""
        return bool({"SIS User ID", "SIS Login ID"} & set(self.headings))


class Known(msgspec.Struct, frozen=True):
    """A hand-in's information about its author."""

    name: str
    lms_id: str = ""
    file: str = ""


class Matches(msgspec.Struct, frozen=True):
    """The owner of each hand-in.

    Attributes:
        roster: everybody.
        of: the student, by the name of the hand-in.
        strangers: hand-ins without an owner, each with the reason if there is one.
        missing: students without a hand-in.
    """

    roster: Roster
    of: Mapping[str, Student] = {}
    strangers: Mapping[str, str] = {}
    missing: tuple[Student, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """Sentences on what does not match, on either side."""
        said = []
        if self.strangers:
            names = [name + (f" ({why})" if why else "") for name, why in self.strangers.items()]
            said.append(
                say("Not on the roster: {n} ({names}).", n=len(names), names=listed(names, _MOST_LISTED))
            )
        if self.missing:
            names = [student.called for student in self.missing]
            said.append(
                say(
                    "On the roster, but without a hand-in: {n} ({names}).",
                    n=len(names),
                    names=listed(names, _MOST_LISTED),
                )
            )
        return said


def read_roster(path: Path) -> Roster:
    """Read the students on a list.

    Raises:
        RosterError: it cannot be read, or has no column that identifies students.
    """
    headings, rows = read_table(path)
    columns = columns_of(headings)
    if not set(columns) & {"name", "last", "email", "login", "number", "platform"}:
        raise RosterError(
            f"roster {path}: no column says who is who; the first line must have headings such as name, email, id"
        )
    return Roster(tuple(student for _, row in rows if (student := student_of(row, columns))), tuple(headings))


def read_table(path: Path, *, by_row: bool = False) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read headings, and rows with their line numbers, of a CSV file in UTF-8, UTF-16, GB 18030 or Windows' Latin.

    With ``by_row``, rows are numbered as in a spreadsheet, whose cells may hold several lines.

    Raises:
        RosterError: it cannot be read.
    """
    try:
        content = path.read_bytes()
        text = _decoded(content)
        first = text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        rows = [
            (number if by_row else reader.line_num, [cell.strip() for cell in row])
            for number, row in enumerate(reader, start=1)
        ]
    except (OSError, ValueError, csv.Error) as error:
        raise RosterError(f"{path}: cannot be read ({error})") from None
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise RosterError(f"{path}: is empty")
    (_, headings), *others = rows
    return headings, [(line, [*row, *[""] * (len(headings) - len(row))]) for line, row in others]


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    found = ""
    for encoding in _ENCODINGS:
        try:
            found = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        # Almost any bytes are Chinese in GB 18030; a list of names counts as such if its characters are common ones.
        if encoding != "gb18030" or _is_chinese(found):
            return found
    return content.decode("cp1252", errors="replace")


def _is_chinese(text: str) -> bool:
    foreign = [character for character in text if not character.isascii()]
    return sum("\u4e00" <= character <= "\u9fff" for character in foreign) > 0.9 * len(
        foreign
    ) and not re.search("[A-Za-z][\u4e00-\u9fff][A-Za-z]", text)


def columns_of(headings: Sequence[str]) -> dict[str, int]:
    """Content of a column -> its position; the first column that could be meant, in the order above."""
    plain = [re.sub(r"[\W_]", "", heading).casefold() for heading in headings]
    found = {}
    for what, ways in _HEADINGS.items():
        places = [plain.index(way) for way in ways if way in plain]
        if places:
            found[what] = places[0]
    return found


def student_of(row: Sequence[str], columns: Mapping[str, int]) -> Student | None:
    """The student in a row; None for Canvas's rows for points possible and the test student."""
    cell = {what: row[place] for what, place in columns.items()}
    name, first, last = (cell.get(what, "") for what in ("name", "first", "last"))
    if name.casefold() in ("points possible", "student, test"):
        return None
    whole = name or " ".join(filter(None, (first, last)))
    ways = [whole, f"{last}{first}", f"{first} {last}"] if first or last else [whole]
    participant = _PARTICIPANT.fullmatch(cell.get("platform", ""))
    student = Student(
        name=whole,
        email=cell.get("email", ""),
        login=cell.get("login", ""),
        number=cell.get("number", ""),
        platform=participant[1] if participant else cell.get("platform", ""),
        section=cell.get("section", ""),
        names=tuple(dict.fromkeys(way for way in ways if way)),
        first=first or name.partition(", ")[2] or name.rpartition(" ")[0],
        last=last or (name.partition(", ")[0] if ", " in name else name.rpartition(" ")[2]),
    )
    return student if student.called else None


def match(roster: Roster, handins: Iterable[Known]) -> Matches:
    """Find the owner of each hand-in by number, login name or address, or by the name in any order of its words."""
    handins = list(handins)
    whose = _Whose(roster.students)
    candidates = {handin.name: whose.candidates(handin) for handin in handins}
    alone = {name: students[0] for name, students in candidates.items() if len(students) == 1}
    # Even if a platform says whose work it is, a file inside may be named after somebody else.
    sure = {
        handin.name
        for handin in handins
        if handin.name in alone and whose.candidates(replace(handin, file=""))
    }
    times, surely = Counter(alone.values()), Counter(alone[name] for name in sure)
    of, strangers = {}, {}
    known = {_name_key(way): student for student in roster.students for way in student.names}
    for name, students in candidates.items():
        if name in alone and (surely[students[0]] == 1 if name in sure else times[students[0]] == 1):
            of[name] = students[0]
        elif len(students) == 1:
            others = [other for other, theirs in candidates.items() if theirs == students and other != name]
            strangers[name] = say("{others} would be the same student's", others=listed(others))
        elif students:
            strangers[name] = say("could be {names}", names=listed([s.called for s in students]))
        else:
            near = difflib.get_close_matches(_name_key(name), known, n=1, cutoff=0.75)
            strangers[name] = say("perhaps {name}?", name=known[near[0]].called) if near else ""
    matched = set(of.values())
    missing = [student for student in roster.students if student not in matched]
    return Matches(roster, of, strangers, tuple(missing))


class _Whose:
    """The students, by everything that may identify them in a hand-in."""

    def __init__(self, students: Sequence[Student]) -> None:
        self._by_platform = _index(students, lambda student: {_id_key(student.platform)})
        self._by_id = _index(students, lambda s: map(_id_key, (s.email, s.login, s.number, s.platform)))
        self._by_address = _index(students, lambda student: {_id_key(student.email.partition("@")[0])})
        self._by_name = _index(students, lambda s: {key for way in s.names for key in _name_keys(way)})

    def candidates(self, handin: Known) -> list[Student]:
        """The students who may be meant; a single candidate is the owner."""
        words = sorted({word for text in (handin.name, handin.file) for word in _words(text)})
        # Words without a digit may be anybody's name, and short ones may be a week or a year.
        numbered = [word for word in words if len(word) >= _SHORTEST and re.search(r"\d", word)]
        lms_id, name = _id_key(handin.lms_id), _id_key(handin.name)
        of_number = (
            self._by_platform.get(lms_id)
            or self._by_id.get(lms_id)
            or self._by_id.get(name)
            or [student for word in numbered for student in self._by_id.get(word, ())]
        )
        of_name = [student for key in _name_keys(handin.name) for student in self._by_name.get(key, ())]
        # A number beside a name that contradicts it settles nothing.
        both = [student for student in of_number if student in of_name]
        found = both or [*of_number, *of_name]
        if not found:
            found = [
                s for word in words for s in (*self._by_id.get(word, ()), *self._by_address.get(word, ()))
            ]
        return list(dict.fromkeys(found))


def _index(students: Iterable[Student], keys: Callable[[Student], Iterable[str]]) -> dict[str, list[Student]]:
    found: dict[str, list[Student]] = {}
    for student in students:
        for key in dict.fromkeys(keys(student)):
            if key:
                found.setdefault(key, []).append(student)
    return found


def _id_key(text: str) -> str:
    return ascii_name(text).casefold() if text else ""


def _words(text: str) -> set[str]:
    """The parts of a file's name that may be a number, a login name or an address."""
    pieces = (*re.split(r"[\s_.()\[\]-]+", text), *re.split(r"[\s_()\[\]]+", text))
    return {_id_key(piece) for piece in pieces if piece}


def _name_key(text: str) -> str:
    """A key for the words of a name in any order, without accents and capitals."""
    return " ".join(sorted(_name_words(text)))


def _name_keys(text: str) -> set[str]:
    """The same, and the name written as one word, as in Canvas's file names: "doejane"."""
    words = _name_words(text)
    return {" ".join(sorted(words)), "".join(words), "".join([*words[-1:], *words[:-1]])} - {""}


def _name_words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W\d_]+", plain)

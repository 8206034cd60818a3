"""Hand-ins that are called like what is not theirs: files among the reports, another student's number or name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from grading.gradebook.database import FILE, Database
from grading.gradebook.marking.store import MarkError, Store
from grading.gradebook.marking.table import _Finder
from grading.grades.late import HandedIn, for_handins
from grading.grades.roster import Known, Matches, Roster, Student, match
from grading.intake.safe_names import unique_names
from grading.intake.submission import Handin
from grading.reports import CLASS_WRITERS

ADA = Student(name="Ada Lovelace", number="20231234", names=("Ada Lovelace",))
MALLORY = Student(name="Mallory Black", number="20239999", names=("Mallory Black",))
ROSTER = Roster((ADA, MALLORY))
MONDAY = HandedIn(datetime(2026, 2, 2, tzinfo=UTC), "times.csv", datetime(2026, 2, 9, tzinfo=UTC))


def test_no_hand_in_takes_the_place_of_a_file_on_the_class(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE)
    database.change("INSERT INTO handins (name, path, lms_id) VALUES ('ada', '', '')")
    ours = {*(path.name for path in tmp_path.iterdir()), f"{FILE}-journal", f"{FILE}-shm", ".resume"}
    database.close()
    ours |= {writer.file_name for writers in CLASS_WRITERS.values() for writer in writers}
    assert f"{FILE}-wal" in ours
    names = unique_names([Path(f"{name}.py") for name in sorted(ours)])
    assert not {name.casefold() for name in names} & ours


def test_a_file_called_after_another_student_takes_nothing_where_the_platform_says_whose_it_is() -> None:
    hers = Known("lovelaceada", "111", "lovelaceada_111_222_hw.ipynb")
    other = Known("mal", "333", "mal_333_444_20231234.ipynb")
    matches = match(ROSTER, [hers, other])
    assert matches.of == {"lovelaceada": ADA}
    assert list(matches.strangers) == ["mal"]
    assert match(ROSTER, [other]).of == {"mal": ADA}


def test_who_calls_a_file_as_another_student_is_numbered_gets_neither_time_nor_mark() -> None:
    # Both could be Ada's: nobody's, and said. Her number means her, and no file of that name.
    handins = [Handin(name, Path(f"{name}.ipynb")) for name in ("ada lovelace", "20231234")]
    matches = match(ROSTER, [Known(handin.name, file=handin.path.name) for handin in handins])
    assert matches.of == {}
    assert for_handins({"20231234": MONDAY}, handins, matches) == ({}, ["20231234"])
    find = _finder(matches, [handin.name for handin in handins])
    with pytest.raises(MarkError, match="no hand-in that was graded is '20231234''s"):
        find.work(["", "20231234"])
    # As the first cell of a table that --export wrote, it is the hand-in's own name.
    assert find.work(["20231234", ""]).name == "20231234"


def test_without_a_roster_a_hand_in_is_found_by_what_it_is_called() -> None:
    handins = [Handin("20231234", Path("20231234.ipynb"))]
    assert for_handins({"20231234": MONDAY}, handins) == ({"20231234": MONDAY}, [])
    assert _finder(None, ["20231234"]).work(["", "20231234"]).name == "20231234"


def _finder(matches: Matches | None, names: list[str]) -> _Finder:
    works = {
        n: SimpleNamespace(name=name, student="", student_id="", email="") for n, name in enumerate(names)
    }
    return _Finder(cast(Store, SimpleNamespace(works=works, forms=SimpleNamespace(matches=lambda: matches))))

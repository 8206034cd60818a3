from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.intake.naming import clean, listed, safe_name, shown, unique_names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Jane Doe", "Jane_Doe"),
        ("José Núñez", "Jose_Nunez"),
        ("../../etc/passwd", "etc_passwd"),
        ("=SUM(A1)", "SUM_A1"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("gradebook.csv", "gradebook_csv"),
        ("index.html", "index_html"),
        ("con", "_con"),
        ("", "submission"),
        ("...", "submission"),
        ("\x1b[31mred", "31mred"),
    ],
)
def test_a_name_becomes_a_harmless_folder_name(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_two_chinese_names_stay_two_names() -> None:
    assert safe_name("张伟") != safe_name("王芳")


@given(st.lists(st.text(max_size=120).filter(lambda name: "\0" not in name and "/" not in name), max_size=6))
def test_names_are_always_safe_unique_and_short(names: list[str]) -> None:
    unique = unique_names([Path("folder") / f"x{name}" for name in names])
    assert len({name.casefold() for name in unique}) == len(names)
    for name in unique:
        assert 0 < len(name) <= 81
        assert name.isascii()
        assert not set(name) & set('/\\\0\n\t:*?"<>|=')
        assert name[0] not in ".-+@"


def test_files_that_differ_only_in_their_ending_keep_it(tmp_path: Path) -> None:
    paths = [tmp_path / "ada.ipynb", tmp_path / "ada.py", tmp_path / "bob.py"]
    assert unique_names(paths) == ["ada.ipynb", "ada.py", "bob"]


def test_names_that_differ_only_in_case_get_a_number(tmp_path: Path) -> None:
    assert unique_names([tmp_path / "a" / "Ada.py", tmp_path / "b" / "ada.py"]) == ["Ada.py", "ada.py-2"]


def test_text_for_messages_has_no_control_characters_and_is_short() -> None:
    assert clean("a\x1b[0m\u202eb\nc") == "a?[0m?b?c"
    assert len(shown("x" * 1000)) == 200
    assert listed(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.intake.safe_names import ascii_name, clean, listed, safe_name, shown, unique_names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Jane Doe", "Jane Doe"),
        ("Doe, Jane", "Doe, Jane"),
        ("José Núñez", "José Núñez"),
        ("Zoe\u0308 Mu\u0308ller", "Zoë Müller"),
        ("李明", "李明"),
        ("O’Brien, Pat (1)", "O’Brien, Pat (1)"),
        ("约翰·史密斯", "约翰·史密斯"),
        ("'=1", "1"),
        ("Weiß", "Weiß"),
        ("वर्षा", "वर्षा"),
        ("محمد", "محمد"),
        ("李明/../x", "李明_.._x"),
        ("＝SUM", "SUM"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("a\u200bb\ufe0f", "a_b"),
        ("\udce9t\udce9", "t"),
        ("  Jane \t Doe  ", "Jane _ Doe"),
        ("../../etc/passwd", "etc_passwd"),
        ("=SUM(A1)", "SUM(A1)"),
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


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Zoë Müller", "Zoe_Muller"),
        ("李明", "u674eu660e"),
        ("Weiß", "Weiss"),
        ("Łukasz Bjørn Đức", "Lukasz_Bjorn_Duc"),
        ("O\u2019Brien", "O_Brien"),
        ("Jane Doe", "Jane_Doe"),
        ("𝐀", "A"),
    ],
)
def test_names_of_ascii_only_can_be_had(name: str, plain: str) -> None:
    assert ascii_name(name) == plain
    assert unique_names([name], ascii_only=True) == [plain]


def test_a_long_name_fits_every_file_system() -> None:
    assert len(safe_name("明" * 300).encode()) <= 200
    assert safe_name("x" * 300) == "x" * 80


@pytest.mark.parametrize(
    "names", [("Zoë", "Zoe\u0308"), ("WEISS", "Weiß"), ("李明", "李明"), ("ＡＤＡ", "ada"), ("İ", "i̇")]
)
def test_names_that_some_file_system_takes_for_one_get_a_number(names: tuple[str, str]) -> None:
    first, second = unique_names(names)
    assert second.endswith("-2")
    assert not first.endswith("-2")


@given(st.lists(st.text(max_size=120).filter(lambda name: "\0" not in name and "/" not in name), max_size=6))
def test_names_are_always_safe_unique_and_short(names: list[str]) -> None:
    for ascii_only in (False, True):
        unique = unique_names([Path("folder") / f"x{name}" for name in names], ascii_only=ascii_only)
        assert len({name.casefold() for name in unique}) == len(names)
        for name in unique:
            assert 0 < len(name) <= 81
            assert len(f"{name}.json".encode()) <= 255
            assert name.isascii() or not ascii_only
            assert clean(name) == name == unicodedata.normalize("NFC", name)
            assert not set(name) & set('/\\\0\n\t:*?"<>|=')
            assert name[0] not in ".-+@ "


def test_files_that_differ_only_in_their_ending_keep_it(tmp_path: Path) -> None:
    paths = [tmp_path / "ada.ipynb", tmp_path / "ada.py", tmp_path / "bob.py"]
    assert unique_names(paths) == ["ada.ipynb", "ada.py", "bob"]


def test_names_that_differ_only_in_case_get_a_number(tmp_path: Path) -> None:
    assert unique_names([tmp_path / "a" / "Ada.py", tmp_path / "b" / "ada.py"]) == ["Ada.py", "ada"]


def test_text_for_messages_has_no_control_characters_and_is_short() -> None:
    assert clean("a\x1b[0m\u202eb\nc") == "a?[0m?b?c"
    assert len(shown("x" * 1000)) == 200
    assert listed(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"

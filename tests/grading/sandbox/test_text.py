from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grading.sandbox.text import clean


def test_terminal_sequences_are_gone() -> None:
    assert (
        clean("\x1b[31mred\x1b[0m \x1b]0;title\x07and\x1b]8;;http://x\x1b\\ link\x9b2J", 100)
        == "red and link"
    )


def test_direction_marks_and_zero_width_characters_are_gone() -> None:
    assert clean("a\u202eb\u200bc\ufeff\u2066d", 100) == "abcd"


def test_a_progress_bar_becomes_lines() -> None:
    assert clean("10%\r20%\r\ndone", 100) == "10%\n20%\ndone"


def test_letters_of_any_script_stay() -> None:
    assert clean("Zoë 李 \u03b4\t∇\n", 100) == "Zoë 李 \u03b4\t∇\n"


def test_long_text_is_cut_and_says_so() -> None:
    assert clean("a" * 1000, 10) == "a" * 9 + "…"


@given(st.text(), st.integers(0, 50))
def test_nothing_invisible_is_left_and_the_limit_holds(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= max(limit, 1)
    assert all(c in "\n\t" or c.isprintable() or c.isspace() for c in cleaned)

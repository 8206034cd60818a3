"""The translations cannot rot: what is said has one, what has one is said, and both have the same places."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from grading.intake.read import read
from grading.intake.submission import Handin, IntakeError
from grading.sandbox.worker_sentences import SAID, in_run_language
from grading.words import LANGUAGES, said_place, say, sentences, speaking, together, translated
from tests.grading.said import calls, page_calls, places, templates, whole_texts, written_past_say

TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
IN_CODE = ("say", "later")


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_sentence_has_a_translation(language: str) -> None:
    missing = sorted((templates() | whole_texts()) - sentences(language).keys())
    assert not missing, f"add to grading/words/{language}.toml: {missing}"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_translation_is_of_a_sentence_that_is_said(language: str) -> None:
    unused = sorted(sentences(language).keys() - templates() - whole_texts())
    assert not unused, f"take out of grading/words/{language}.toml: {unused}"


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_have_the_places_of_the_original(language: str) -> None:
    for template in templates():
        translation = sentences(language)[template]
        assert places(translation) == places(template), template


def test_what_is_said_is_written_where_it_is_said() -> None:
    """A template that is put together while the code runs could not be looked up here."""
    for where, call in calls("say"):
        literal = isinstance(call.args[0], ast.Constant)
        marked = isinstance(call.args[0], ast.Name | ast.IfExp | ast.Subscript)
        assert len(call.args) == 1, where
        assert literal or marked, f"{where}: say takes a text, or a name of one marked with later"
    for where, call in calls("later"):
        assert isinstance(call.args[0], ast.Constant), where


# Folders and files whose sentences people read, and the words in them that are Python's or the wire's.
SPOKEN = ("grading/intake", *(f"grading/sandbox/{name}.py" for name in ("session", "kernel", "worker")))
OF_PYTHON = {"was never closed", "except Error as name:", "an answer to another kind of request"}
OF_BYTES = re.compile(r"/(packed_handin|png)\.py:")  # what these say of bytes is said to code of ours


@pytest.mark.parametrize("folder", SPOKEN)
def test_nothing_is_said_past_the_catalogue(folder: str) -> None:
    found = [
        (where, text)
        for where, text in written_past_say(folder)
        if text not in OF_PYTHON and not OF_BYTES.search(where)
    ]
    assert not found, "put these through say, or later"


def test_every_place_is_given_a_value_of_its_name() -> None:
    for where, call in calls("say"):
        if isinstance(call.args[0], ast.Constant):
            named = {name for name, _, _ in places(str(call.args[0].value))}
            assert named == {keyword.arg for keyword in call.keywords}, where
    for where, page_call in page_calls():
        named = {name for name, _, _ in places(page_call.args[0].as_const())}
        assert named == {keyword.key for keyword in page_call.kwargs}, where


def test_chinese_is_set_as_chinese_is() -> None:
    """Full-width marks after Chinese characters, and no space between sentences."""
    for template, text in sentences("zh").items():
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\.(?!\.)", text), (template, text)
        assert not re.search(r"[。，；：？！] ", text), (template, text)


def test_numbers_and_code_are_the_same_in_every_language() -> None:
    """What stands in a mistake as code, an index or a formula stands in its translation too."""
    code = re.compile(r"self\.\w+|np\.\w+|\w+\[[^\]]*\]|\b(?:dW|reg|uint8|float32|axis=\d)\b", re.ASCII)
    for text in whole_texts():
        assert set(code.findall(text)) <= set(code.findall(sentences("zh")[text])), text


def test_values_are_put_in_as_they_are() -> None:
    with speaking("zh"):
        assert say("{name} raised {error}.", name="f", error="KeyError: {x}") == "f 抛出了 KeyError: {x}。"
    assert say("{name} raised {error}.", name="f", error="KeyError: {x}") == "f raised KeyError: {x}."


def test_sentences_follow_each_other_as_the_language_has_it() -> None:
    assert together("One.", "", "Two.") == "One. Two."
    with speaking("zh"):
        assert together("一。", "二。") == "一。二。"


def test_what_has_no_translation_stays_as_it_is() -> None:
    with speaking("zh"):
        assert translated("a text of the rubric's author") == "a text of the rubric's author"


def test_a_place_in_a_file_is_named_in_the_language_of_the_run() -> None:
    assert said_place("svm.ipynb, cell 3, line 4") == "svm.ipynb, cell 3, line 4"
    with speaking("zh"):
        assert said_place("svm.ipynb, cell 3, line 4") == "svm.ipynb，单元格 3，第 4 行"
        assert said_place("line 7") == "第 7 行"


def test_why_a_hand_in_cannot_be_read_is_said_in_the_language_of_the_run(tmp_path: Path) -> None:
    for name in ("svm.ipynb", "svm.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-1.4")
    with speaking("zh"):
        assert (
            _refused(tmp_path / "svm.ipynb")
            == "svm.ipynb 是一个 PDF 文件，而不是笔记本：请使用 .ipynb 文件本身。"
        )
        assert _refused(tmp_path / "svm.pdf").startswith("svm.pdf 是一个 PDF 文件，无法评分：请提交笔记本")


def _refused(path: Path) -> str:
    with pytest.raises(IntakeError) as refused:
        read(Handin("one", path), ["svm_loss_naive"])
    return str(refused.value)


def test_a_workers_sentences_are_known_on_our_side() -> None:
    """A new sentence in a worker needs its template in `grading.sandbox.worker_sentences`, with the same words."""
    said = {_words(text) for _, text in written_past_say("grading/sandbox/inside")}
    known = {_words(template) for template in SAID}
    assert said - known == OF_WORKERS


# Errors and documentation that stay as Python has them, which student code could tell apart.
OF_WORKERS = {
    "{} is not here",
    "No module named {}",
    "it asks for input()",
    "(its text cannot be shown)",
    "it is nested too deeply",
    "A stand-in that works on this version of Python.",
}


def _words(template: str) -> str:
    return re.sub(r"{[^}]*}", "{}", template)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("scipy is not here; an empty stand-in took its place.", "这里没有 scipy；用一个空的替身代替了它。"),
        (
            "a.ipynb, cell 3, line 2: skipped while loading: NameError: x",
            "a.ipynb，单元格 3，第 2 行：载入时已跳过：NameError: x",
        ),
        (
            "Not run: 'pip install x': the grader runs no shell commands.",
            "没有运行 'pip install x'：评分程序不运行 shell 命令。",
        ),
        ("something else", "something else"),
    ],
)
def test_a_workers_sentence_is_heard_in_the_language_of_the_run(english: str, chinese: str) -> None:
    assert in_run_language(english) == english
    with speaking("zh"):
        assert in_run_language(english) == chinese

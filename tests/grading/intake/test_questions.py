from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from grading.intake.ipynb import Cell
from grading.intake.questions import find_questions
from tests.grading.intake.making import COURSE, SVM, notebook, read_files


def answers(*texts: str, kinds: Sequence[str] = ()) -> list[str]:
    cells = [
        Cell(number, kinds[number - 1] if kinds else "markdown", text)
        for number, text in enumerate(texts, start=1)
    ]
    return [question.answer for question in find_questions(cells)]


ANSWERED = {
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** Because.": "Because.",
    "**Inline Question 1:**\nWhy?\n\n**Your answer**: Because.": "Because.",
    "### Inline Question 1\nWhy?\n\n*Your Answer*: Because.": "Because.",
    "#### Inline question #2:\nWhy?\n\n$\\color{blue}{\\textit Your Answer:}$ Because.": "Because.",
    "**Inline Question 1**: Why?\n\n${\\textit Your Answer:}$ Because.": "Because.",
    "## Inline Question 1:\nWhy?\n\n## Answer:\nBecause.": "Because.",
    "<b>Inline Question 1</b>\n\nWhy?\n\n<font color='red'>Your Answer:</font> Because.": "Because.",
    "**Inline Question 1**\n\nWhy?\n\n***YOUR ANSWER***\n\nBecause.": "Because.",
    "> **Question 3.** Why?\n>\n> **Answer.** Because.": "Because.",
    "**Q1**: Why?\n\n**A1**: Because.": "Because.",
    "**问题 1**\n\n为什么?\n\n**答案:** 因为。": "因为。",
    "**内联问题 1**：为什么?\n\n回答：因为。": "因为。",
    "**Inline Question 1** 为什么\n\n**你的答案**：因为。": "因为。",
    "**Pregunta 1**\n\n¿Por qué?\n\n**Respuesta:** Porque sí.": "Porque sí.",
    "**Inline Question 1**\n\n**Your Answer:** $\\max(0, x)$ at $x = 0$": "$\\max(0, x)$ at $x = 0$",
    "**Inline Question 1**\n\n**Your Answer:**\n\n$$\\frac{1}{2}$$": "$$\\frac{1}{2}$$",
    "**Inline Question 1**\n\n**Your Answer:** `max` has a kink.": "`max` has a kink.",
    "**Inline Question 1**\n\nYour Answer: **No**, since": "**No**, since",
    "**Inline Question 1**\n\nYour Answer:** Because.": "Because.",
    "**Inline Question 1**\n\nThe answers may differ.\n\n**Your Answer:** Because.": "Because.",
    "**Question en ligne 1**\n\nPourquoi ?\n\n**Votre réponse :** Parce que.": "Parce que.",
    "**Frage 1**\n\nWarum?\n\n**Deine Antwort:** Darum.": "Darum.",
    "**Pregunta en línea 1**\n\n¿Por qué?\n\n**Tu respuesta:** Porque sí.": "Porque sí.",
    "**Pergunta 1**\n\nPor quê?\n\n**Sua resposta:** Porque sim.": "Porque sim.",
    "**Вопрос 1**\n\nПочему?\n\n**Ваш ответ:** Потому что.": "Потому что.",
    "**질문 1**\n\n왜?\n\n**나의 답:** 그래서.": "그래서.",
    "**質問 1**\n\nなぜ?\n\n**あなたの答え:** なぜなら。": "なぜなら。",
    "**Soru 1**\n\nNeden?\n\n**Cevabınız:** Çünkü.": "Çünkü.",
    "**سوال ۱**\n\nچرا؟\n\n**پاسخ شما:** چون": "چون",
    "**內嵌問題 1**\n\n為什麼？\n\n**你的答案：** 因為": "因為",
    "**Inline Question 1**\n\nWhy?\n\n$\\mathbf{Your\\ Answer:}$ Because.": "Because.",
    "**Inline Question 1**\n\nWhy?\n\n**My answer is:** Because.": "Because.",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer: Because.**": "Because.",
    "**Inline Question 1)** Why?\n\n**Answer)** Because.": "Because.",
    "📝 **Inline Question 1**\n\nWhy?\n\n✏️ **Your Answer:** Because.": "Because.",
    "**Inline Question 1**\n\nWhy?\n\n**Your\u00a0Answer:** Because.": "Because.",
    "Inline Question 1\n=================\nWhy?\n\nYour Answer\n-----------\nBecause.": "Because.",
    "**Inline Question 1**\n\nWhy?\n\n<details><summary>Answer</summary>\nBecause.\n</details>": "Because.",
    "<b>Inline Question 1</b>\n\nWhy?\n\n<font color='red'>Your Answer: Because.</font>": "Because.",
    "**Inline Question 1**\n\nWhy?\n\n| Your Answer: | Because. |": "Because.",
}


@pytest.mark.parametrize(("text", "answer"), ANSWERED.items())
def test_an_answer_is_found_in_any_dress(text: str, answer: str) -> None:
    assert answers(text) == [answer]


EMPTY = [
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** *fill this in.*",
    "**Inline Question 1**\n\nWhy?\n\n$\\color{blue}{\\textit Your Answer:}$ *fill this in.*",
    "**Inline Question 1**\n\nWhy?\n\n$\\color{blue}{\\textit Your Answer:}$\n\n\n"
    "$\\color{blue}{\\textit Your Explanation:}$\n\n\n",
    "**Inline Question 1**\n\nWhy?\n\n*Your Answer*: *fill this in*\n\n*Your Explanation*: *fill this in*",
    "## Inline Question 1:\nWhy?\n\n## Answer:\n[FILL THIS IN]",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** TODO",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** ...",
    "**Inline Question 1**\n\nWhy?",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** Write your answer here.",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** <font color='red'>fill this in</font>",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** <!-- write here -->",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** $\\text{fill this in}$",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** &nbsp;",
    "**Inline Question 1**\n\nWhy?\n\n**Your Answer:** _[your answer]_",
]


@pytest.mark.parametrize("text", EMPTY)
def test_an_answer_that_was_never_given_is_empty(text: str) -> None:
    assert answers(text) == [""]


QUESTION = "**Inline Question 1**\n\nWhy?"


@pytest.mark.parametrize(
    "cells",
    [
        (QUESTION, "**Your Answer:** Because."),
        (QUESTION, "Because."),
        (QUESTION + "\n\n**Your Answer:**", "Because."),
        (QUESTION + "\n\n**Your Answer:** *fill this in.*", "Because."),
        (QUESTION, "### Answer\n\nBecause."),
        (QUESTION, "Because.", "# Next part", "More text."),
        (QUESTION, "Because.", "**Inline Question 2**\n\nWhy not?\n\n**Your Answer:** No."),
    ],
)
def test_an_answer_may_stand_in_the_cell_below(cells: tuple[str, ...]) -> None:
    assert answers(*cells)[0] == "Because."


def test_a_heading_or_code_below_is_no_answer() -> None:
    assert answers(QUESTION, "## Next part\n\nText.") == [""]
    assert answers(QUESTION, "x = 1", "Text.", kinds=("markdown", "code", "markdown")) == [""]


def test_a_picture_pasted_in_colab_leaves_room_for_the_answer() -> None:
    (answer,) = answers(
        f"**Inline Question 1**\n\n**Answer:** ![a](data:image/png;base64,{'A' * 30_000}) So."
    )
    assert answer.startswith("![a](attachment:pasted-")
    assert answer.endswith(") So.")


def test_several_questions_in_one_cell_are_several() -> None:
    text = "**Inline Question 1**\nWhy?\n\n**Your Answer:** A.\n\n**Inline Question 2**\nHow?\n\n**Your Answer:** B."
    assert answers(text) == ["A.", "B."]


def test_the_question_is_quoted_without_its_answer() -> None:
    (question,) = find_questions([Cell(1, "markdown", QUESTION + "  \n\n**Your Answer:** Because.\n")])
    assert question.question == QUESTION


@pytest.mark.parametrize(
    "text", ["# Questions and answers", "Some text about the question.", "问题在于此", ""]
)
def test_other_text_is_no_question(text: str) -> None:
    assert answers(text) == []


def test_code_that_speaks_of_questions_is_no_question() -> None:
    assert answers("# Inline Question 1", kinds=("code",)) == []


@pytest.mark.parametrize(
    "text", ["#" * 50_000, "\n" * 50_000, "*_" * 25_000, "<" * 50_000, "\\color" * 9_000]
)
def test_text_made_to_stall_a_pattern_does_not(text: str) -> None:
    assert answers(text + "\nInline Question 1\nYour Answer: " + text + "x")[-1:] != []


def test_questions_of_this_assignment_are_asked_and_others_are_not(tmp_path: Path) -> None:
    files = {
        **COURSE,
        "knn.ipynb": notebook(("markdown", "**Inline Question 1**\n\nWhich k?\n\n**Your Answer:** 7")),
        "svm.ipynb": notebook(
            "from cs231n.classifiers.linear_svm import svm_loss_naive",
            ("markdown", "**Inline Question 1**\n\nKinks?\n\n**Your Answer:** Yes."),
        ),
    }
    (question,) = read_files(tmp_path, files).questions
    assert question.answer == "Yes."


def test_a_question_answered_in_one_of_two_copies_counts_as_answered(tmp_path: Path) -> None:
    question = "**Inline Question 1**\n\nKinks?\n\n**Your Answer:** "
    files = {
        "svm.ipynb": notebook(SVM, ("markdown", question + "*fill this in*")),
        "svm-Copy1.ipynb": notebook(SVM, ("markdown", question + "Yes.")),
    }
    assert [found.answer for found in read_files(tmp_path, files).questions] == ["Yes."]

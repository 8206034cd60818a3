"""Finds the notebook's inline questions and the student's answers, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from msgspec.structs import replace

from grading.intake.ipynb import Cell
from grading.intake.pasted import set_apart
from grading.intake.submission import Question

_LONGEST = 20_000

# Nothing here backtracks (`*+`, `(?>...)`): with what students write, that may take ages.
# Possible decoration of a heading: Markdown emphasis, HTML tags, LaTeX that colours it.
_DRESS = (
    # Compiling these ranges takes long if the case of each character has to be looked up.
    r"(?>(?-i:[ \t#>*_`~$\\{}\-:：\[\]()|\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])|<[^<>\n]{0,200}+>"
    r"|\b(?:text)?color\b(?>\{\w{1,20}+\})?|\b(?:(?:text|math)(?:it|bf|rm|tt|sf)?|bf|it|large|Large|boxed)\b){0,60}+"
)
_QUESTION_WORDS = (
    r"inline\s++(?:question|exercise)\s*+[#№]?+\s*+\d*+"
    r"|(?:question|q|pregunta|frage|вопрос|質問|질문|pergunta|domanda|soru|câu hỏi|pytanie|vraag|سؤال|سوال)"
    r"(?>\s++(?:en|em|in)\s++(?:ligne|línea|linea|linha))?+\s*+[#№.]?+\s*+\d++\b"
    r"|(?:内联|内嵌|內嵌|內聯|行内|行內|在线|線上|随堂|隨堂|课堂|課堂|思考)?(?:问题|問題|思考题|思考題)"
    r"(?=\s*+(?:[#\d一二三四五]|[:：*]|$))"
)
_POSSESSIVES = (
    r"your|my|the|our|votre|ta|ma|notre|deine|meine|ihre|unsere|tu|su|mi|la|sua|minha|tua|mia|a"
    r"|ваш|мой|твой|наш|나의|당신의|내|あなたの|私の|你的|我的|您的|senin|benim|câu|twoja|moja|jouw|mijn"
)
_ANSWER_WORDS = (
    rf"(?:(?:{_POSSESSIVES})(?>[ \t]|\\ |~)*+)?(?:"
    r"(?:answers?|explanations?|respuesta|réponse|antwort|antwoord|ответ|resposta|risposta|odpowiedź"
    r"|cevab?p?[ıiuü]?[a-zıüö]{0,5}|yanıt[a-zıüö]{0,5}|trả lời)\b"
    r"|答案|回答|解答|解释|解釋|답변|정답|답|答え|پاسخ(?:[ \t]شما)?|جواب|(?:ال)?إجابة|الجواب)"
    r"|ans\b|a\d++(?=[ \t*_]*+[:：])|solution\b|答(?=[ \t]*+[:：])"
)
# A heading ends with a colon, its emphasis, or its line: "The answer may differ" is not one.
_HEADING_ENDS = (
    r"(?:[ \t]++is(?=[ \t*_]*+[:：]))?+"
    r"(?:[ \t*_`~$}]*+[:：)=]|\.?+[*_`~}]++|[ \t]*+(?=$|</))[ \t*_`~]*+(?:\}{1,4}+\$?)?(?>[ \t*_`~|]|</\w{1,20}+>)*+"
)
_MARKS = " \t*_`~|"
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s|^\s*<h[1-6]\b", re.IGNORECASE)
_ORNAMENT = " \t\n\r*_`~$.…!-:：>#[](){}"
# Text that does not show on the page: comments, tags, named spaces, LaTeX that only formats text.
_UNSEEN = re.compile(
    r"<!--(?>[^-<]|-(?!->)|<(?!!--)){0,2000}+-->|</?[a-zA-Z][^<>]{0,200}>|&nbsp;|\\text(?:it|bf|rm)?\b"
)
_UNDERLINE = re.compile(r"\A(?:-{3,}|={3,})[ \t]*(?:\n+|\Z)")
_CLOSING = re.compile(r"</(\w{1,10})>\Z")
_INVITATION = re.compile(
    r"fill (?:this|it|me) in|(?:write|type|put|enter) (?:your )?(?:answer|explanation)s?(?: (?:here|below))?"
    r"|(?:your )?answer(?: here)?|to ?do|tbd|在此作答|待填|填写|填寫",
    re.IGNORECASE,
)


@cache
def _question() -> re.Pattern[str]:
    """The beginning of a question; compiling it takes 1 ms, and many hand-ins have no text."""
    return re.compile(rf"^{_DRESS}(?:{_QUESTION_WORDS})", re.IGNORECASE | re.MULTILINE)


@cache
def _answer() -> re.Pattern[str]:
    """The heading of an answer; compiling it takes 2 ms."""
    return re.compile(rf"^{_DRESS}(?:{_ANSWER_WORDS}){_HEADING_ENDS}", re.IGNORECASE | re.MULTILINE)


def find_questions(cells: Sequence[Cell]) -> Iterator[Question]:
    """Yield the questions in the notebook's order, each with its answer, "" if there is none.

    An answer comes under its own heading in the question's cell or in the Markdown that follows;
    without such a heading, it is the Markdown right after the question, unless that starts another subject.
    """
    cells = [replace(cell, text=set_apart(cell.text.replace("\u00a0", " "))[0]) for cell in cells]
    for index, cell in enumerate(cells):
        if cell.kind != "markdown":
            continue
        starts = [match.start() for match in _question().finditer(cell.text)]
        ends = [*starts[1:], len(cell.text)]
        for start, end in zip(starts, ends[: len(starts)], strict=True):
            text = cell.text[start:end]
            heading = _answer_heading(text)
            if heading:
                question, answer = text[: heading.start()], _behind(heading)
            else:
                question, answer = text, ""
            if not _said(answer) and end == len(cell.text):
                answer = _answer_below(cells[index + 1 :])
            yield Question(_clean(question)[:_LONGEST], _said(answer)[:_LONGEST])


def _answer_below(cells: Sequence[Cell]) -> str:
    """The answer in the cells after the question's own."""
    answers: list[str] = []
    for cell in cells:
        if cell.kind != "markdown" or _question().search(cell.text):
            break
        heading = _answer_heading(cell.text)
        if heading and not cell.text[: heading.start()].strip():
            answers.append(_behind(heading))
        elif _HEADING.match(cell.text):
            break
        else:
            answers.append(cell.text)
    return "\n\n".join(answer for answer in answers if _said(answer))


def _answer_heading(text: str) -> re.Match[str] | None:
    """Where the answer begins in ``text``; the question's own heading never counts, whatever words it uses."""
    first_line = text.find("\n", len(text) - len(text.lstrip()))
    return _answer().search(text, 0 if not _question().match(text) else max(first_line, 0))


def _behind(heading: re.Match[str]) -> str:
    """The text after a heading, with the Markdown mark that the answer itself begins with: "Answer: `max`"."""
    whole, text = heading[0], heading.string
    tail = len(whole.rstrip(_MARKS))
    # A mark without a partner in the heading, and followed by a letter, belongs to the answer.
    begun = [whole.rfind(mark) for mark in ("`", "**", "__") if whole.count(mark) % 2]
    touching = not text[heading.end() : heading.end() + 1].isspace() and not whole[-1:].isspace()
    start = min((place for place in begun if place >= tail and touching), default=len(whole))
    return text[heading.start() + start :]


def _said(answer: str) -> str:
    """The answer, or "" if it is only the template's invitation to write one."""
    bare = _UNSEEN.sub("", _answer().sub("", answer))
    lines = (line.strip(_ORNAMENT) for line in bare.split("\n"))
    return "" if all(not line or _INVITATION.fullmatch(line) for line in lines) else _undressed(answer)


def _undressed(answer: str) -> str:
    """An answer without the closing marks of its heading: emphasis, an HTML tag, the line under a heading."""
    text = _UNDERLINE.sub("", _clean(answer))
    closing = _CLOSING.search(text)
    if closing and f"<{closing[1]}" not in text:
        text = text[: closing.start()].rstrip()
    for mark in ("**", "__", "*", "_", "|"):
        if text.endswith(mark) and text.count(mark) % 2:
            text = text[: -len(mark)].rstrip()
    return text


def _clean(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))

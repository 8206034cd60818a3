"""``report.md``: the grade as a page of plain Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from grading.grades.grade import CheckResult, Grade
from grading.grades.late import sentence
from grading.reports.cards import cards
from grading.reports.classifier_comparison import comparison
from grading.reports.html_report import by_function, place_of, where
from grading.reports.notebook_runs import introduction, shown_runs
from grading.reports.pages import assignment
from grading.reports.shown_repairs import parts_of, repair_shown_by, sentence_of
from grading.reports.text import SIGNS, points, shown
from grading.words import later, say, together, translated

_MOST_KEPT = 256  # texts, most of which are the same for all hand-ins


class MarkdownReport:
    """Writes a `Grade` for people to read: failures first, with everything that helps; then one line for each pass."""

    file_name = "report.md"
    takes_hidden = False

    def render(self, grade: Grade) -> bytes:
        """The page's bytes."""
        return ("\n".join(_page(shown(grade))) + "\n").encode()


def _page(grade: Grade) -> list[str]:
    name = assignment(grade.suite)
    lines = [_title(grade), "", *([escape(name), ""] if name else [])]
    if grade.state == "not_graded":
        return [*lines, f"**{say('Not graded:')}** {escape(grade.reason or '')}"]
    if grade.late is not None and grade.late.factor != 1.0:
        lines += [sentence(grade.late), ""]
    lines += _functions(grade)
    broken = cards(grade)
    if broken:
        lines += ["", f"## {say('What to fix')}", ""]
        for card in broken:
            lines += what_helps(card.check, grade, card.same)
    lines += [
        "",
        f"## {say('All checks')}",
        "",
        f"| | {say('function')} | {say('check')} | {say('points')} |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {SIGNS[c.status]} | `{c.function}` | {c.id}: {escape(c.title)} | {_of(c.points, c.max_points)} |"
        for c in grade.checks
    ]
    lines += _beside(grade)
    lines += _executed(grade)
    lines += _list(say("Accepted, but"), grade.remarks) + _list(say("About the files"), grade.warnings)
    for item in grade.manual:
        question, item_ = later("Question for manual grading"), later("Item for manual grading")
        what = translated(question if item.source == "notebook" else item_)
        empty = f"*{say('(empty)')}*" if item.source == "notebook" else ""
        answer = escape(item.answer) if item.answer else empty
        lines += [
            "",
            say(
                "{what} ({most} points): {question}",
                what=f"**{what}**",
                most=points(item.max_points),
                question=escape(item.question),
            ),
            "",
            answer,
        ]
        if item.points is not None and item.max_points:
            got = say("{got} of {most} points", got=points(item.points), most=points(item.max_points))
            lines += ["", f"**{got}**"]
        if item.comment:
            lines += ["", together(say("Comment:"), escape(item.comment))]
    return [*lines, "", _footer(grade)]


def _beside(grade: Grade) -> list[str]:
    beside = comparison(grade)
    if beside is None:
        return []
    lines = ["", f"## {say('Beside other classifiers')}", "", escape(beside.sentence), ""]
    lines += [f"| {' | '.join(beside.headings)} |", "|---|---|---|---|"]
    for row in beside.rows:
        name = f"`{row.name}`" if row.mine else escape(row.name)
        lines.append(f"| {name} | {row.accuracy} | {row.stored} | {row.seconds} |")
    return lines


def _executed(grade: Grade) -> list[str]:
    if grade.execution is None:
        return []
    lines = ["", f"## {say('Your notebook, run again')}", "", escape(introduction(grade.execution))]
    for each in shown_runs(grade):
        lines += ["", f"**{escape(each.notebook)}**: {escape(each.outcome)}", ""]
        lines += [f"- {escape(sentence)}" for sentence in each.sentences]
        lines += [f"- **{say('To check by hand:')}** {escape(claim)}" for claim in each.unconfirmed]
        if each.pictures:
            lines.append("- " + say("Pictures in report.html: {count}.", count=len(each.pictures)))
    return lines


def _title(grade: Grade) -> str:
    got, most = points(grade.score), points(grade.max_score)
    return "# " + say("{name}: {got} of {most}", name=escape(grade.submission.name), got=got, most=most)


def _functions(grade: Grade) -> list[str]:
    rows = [f"| {say('function')} | {say('points')} | {say('where')} |", "|---|---|---|"]
    for name, checks in by_function(grade).items():
        got, most = sum(check.points for check in checks), sum(check.max_points for check in checks)
        place = escape(where(place_of(name, grade)) or say("not found"))
        rows.append(f"| `{name}` | {_of(got, most)} | {place} |")
    return rows


def _of(got: float, most: float) -> str:
    return say("{got} of {most}", got=points(got), most=points(most)) if most else say("not counted")


def what_helps(check: CheckResult, grade: Grade, same: Sequence[CheckResult] = ()) -> list[str]:
    """Everything that helps to fix a check's finding, as lines of Markdown under a third-level heading.

    ``same`` are checks that did not pass for the same reason.
    """
    lines = [
        f"### {check.function}: {check.id}",
        "",
        f"*{escape(check.title)}*",
        "",
        escape(check.message),
        "",
    ]
    if check.diagnosis is not None:
        lines += [together(f"**{escape(check.diagnosis.title)}**", escape(check.diagnosis.hint)), ""]
    for other in same:
        sentence_ = say(
            "For the same reason, {function}: {check} did not pass ({got} of {most} points).",
            function=f"`{other.function}`",
            check=other.id,
            got=points(other.points),
            most=points(other.max_points),
        )
        lines += [together(sentence_, escape(other.message) if other.function == check.function else ""), ""]
    repair = repair_shown_by(check, grade)
    if repair is not None:
        lines += [escape(sentence_of(check.function, repair)), ""]
        for before, place, change in parts_of(repair):
            lines += [escape(before), ""] if before else []
            lines += [part for text in (place, change) if text for part in _block(text, "text")]
    if check.expected is not None:
        lines += _block(
            say("expected: {expected}", expected=check.expected)
            + "\n"
            + say("got:      {got}", got=check.got or ""),
            "text",
        )
    if check.counterexample is not None:
        lines += [say("To see it:"), "", *_block(check.counterexample.code.rstrip("\n"), "python")]
    return lines


def _block(text: str, language: str) -> list[str]:
    """A fenced block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", text, fence, ""]


def _list(title: str, sentences: list[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {escape(s)}" for s in sentences)] if sentences else []


def _footer(grade: Grade) -> str:
    suite, isolation = grade.suite, grade.isolation
    graded = say(
        "Graded by subgrader {version} (rubric {rubric}, seed {seed}, Python {python}, NumPy {numpy}); "
        "isolation: {level} ({detail}).",
        version=suite.version,
        rubric=suite.rubric_sha256[:12],
        seed=suite.seed,
        python=suite.python,
        numpy=suite.numpy,
        level=isolation.level,
        detail=escape(isolation.detail),
    )
    if suite.data is None:
        return graded
    data = say("Trained on {name}, SHA-256 {sha256}.", name=suite.data.name, sha256=suite.data.sha256[:12])
    return together(graded, data, *map(escape, suite.data.remarks))


@lru_cache(maxsize=_MOST_KEPT)
def escape(text: str) -> str:
    """Text from a student as inert Markdown on one line: no markup, no HTML, no links, no table cells."""
    text = " ".join(text.split())
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    text = re.sub(r"([\\`*\[\]|])", r"\\\1", text)
    # Inside a word, as in svm_loss_naive, an underscore has no meaning; pairs of tildes strike out.
    text = re.sub(r"(?<!\w)_|_(?!\w)|~(?=~)", r"\\\g<0>", text)
    # Anything that would begin a heading, a list, a quotation or a rule at the start of a line.
    return re.sub(r"^([#>+=-]|\d+(?=[.)]))", _at_start, text)


def _at_start(match: re.Match[str]) -> str:
    return match[0] + "\u200b" if match[0].isdigit() else "\\" + match[0]

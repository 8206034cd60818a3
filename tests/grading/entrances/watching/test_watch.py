"""At every save: the verdict of a whole grading, from few questions; and nothing that an editor does ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import watchfiles

import grader
from grading.entrances.watching import saves as saves_module
from grading.entrances.watching.saves import Saves
from grading.entrances.watching.verdicts import Verdicts
from grading.intake.read import read
from grading.intake.submission import Handin, Submission
from grading.judging.training.data import training_data
from grading.rubric.reading import load_rubric
from grading.running.from_rubric import training_plan
from grading.sandbox.client import Sandbox

ROOT = Path(__file__).resolve().parents[4]
RUBRIC = load_rubric(None)
METHODS = {"LinearSVM.train", "LinearSVM.predict", "Softmax.train", "Softmax.predict"}
# What is changed, one after the other, and the functions that are asked again then.
EDITS: tuple[tuple[str, str, set[str]], ...] = (
    ("dW += 2 * reg * W", "dW += reg * W", {"svm_loss_naive", "svm_loss_vectorized", "LinearSVM.train"}),
    ("# Linear classifiers on CIFAR-10", "# My work", set()),
    ("axis=1)\n\n    def loss", "axis=0)\n\n    def loss", METHODS),
    ("dW += reg * W", "dW += 2 * reg * W", {"svm_loss_naive", "svm_loss_vectorized", "LinearSVM.train"}),
    (
        "probs[np.arange(num_train), y] -= 1",
        "pass",
        {"softmax_loss_vectorized", "Softmax.train", "Softmax.predict"},
    ),
    ("axis=0)\n\n    def loss", "axis=1)\n\n    def loss", METHODS),
)


def edited(notebook: str, old: str, new: str) -> str:
    changed = notebook.replace(json.dumps(old)[1:-1], json.dumps(new)[1:-1], 1)
    assert changed != notebook, old
    return changed


def in_lines(notebook: str) -> str:
    """With each cell as one text, so that edits may go over several lines."""
    content = json.loads(notebook)
    for cell in content["cells"]:
        cell["source"] = "".join(cell["source"])
    return json.dumps(content)


@pytest.fixture
def notebook() -> str:
    return in_lines((ROOT / "submissions" / "ada.ipynb").read_text(encoding="utf-8"))


def submission(folder: Path, text: str) -> Submission:
    file = folder / "mine.ipynb"
    file.write_text(text, encoding="utf-8")
    return read(Handin("mine", file), RUBRIC.asked_names)


def watching(sandbox: Sandbox) -> Verdicts:
    return Verdicts(RUBRIC, sandbox, training_data(training_plan(RUBRIC)).shared, lambda *_: None)


def test_after_every_edit_the_verdict_is_that_of_asking_everything(
    tmp_path: Path, notebook: str, sandbox: Sandbox
) -> None:
    watch = watching(sandbox)
    assert watch.of(submission(tmp_path, notebook)).points == 100
    for old, new, asked in EDITS:
        notebook = edited(notebook, old, new)
        work = submission(tmp_path, notebook)
        mine, whole = watch.of(work), watching(sandbox).of(work)
        assert set(mine.asked) == asked, old
        told = [(r.function, r.id, r.status, r.points, r.diagnosis) for r in mine.results]
        assert told == [(r.function, r.id, r.status, r.points, r.diagnosis) for r in whole.results], old


def test_what_cannot_be_read_while_one_is_typing_keeps_its_verdict(
    tmp_path: Path, notebook: str, sandbox: Sandbox
) -> None:
    watch = watching(sandbox)
    before = watch.of(submission(tmp_path, notebook))
    typing = edited(notebook, "scores -= np.max(scores)", "scores -= np.max(")
    verdict = watch.of(submission(tmp_path, typing))
    assert verdict.results == before.results
    assert (verdict.asked, "softmax_loss_naive" in verdict.unparsed) == ([], True)
    assert "'(' was never closed" in verdict.why[0]
    # What can be read is asked all the same.
    verdict = watch.of(submission(tmp_path, edited(typing, "dW += 2 * reg * W", "dW += reg * W")))
    assert {"svm_loss_naive", "LinearSVM.train"} <= set(verdict.asked)
    assert verdict.first_failure is not None
    assert verdict.first_failure.id == "gradient"


@pytest.mark.parametrize("path", ["mine.py", "work/mine.py"])
def test_whatever_way_it_is_saved_that_is_seen(tmp_path: Path, path: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_text("a = 1\n")
    saves = Saves(file.parent if "/" in path else file)

    def moved() -> None:
        file.with_suffix(".tmp").write_text("a = 3\n")
        file.with_suffix(".tmp").replace(file)

    for save in (lambda: file.write_text("a = 2\n"), moved, file.unlink, lambda: file.write_text("a = 3\n")):
        assert not saves.is_new
        save()
        assert saves.is_new
        saves.take()


def test_links_that_lead_round_and_round_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("a = 1\n")
    (tmp_path / "data").mkdir()
    for name in ("a", "b"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "data")
    assert [name for name, *_ in saves_module.state(tmp_path)] == [str(tmp_path / "mine.py")]


def test_where_the_system_watches_nothing_one_looks_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> Iterator[None]:
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr(watchfiles, "watch", refuses)
    monkeypatch.setattr(saves_module, "_LOOK_AGAIN", 1)
    file = tmp_path / "mine.py"
    file.write_text("a = 1\n")
    looks = Saves(file).looks()
    assert not next(looks)
    file.write_text("a = 12\n")
    assert next(looks)


class Watched:
    """The command on a file, and what it has said."""

    def __init__(self, file: Path) -> None:
        self.file = file
        command = [sys.executable, str(ROOT / "grader.py"), "watch", str(file)]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell has what it starts in the background ignore Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = ""

    def until(self, sentence: str) -> str:
        """What is said until there stands ``sentence``."""
        assert self.process.stdout is not None
        end = time.monotonic() + 60
        while sentence not in self.text and time.monotonic() < end:
            self.text += (self.process.stdout.read() or b"").decode()
            time.sleep(0.02)
        said, found, self.text = self.text.partition(sentence)
        assert found, f"waited for {sentence!r}: {said}"
        return said


def is_there(group: int) -> bool:
    """Whether a group of processes has any."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def watched(tmp_path: Path, notebook: str) -> Iterator[Watched]:
    file = tmp_path / "mine.ipynb"
    file.write_text(notebook)
    started = Watched(file)
    yield started
    started.process.kill()
    started.process.communicate()


def test_it_is_graded_at_every_save_and_goes_on_whatever_an_editor_does(
    watched: Watched, notebook: str
) -> None:
    file = watched.file
    watched.until("100 of 100 points")
    watched.until("Every check passes.")
    # As Jupyter saves: another file is put in its place.
    other = file.with_name(".~mine.ipynb")
    other.write_text(edited(notebook, "dW += 2 * reg * W", "dW += reg * W"))
    other.replace(file)
    watched.until("100 -> 91 of 100 points")
    said = watched.until("loss, dW = svm_loss_naive(W, X, y, 1.0)")
    assert "now fails: svm_loss_naive: gradient\nnow skipped: svm_loss_naive: kinks, symmetry\n" in said
    assert "The gradient of the regularization lacks its factor 2." in said
    watched.until("21 |     dW += reg * W")
    # Half of it, and nothing at all.
    file.write_text(notebook[: len(notebook) // 2])
    watched.until("The last verdict holds.")
    file.unlink()
    watched.until("mine.ipynb is gone. The last verdict holds.")
    # As VS Code saves: in place.
    file.write_text(notebook)
    watched.until("91 -> 100 of 100 points")
    said = watched.until("Every check passes.")
    assert "now passes: svm_loss_naive: gradient, kinks, symmetry\n" in said
    os.killpg(watched.process.pid, signal.SIGINT)
    watched.until("Stopped watching mine.ipynb: 100 of 100 points.")
    assert watched.process.wait(10) == 0
    end = time.monotonic() + 5
    while is_there(watched.process.pid):
        assert time.monotonic() < end, "a process is left"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing.ipynb"], "nothing.ipynb: there is no such file or folder"),
        ([".", "--rubric", "nothing.toml"], "nothing.toml"),
    ],
)
def test_what_cannot_be_watched_is_one_line(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert grader.main(["watch", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1

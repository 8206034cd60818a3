"""Reading apart: the same is read as here, and what takes too much costs the process that reads and nothing else."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grading.intake import reader_process
from grading.intake.find import Reading, look_below, survey
from grading.intake.read import read
from grading.intake.reader import Reader, ReadingError
from grading.intake.submission import Handin, IntakeError
from grading.words import speaking
from tests.grading.running.small_class import RIGHT

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere hand-ins are read in the same process"
)
ROOT = Path(__file__).resolve().parents[3]
ASKED = ("Softmax", "Softmax.predict")


@pytest.fixture
def ada(tmp_path: Path) -> Handin:
    (tmp_path / "ada.py").write_text(RIGHT)
    return Handin("ada", tmp_path / "ada.py")


def reader_in_which(monkeypatch: pytest.MonkeyPatch, **replaced: object) -> Reader:
    """A reader in whose processes some of our functions are others."""
    for name, function in replaced.items():
        monkeypatch.setattr(reader_process, name, function)
    monkeypatch.setattr(reader_process, "CPU_SECONDS", 0.2)
    monkeypatch.setattr(reader_process, "SURVEY_CPU_SECONDS", 0.2)
    return Reader()


def of_mallory(does: object) -> object:
    """`read` as it is, but for hand-ins called mallory."""
    return lambda handin, asked: does() if handin.name == "mallory" else read(handin, asked)  # type: ignore[operator]


@pytest.mark.parametrize("sample", sorted((ROOT / "submissions").glob("[!R]*")), ids=lambda path: path.name)
def test_what_is_read_apart_is_what_is_read_here(sample: Path, apart: Reader) -> None:
    handin = Handin("someone", sample)
    assert apart.read(handin, ASKED) == read(handin, ASKED)
    assert apart.digest(handin) == read(handin, ASKED).sha256


def test_an_ordinary_notebook_is_read_without_what_takes_long_to_import() -> None:
    program = (
        "import sys; from pathlib import Path; from grading.intake.read import read;"
        "from grading.intake.submission import Handin;"
        f"read(Handin('ada', Path({str(ROOT / 'submissions' / 'ada.ipynb')!r})), {ASKED!r});"
        "print(*{'numpy', 'IPython', 'nbformat', 'nbconvert'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.fixture(scope="module")
def apart() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def endlessly() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    "does",
    [
        endlessly,
        lambda: ctypes.string_at(0),
        lambda: bytearray(4 << 30),
        lambda: vars(reader_process)["read"](Handin("mallory", Path()), ()),
        lambda: os._exit(0),
    ],
    ids=["takes for ever", "crashes", "fills the memory", "calls itself", "leaves"],
)
def test_what_brings_its_reader_down_is_refused_and_the_next_one_is_read(
    does: object, ada: Handin, monkeypatch: pytest.MonkeyPatch
) -> None:
    mallory = Handin("mallory", ada.path)
    with reader_in_which(monkeypatch, read=of_mallory(does)) as reader:
        for _ in range(2):
            with pytest.raises(IntakeError, match=r"ada\.py cannot be read within"):
                reader.read(mallory, ASKED)
            assert "Softmax" in reader.read(ada, ASKED).definitions


@pytest.mark.parametrize("sample", ["course_layout", "", "ada.ipynb", "grace.zip"])
def test_a_class_is_found_apart_as_it_is_found_here(sample: str, apart: Reader) -> None:
    for reading_ in (None, "one", "class"):
        assert apart.survey([ROOT / "submissions" / sample], reading_) == survey(
            [ROOT / "submissions" / sample], reading_
        )


@pytest.mark.parametrize("does", [endlessly, lambda: os._exit(0), lambda: [].nothing])  # type: ignore[attr-defined]
def test_a_class_that_cannot_be_looked_through_is_graded_child_by_child(
    does: Callable[[], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ada.py").write_text(RIGHT)
    (tmp_path / "mallory").mkdir()
    other = tmp_path.parent / f"{tmp_path.name}.zip"
    other.write_bytes(b"PK")

    def look_through(*_: object, **__: object) -> object:
        return does()

    with reader_in_which(monkeypatch, look_below=look_through) as reader:
        found = reader.survey([tmp_path, other])
        alone = reader.survey([tmp_path], "one")
    assert [handin.name for handin in found.handins] == ["ada", "mallory", other.stem]
    assert [handin.path for handin in alone.handins] == [tmp_path]
    for said in (found.said[0], found.said[1], alone.said[0]):
        assert "could not be looked through" in said


def test_where_only_what_is_in_the_files_takes_too_long_a_platforms_names_still_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Ada_1_assignsubmission_file_svm.py").write_text(RIGHT)

    def look_through(path: Path, reading: Reading | None, *, alone: bool) -> object:
        return look_below(path, reading, alone=alone) if reading else os._exit(0)

    with reader_in_which(monkeypatch, look_below=look_through) as reader:
        found = reader.survey([tmp_path])
    assert [handin.name for handin in found.handins] == ["Ada"]
    assert len(found.said) == 1


@pytest.mark.parametrize(
    "does",
    [
        lambda: Path("/tmp/written-by-a-reader").write_text("x"),
        lambda: os.kill(os.getppid(), 0),
        os.fork,
        lambda: __import__("socket").socket(),
        lambda: os.execv("/bin/true", ["true"]),
    ],
    ids=["write", "signal", "fork", "connect", "run a program"],
)
def test_a_process_that_reads_can_do_nothing_else(
    does: object, ada: Handin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        reader_in_which(monkeypatch, read=of_mallory(does)) as reader,
        pytest.raises(ReadingError, match="PermissionError"),
    ):
        reader.read(Handin("mallory", ada.path), ASKED)
    assert not Path("/tmp/written-by-a-reader").exists()


def test_a_defect_of_ours_is_told_with_its_place(ada: Handin, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        reader_in_which(monkeypatch, read=lambda handin, asked: handin.nothing) as reader,
        pytest.raises(ReadingError, match=r"AttributeError: .* \(test_reader.py, line \d+\)"),
    ):
        reader.read(ada, ASKED)


def test_files_are_brought_only_while_they_are_what_was_graded(ada: Handin, apart: Reader) -> None:
    sha256 = str(apart.digest(ada))
    assert apart.files(ada, ["ada.py", "other.py"], sha256) == {"ada.py": RIGHT.encode()}
    ada.path.write_text(RIGHT + "\n")
    assert apart.files(ada, ["ada.py"], sha256) == {}


def test_sentences_are_in_the_language_that_is_spoken_where_they_are_asked_for(
    tmp_path: Path, apart: Reader
) -> None:
    (tmp_path / "empty.py").touch()
    with speaking("zh"), pytest.raises(IntakeError, match="空"):
        apart.read(Handin("empty", tmp_path / "empty.py"), ASKED)


def test_a_name_that_is_no_text_is_read_like_any_other(tmp_path: Path, apart: Reader) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/hh\xdf\xfe.py"))
    path.write_text(RIGHT)
    assert "Softmax" in apart.read(Handin("hh", path), ASKED).definitions


def test_many_threads_and_forked_processes_can_have_hand_ins_read(ada: Handin, apart: Reader) -> None:
    expected, found = apart.read(ada, ASKED), []
    threads = [threading.Thread(target=lambda: found.append(apart.read(ada, ASKED))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


KILLED = """
import sys, threading, time
from pathlib import Path
from grading.intake import reader_process
from grading.intake.reader import Reader
from grading.intake.submission import Handin

def endlessly(*_):
    while True: pass

reader_process.read = endlessly
reader = Reader()
threading.Thread(target=reader.read, args=(Handin("mallory", Path(sys.argv[1])), ())).start()
time.sleep(0.3)
print(reader.process, flush=True)
time.sleep(60)
"""


def test_nothing_that_reads_outlives_who_asked(ada: Handin) -> None:
    # Killed, so that nobody can clear up; the one that reads is in the middle of something endless.
    command = [sys.executable, "-c", KILLED, str(ada.path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        server = int(asking.stdout.readline())
        below = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        asking.kill()
    assert below
    deadline = time.monotonic() + 5
    while any(is_alive(process) for process in (str(server), *below)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(process: str) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

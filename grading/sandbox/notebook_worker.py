"""The grader's end of one notebook, which runs in a process of its own, cell by cell, each within a time limit."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeAlias

import msgspec
import numpy as np

from grading.protocol import packing, wire
from grading.protocol.frames import ProtocolError, frame
from grading.sandbox import requests
from grading.sandbox.channel import Channel, ClosedError, DeadlineExceededError, Output
from grading.sandbox.limits import Limits
from grading.sandbox.messages import Lost, Raised, Received
from grading.sandbox.text import clean
from grading.sandbox.walls.launch import Launcher
from grading.sandbox.walls.levels import DisturbedError
from grading.sandbox.worker_sentences import in_run_language
from grading.words import say

# The most that one cell may send: a dozen pictures, weights, histories, with room to spare.
_CELL_BYTES = 48 << 20
# The most that all cells together may send.
_ALL_BYTES = 256 << 20
_MOST_PRINTED = 30_000
_MOST_PICTURES = 12
_MOST_REMARKS = 10
_LONGEST_REMARK = 500
_encode = msgspec.msgpack.Encoder().encode


Cell: TypeAlias = wire.Cell


class Notebook(msgspec.Struct, frozen=True):
    """A notebook to run: the files of the hand-in by name, the folder among them that it is in, and its cells."""

    files: Mapping[str, bytes]
    folder: str
    cells: tuple[Cell, ...]


class CellOutcome(msgspec.Struct, frozen=True):
    """The result of a cell. Everything in it is only what the student's process claims.

    Attributes:
        number: of the cell.
        error: what it raised; None if nothing.
        printed: the printed text, cleaned and cut.
        pictures: data claimed to be PNGs, not checked yet.
        found: the variables that exist; tables and lists of numbers as arrays.
        remarks: sentences.
    """

    number: int
    error: Raised | None
    printed: str
    pictures: tuple[bytes, ...]
    found: Mapping[str, Received]
    remarks: tuple[str, ...]


class NotebookOutcome(msgspec.Struct):
    """The cells that ended, in order; and if the process was lost, in which cell, and why."""

    cells: list[CellOutcome] = []
    stopped_at: int | None = None
    lost: Lost | None = None


class Training(msgspec.Struct, frozen=True):
    """One more training of ``model`` as the notebook trains it, with these settings; class c is called classes[c]."""

    model: str
    learning_rate: float
    reg: float
    classes: tuple[int, ...]


class Trainer(Protocol):
    """Makes a notebook that has been run train once more."""

    def __call__(self, training: Training) -> Received:
        """Return the weights, whatever they are.

        Raises:
            NotTrainedError: there are none; the message says why.
        """
        ...


class NotTrainedError(Exception):
    """A training did not finish."""


Afterwards = Callable[[Sequence[CellOutcome], Trainer], None]


def run_notebook(
    launcher: Launcher,
    limits: Limits,
    notebook: Notebook,
    afterwards: Afterwards | None = None,
    *,
    is_asked_again: bool = False,
) -> NotebookOutcome:
    """Run ``notebook`` from the top until its end, or until its process is lost.

    ``afterwards`` is called while the process still exists, if the notebook reached its end.

    Raises:
        DisturbedError: no cell is to blame for the loss, and ``is_asked_again``.
        LaunchError: the sandbox itself has broken down.
    """
    outcome = NotebookOutcome()
    (ours, theirs), (printed, printing) = socket.socketpair(), socket.socketpair()
    with theirs, printing:
        process = launcher.start(theirs, printing)
    channel = Channel(ours, printed, Output(0))
    closed = False
    try:
        _converse(channel, limits, notebook, outcome)
        if afterwards is not None:
            afterwards(outcome.cells, _Retrainer(channel, limits))
    except DeadlineExceededError:
        outcome.lost = Lost("timeout", "")
    except ProtocolError as error:
        outcome.lost = Lost("protocol", say("what came back was not an answer: {error}", error=error))
    except ClosedError:
        closed = True
    finally:
        starved = process.vitals is not None and process.vitals.waiting_seconds() > limits.cell_seconds / 2
        end = process.kill(closed)
        channel.close()
    if is_asked_again and (end.by_others or (starved and outcome.lost is not None)):
        raise DisturbedError
    if closed:
        how = end.how or say("closed its connection")
        outcome.lost = Lost("died", say("the process {ended}", ended=how))
    return outcome


def _converse(channel: Channel, limits: Limits, notebook: Notebook, outcome: NotebookOutcome) -> None:
    nonce = secrets.token_bytes(16)
    channel.send(_execute_frame(nonce, notebook))
    end = time.monotonic() + limits.notebook_seconds
    seconds = limits.load_seconds
    left = _ALL_BYTES
    for index, cell in enumerate(notebook.cells):
        outcome.stopped_at = cell.number
        for kind in (wire.Entered, wire.Ended):
            deadline = min(time.monotonic() + seconds, end)
            header, payload = channel.receive(deadline, min(_CELL_BYTES, left))
            body = requests.decode_reply(header, nonce, index).body
            if not isinstance(body, kind):
                raise ProtocolError("an answer to another kind of request")
            left -= len(payload)
            seconds = limits.cell_seconds
            if isinstance(body, wire.Ended):
                outcome.cells.append(_cell_outcome(cell, body, payload))
    outcome.stopped_at = None


class _Retrainer:
    """The trainings after the last cell, which together get as much time as the notebook had."""

    def __init__(self, channel: Channel, limits: Limits) -> None:
        self._channel, self._limits = channel, limits
        self._end = time.monotonic() + limits.notebook_seconds
        self._lost = ""

    def __call__(self, training: Training) -> Received:
        if not self._lost:
            try:
                return self._trained(training)
            except DeadlineExceededError:
                self._lost = say("it did not end in time")
            except ProtocolError as error:
                self._lost = say("what came back was not an answer: {error}", error=error)
            except ClosedError:
                self._lost = say("the process {ended}", ended=say("closed its connection"))
        raise NotTrainedError(self._lost)

    def _trained(self, training: Training) -> Received:
        nonce = secrets.token_bytes(16)
        asked = wire.TrainAgain(
            nonce, training.model, training.learning_rate, training.reg, list(training.classes)
        )
        self._channel.send(frame(_encode(asked), []))
        deadline = min(time.monotonic() + self._limits.cell_seconds, self._end)
        self._channel.receive(deadline, 0)
        header, payload = self._channel.receive(deadline, _CELL_BYTES)
        body = requests.decode_reply(header, nonce, 0).body
        if not isinstance(body, wire.Ended):
            raise ProtocolError("an answer to another kind of request")
        outcome = _cell_outcome(Cell(0, "", ("W",)), body, payload)
        if outcome.error is not None:
            raise NotTrainedError(
                clean(f"{outcome.error.type_name}: {in_run_language(outcome.error.message)}", _LONGEST_REMARK)
            )
        if "W" not in outcome.found:
            raise NotTrainedError(say("it has no weights"))
        return outcome.found["W"]


def _execute_frame(nonce: bytes, notebook: Notebook) -> bytes:
    arrays: list[bytes] = []
    files = []
    for name, content in notebook.files.items():
        packed = packing.packed(np.frombuffer(content, np.uint8), arrays)
        assert packed is not None
        files.append(wire.WireFile(name, packed))
    return frame(_encode(wire.Execute(nonce, files, notebook.folder, list(notebook.cells))), arrays)


def _cell_outcome(cell: Cell, body: wire.Ended, payload: bytearray) -> CellOutcome:
    """Decode the result of a cell, in the order in which its arrays were packed.

    Raises:
        ProtocolError: arrays that do not add up, more pictures than allowed, or variables that were not requested.
    """
    unpacker = packing.Unpacker(payload)
    if len(body.pictures) > _MOST_PICTURES:
        raise ProtocolError(f"{len(body.pictures)} pictures, over the limit of {_MOST_PICTURES}")
    pictures = tuple(_take_bytes(picture, unpacker) for picture in body.pictures)
    if not set(body.found) <= set(cell.wanted):
        raise ProtocolError("a variable that was not asked for")
    found = {name: requests.received(value, unpacker) for name, value in body.found.items()}
    unpacker.finish()
    return CellOutcome(
        cell.number,
        None if body.error is None else requests.raised(body.error),
        clean(body.printed, _MOST_PRINTED),
        pictures,
        found,
        tuple(in_run_language(clean(remark, _LONGEST_REMARK)) for remark in body.remarks[:_MOST_REMARKS]),
    )


def _take_bytes(array: wire.WireArray, unpacker: packing.Unpacker) -> bytes:
    if array.dtype != "|u1" or len(array.shape) != 1:
        raise ProtocolError("a picture that is not a string of bytes")
    return unpacker.take(array).tobytes()

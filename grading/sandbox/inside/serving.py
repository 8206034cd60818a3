"""The worker's loop: load once, then answer batches of steps, with a frame for each step."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import traceback
import warnings
from collections.abc import Container
from typing import Any

import msgspec
import numpy as np

from grading.protocol import frames, packing, wire
from grading.sandbox.inside import no_gpu, pairing, running_cells, seeding
from grading.sandbox.inside.adapting import adapted, prepare
from grading.sandbox.inside.answering import Answerer
from grading.sandbox.inside.answers import Packer, raised
from grading.sandbox.inside.importing import Importing
from grading.sandbox.inside.library import Library
from grading.sandbox.inside.mapped_array import Mapped
from grading.sandbox.inside.outbox import Outbox

_decode = msgspec.msgpack.Decoder(wire.Request).decode
_encode = msgspec.msgpack.Encoder().encode
_MAX_PAYLOAD = 1 << 32
_NOTHING = wire.WireReturned(wire.WireValue("NoneType", None), [], None)


class Server:
    """Holds one submission and answers the grader's requests to it."""

    def __init__(self, channel: socket.socket, mapped: Mapped | None = None) -> None:
        self._channel = channel
        self._outbox = Outbox(channel)
        self._mapped = mapped
        self._calls = pairing.Calls()
        self._filenames: Container[str] = ()
        self._provided: dict[str, Any] = {}
        self._answerer = Answerer(self._provided, mapped)
        self._nonce = b""
        self._train_again: running_cells.TrainAgain

    def serve(self) -> None:
        """Answer until the other side closes."""
        while (request := self._receive()) is not None:
            message, unpacker = request
            self._nonce = message.nonce
            self._outbox.begin()
            if isinstance(message, wire.Load):
                self._load(message)
            elif isinstance(message, wire.Execute):
                self._train_again = running_cells.run(message, unpacker, self._send)
            elif isinstance(message, wire.TrainAgain):
                self._train_again(message, self._send)
            elif isinstance(message, wire.Pairs):
                function = self._provided.get(message.function)
                outgoing = pairing.Pairing(self._hold, self._outbox)
                calls = self._calls.unpacked(message.calls, unpacker.payload)
                pairing.answer(function, calls, outgoing, self._filenames)
            else:
                self._take(message, unpacker)
            self._outbox.push()
            flush()

    def _receive(self) -> tuple[wire.Request, packing.Unpacker] | None:
        prefix = self._exactly(frames.PREFIX.size)
        if prefix is None:
            return None
        header, payload = frames.sizes(prefix, 0, frames.MAX_REQUEST_HEADER, _MAX_PAYLOAD)
        header_bytes, payload_bytes = self._exactly(header), self._exactly(payload)
        if header_bytes is None or payload_bytes is None:
            return None
        return _decode(header_bytes), packing.Unpacker(payload_bytes)

    def _exactly(self, size: int) -> bytearray | None:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self._channel.recv_into(view)
            if not count:
                return None
            view = view[count:]
        return data

    def _send(self, index: int, body: Any, arrays: list[bytes]) -> None:
        self._hold(index, body, arrays)
        self._outbox.push()

    def _hold(self, index: int, body: Any, arrays: list[bytes]) -> None:
        self._outbox.hold(frames.frame(_encode(wire.Reply(self._nonce, index, body)), arrays))

    def _take(self, message: wire.Batch, unpacker: packing.Unpacker) -> None:
        if not message.together:
            for index, step in enumerate(message.steps):
                self._send(index, *self._answer(step, unpacker))
            return
        # Most steps prepare a call and return nothing: they share one reply, sent before the next one unless it is time
        # to show that there is progress.
        nothing = 0
        for index, step in enumerate(message.steps):
            body, arrays = self._answer(step, unpacker)
            if body == _NOTHING and not self._outbox.due():
                nothing += 1
                continue
            if nothing:
                self._hold(index - nothing, wire.WireNothing(nothing), [])
                nothing = 0
            self._hold(index, body, arrays)
        if nothing:
            self._hold(len(message.steps) - nothing, wire.WireNothing(nothing), [])

    def _reached(self, place: wire.WirePlace) -> None:
        self._send(0, wire.Reached(place), [])

    def _load(self, message: wire.Load) -> None:
        seeding.install()
        seeding.seed_everything(0)
        warnings.simplefilter("ignore")
        library = Library(message.sources, message.definitions, message.skip, self._reached)
        self._filenames = library.filenames
        tensors = any(calling.tensors for calling in message.callings)
        Importing(library, {"torch"} if tensors else ())
        library.provide_all()
        prepare(message.callings)
        if tensors and any("cuda" in block.code for source in message.sources for block in source.blocks):
            no_gpu.redirect()
        self._provided = adapted(library.provided, message.callings)
        self._answerer = Answerer(self._provided, self._mapped)
        # Settings that the files change while loading are discarded; their functions start from the defaults.
        np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
        warnings.simplefilter("ignore")
        seeding.seed_everything(0)
        flush()
        self._send(0, wire.Finished(library.remarks, library.failures), [])

    def _answer(self, step: wire.WireStep, unpacker: packing.Unpacker) -> tuple[Any, list[bytes]]:
        packer = Packer()
        # Unpacked first: a step that fails must not leave its arrays to the next one.
        try:
            body = self._answerer.taken(step, unpacker, packer)
        except BaseException as error:
            packer = Packer()
            body = raised(error, self._filenames)
        return body, packer.arrays


def flush() -> None:
    """Pass on what has been printed; a student may have closed or replaced the streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def main(channel: socket.socket, mapped: Mapped | None = None) -> None:
    """Serve on ``channel`` until it is closed, then end the process, whatever the student left behind."""
    try:
        Server(channel, mapped).serve()
    except BaseException:
        # A defect of ours, or a student's tampering; it is visible in the printed output.
        traceback.print_exc()
    finally:
        flush()
        os._exit(0)

"""The worker's loop: load once, then answer batches of steps, one frame for each step."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import traceback
import warnings
from typing import Any

import msgspec
import numpy as np

from grading.sandbox import frames, wire
from grading.sandbox.inside import seeding
from grading.sandbox.inside.answers import Packer, raised
from grading.sandbox.inside.counting import Counter
from grading.sandbox.inside.importing import Importing
from grading.sandbox.inside.library import Library
from grading.sandbox.inside.mapping import Mapping

_decode = msgspec.msgpack.Decoder(wire.Request).decode
_encode = msgspec.msgpack.Encoder().encode
_MAX_PAYLOAD = 1 << 32
_UNKNOWN = wire.WireUnknown()


class PluggedLoss:
    """Stands in for a model's ``loss``: gives prepared answers and keeps what it was asked."""

    def __init__(self, model: Any, losses: wire.Array, gradients: wire.Array) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._model, self._losses, self._gradients = model, losses, gradients

    def __call__(self, X_batch: Any, y_batch: Any, reg: Any = None) -> tuple[Any, Any]:
        """As the model's ``loss``."""
        k = len(self.calls) % len(self._losses)
        kept = (getattr(self._model, "W", None), X_batch, y_batch, reg)
        self.calls.append(tuple(a.copy() if isinstance(a, np.ndarray) else a for a in kept))
        return self._losses[k], self._gradients[k].copy()


class Server:
    """Holds one submission and answers for it."""

    def __init__(self, channel: socket.socket, mapping: Mapping | None = None) -> None:
        self._channel = channel
        self._mapping = mapping
        self._library = Library([], [], [], self._reached)
        self._counter = Counter(set())
        self._objects: dict[str, Any] = {}
        self._plugged: dict[str, PluggedLoss] = {}
        self._nonce = b""

    def serve(self) -> None:
        """Answer until the other side closes."""
        while (request := self._receive()) is not None:
            message, unpacker = request
            self._nonce = message.nonce
            if isinstance(message, wire.Load):
                self._load(message)
            else:
                for index, step in enumerate(message.steps):
                    self._answer(index, step, unpacker)
            flush()

    def _receive(self) -> tuple[wire.Request, wire.Unpacker] | None:
        prefix = self._exactly(frames.PREFIX.size)
        if prefix is None:
            return None
        header, payload = frames.sizes(prefix, 0, frames.MAX_REQUEST_HEADER, _MAX_PAYLOAD)
        header_bytes, payload_bytes = self._exactly(header), self._exactly(payload)
        if header_bytes is None or payload_bytes is None:
            return None
        return _decode(header_bytes), wire.Unpacker(payload_bytes)

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
        self._channel.sendall(frames.frame(_encode(wire.Reply(self._nonce, index, body)), arrays))

    def _reached(self, place: wire.WirePlace) -> None:
        self._send(0, wire.Reached(place), [])

    def _load(self, message: wire.Load) -> None:
        seeding.install()
        seeding.seed_everything(0)
        warnings.simplefilter("ignore")
        library = self._library = Library(message.sources, message.definitions, message.skip, self._reached)
        Importing(library)
        library.provide_all()
        self._counter = Counter(library.filenames)
        # What the files set for themselves on the way is theirs; their functions start from the defaults.
        np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
        warnings.simplefilter("ignore")
        seeding.seed_everything(0)
        flush()
        self._send(0, wire.Finished(library.remarks, library.failures), [])

    def _answer(self, index: int, step: wire.WireStep, unpacker: wire.Unpacker) -> None:
        packer = Packer()
        # Read from the wire first: a step that fails must not leave its arrays to the next one.
        try:
            body = self._taken(step, unpacker, packer)
        except BaseException as error:
            packer = Packer()
            body = raised(error, self._library.filenames)
        self._send(index, body, packer.arrays)

    def _taken(self, step: wire.WireStep, unpacker: wire.Unpacker, packer: Packer) -> Any:
        if isinstance(step, (wire.WireCall, wire.WireInvoke)):
            args = tuple([self._argument(a, unpacker) for a in step.args])
            kwargs = {k: self._argument(a, unpacker) for k, a in step.kwargs.items()}
            return self._called(step, args, kwargs, packer)
        value: Any = None
        if isinstance(step, wire.WireSeed):
            seeding.seed_everything(step.seed)
        elif isinstance(step, wire.WireCreate):
            self._objects[step.handle] = self._library.provided[step.name]()
        elif isinstance(step, wire.WirePlugLoss):
            losses, gradients = unpacker.take(step.losses), unpacker.take(step.gradients)
            if step.handle not in self._objects:
                return _UNKNOWN
            model = self._objects[step.handle]
            model.loss = self._plugged[step.handle] = PluggedLoss(model, losses, gradients)
        elif isinstance(step, wire.WireAssign):
            value = self._argument(step.value, unpacker)
            if step.handle not in self._objects:
                return _UNKNOWN
            setattr(self._objects[step.handle], step.attribute, value)
            value = None
        elif isinstance(step, wire.WireRead):
            if step.handle not in self._objects:
                return _UNKNOWN
            value = getattr(self._objects[step.handle], step.attribute)
        else:
            if step.handle not in self._plugged:
                return _UNKNOWN
            value = list(self._plugged[step.handle].calls)
        return wire.WireReturned(packer.value(value), [], None)

    def _argument(self, value: wire.WireArgument, unpacker: wire.Unpacker) -> Any:
        if type(value) is wire.WireArray:
            return unpacker.take(value)
        if type(value) is wire.WireShared and self._mapping is not None:
            return self._mapping.array(value.shape)
        return value

    def _called(
        self,
        step: wire.WireCall | wire.WireInvoke,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        packer: Packer,
    ) -> Any:
        bytecodes = None
        if isinstance(step, wire.WireCall):
            function = self._library.provided.get(step.function)
            if function is None:
                return _UNKNOWN
            if step.count_bytecodes:
                result, bytecodes = self._counter.measure(function, args, kwargs)
            else:
                result = function(*args, **kwargs)
        elif step.handle in self._objects:
            result = getattr(self._objects[step.handle], step.method)(*args, **kwargs)
        else:
            return _UNKNOWN
        packed = packer.value(result)
        inputs = packer.inputs((*args, *kwargs.values())) if step.return_inputs else []
        return wire.WireReturned(packed, inputs, bytecodes)


def flush() -> None:
    """Hand on what has been printed; a student may have closed or replaced the streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):
            stream.flush()


def main(channel: socket.socket, mapping: Mapping | None = None) -> None:
    """Serve on ``channel`` until it is closed, then end the process whatever the student left behind."""
    try:
        Server(channel, mapping).serve()
    except BaseException:
        # Our own defect, or a student's tampering; it is seen among what was printed.
        traceback.print_exc()
    finally:
        flush()
        os._exit(0)

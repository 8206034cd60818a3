"""One worker's connection: sends requests, receives replies, collects printed text, and always has a deadline."""

from __future__ import annotations

import selectors
import socket
import time

from grading.protocol.frames import Assembler

_READ = 1 << 18


class ClosedError(Exception):
    """The worker is gone."""


class DeadlineExceededError(Exception):
    """The worker did not answer, or did not accept what it was sent, in time."""


class Output:
    """The output of student code: the first ``limit`` bytes, and how many more there were.

    Attributes:
        muted: while set, nothing is kept or counted.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._dropped = 0
        self.muted = False

    def add(self, data: bytes) -> None:
        """Keep as much as there is still room for."""
        if self.muted:
            return
        room = self._limit - len(self._kept)
        self._kept += data[:room]
        self._dropped += max(0, len(data) - room)

    @property
    def text(self) -> str:
        """The text, not cleaned, with a last line that says whether something was dropped."""
        text = self._kept.decode("utf-8", "replace")
        return text + (f"\n[{self._dropped} more bytes were printed]" if self._dropped else "")


class Channel:
    """The grader's ends of a worker's two sockets: one for frames, one for printed output.

    Nothing here blocks for longer than its deadline, in whatever portions the worker reads or writes.
    """

    def __init__(self, frames: socket.socket, printed: socket.socket, output: Output) -> None:
        self._frames, self._printed, self._output = frames, printed, output
        self._assembler = Assembler()
        self._unsent = memoryview(b"")
        self._closed = False
        self._selector = selectors.DefaultSelector()
        for end in (frames, printed):
            end.setblocking(False)
            self._selector.register(end, selectors.EVENT_READ)

    def send(self, data: bytes) -> None:
        """Start sending; this continues while replies are awaited."""
        self._unsent = memoryview(data)
        self._write()

    def receive(self, deadline: float, max_payload: int) -> tuple[bytes, bytearray]:
        """Return header and payload of the next frame.

        Args:
            deadline: on the clock of `time.monotonic`.
            max_payload: bytes of arrays that the frame may hold.

        Raises:
            ProtocolError: what arrived is not a frame, or too large.
            DeadlineExceededError: the frame was not complete in time.
            ClosedError: the worker is gone, and everything it had sent has been read.
        """
        while (found := self._assembler.next(max_payload)) is None:
            if self._closed:
                raise ClosedError
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise DeadlineExceededError
            self._wait(remaining)
        return found

    def at_hand(self, max_payload: int) -> tuple[bytes, bytearray] | None:
        """The next frame, as from `receive`, if it has arrived with an earlier one.

        Raises:
            ProtocolError: as `receive`.
        """
        return self._assembler.next(max_payload)

    @property
    def unasked(self) -> bool:
        """Whether the worker has sent more than was requested."""
        self._wait(0)
        return self._assembler.pending > 0

    def drain(self) -> None:
        """Collect the output printed so far."""
        while self._read_printed():
            pass

    def close(self) -> None:
        """Collect the rest of the printed output, and close both sockets."""
        self.drain()
        self._selector.close()
        self._frames.close()
        self._printed.close()

    def _wait(self, seconds: float) -> None:
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._printed:
                self._read_printed()
                continue
            if events & selectors.EVENT_WRITE:
                self._write()
            if events & selectors.EVENT_READ:
                self._read()

    def _read(self) -> None:
        try:
            data = self._frames.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._assembler.feed(data)
        else:
            self._closed = True

    def _read_printed(self) -> bool:
        try:
            data = self._printed.recv(_READ)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data and self._printed in self._selector.get_map():
            self._selector.unregister(self._printed)
        self._output.add(data)
        return bool(data)

    def _write(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self._frames.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            # It is gone or has closed its end; reading will tell, after what it still had to say.
            self._unsent = memoryview(b"")
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        if self._selector.get_key(self._frames).events != events:
            self._selector.modify(self._frames, events)

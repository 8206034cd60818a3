"""Programs that speak on the worker's own socket, or bend what speaks there."""

# Each function here is the text of a hostile program: it is read, and run behind walls, but never called here.
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import gc
import os
import socket
import struct
import sys
import threading
import time

from tests.hostile.arena import Attacks


class Wire:
    """Everything that the worker's process holds can be found by the student's code in it: so let it be found."""

    def __init__(self):
        self.server = next(o for o in gc.get_objects() if type(o).__name__ == "Server")
        self.channel, self.nonce = self.server._channel, self.server._nonce
        self.encode = sys.modules["msgspec"].msgpack.encode

    def framed(self, header, payload=b"", lengths=None):
        sizes = lengths or (len(header), len(payload))
        return struct.pack("<4sIQ", b"SGr1", *sizes) + header + payload

    def reply(self, index, value, type_name="float", nonce=None):
        body = ["returned", [type_name, value], [], 1]
        return self.framed(self.encode([nonce or self.nonce, index, body]))


ATTACKS = Attacks("import gc, os, socket, struct, sys, threading, time", Wire, meets_walls=False)


@ATTACKS.add("Returned", "protocol")
def forges_a_reply_with_the_real_nonce(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(1, 0.5))


@ATTACKS.add("Returned")
def forges_a_reply_and_leaves(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(1, 0.5))
    os._exit(0)


@ATTACKS.add("Returned", spoils_itself=True)
def sends_replies_to_everything_that_is_still_to_come(X, path, port, pid, name, outside):
    wire = Wire()
    for k in range(1, 100):
        wire.channel.sendall(wire.reply(k, 0.5))


@ATTACKS.add("protocol", "Returned")
def sends_a_reply_to_an_earlier_step(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(0, 0.5))


@ATTACKS.add("protocol")
def sends_a_reply_with_a_nonce_of_its_own(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(1, 0.5, nonce=b"x" * 16))


@ATTACKS.add("protocol")
def says_that_loading_is_over(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.framed(wire.encode([wire.nonce, 1, ["finished", [], {}]])))


@ATTACKS.add("Raised")
def claims_that_an_object_is_unknown(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.framed(wire.encode([wire.nonce, 1, ["unknown"]])))


@ATTACKS.add("protocol")
def sends_noise(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(os.urandom(100_000))


@ATTACKS.add("protocol")
def sends_another_protocol(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n" * 10)


@ATTACKS.add("timeout")
def sends_half_a_frame_and_waits(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(1, 0.5)[:-3])
    time.sleep(60)


@ATTACKS.add("timeout")
def feeds_its_reply_drop_by_drop(X, path, port, pid, name, outside):
    wire = Wire()
    for byte in wire.reply(1, 0.5) * 100:
        wire.channel.sendall(bytes([byte]))
        time.sleep(0.2)


@ATTACKS.add("protocol")
def claims_a_header_of_4_gib(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.framed(b"", lengths=(2**32 - 1, 0)))


@ATTACKS.add("protocol")
def claims_arrays_of_two_to_the_63_bytes(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.framed(b"x", lengths=(1, 2**63)))


@ATTACKS.add("protocol", "timeout")
def sends_a_header_without_end(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.framed(b"", lengths=(1 << 20, 0)))
    while True:
        wire.channel.sendall(b"\x91" * 65536)


@ATTACKS.add("Returned", "protocol")
def sends_frames_without_end(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(1, 0.5))
    k = 0
    while True:
        wire.channel.sendall(wire.reply(k, 0.5) * 1000)


@ATTACKS.add("protocol")
def nests_a_reply_thirty_thousand_deep(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(
        wire.framed(
            b"\x93\xc4\x10" + wire.nonce + b"\x01\x94\xa8returned" + b"\x92\xa1x\x92\xa1t\x91" * 30000
        )
    )


@ATTACKS.add("Returned", "protocol")
def names_a_type_a_megabyte_long(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.sendall(wire.reply(1, 0.5, type_name="\x1b[31m" + "x" * 1_000_000))


@ATTACKS.add("died")
def closes_the_socket(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.close()


@ATTACKS.add("died", "Returned")
def closes_every_file_descriptor(X, path, port, pid, name, outside):
    os.closerange(0, 256)


@ATTACKS.add("died")
def shuts_its_end(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.shutdown(socket.SHUT_WR)


@ATTACKS.add("Returned", "protocol")
def answers_from_a_thread_while_its_function_runs(X, path, port, pid, name, outside):
    wire = Wire()

    def answer():
        for k in range(200):
            wire.channel.sendall(wire.reply(1, float(k)))

    threading.Thread(target=answer, daemon=True).start()
    time.sleep(0.2)
    return 0.25


@ATTACKS.add("Returned", "protocol", spoils_itself=True)
def goes_on_answering_from_a_thread_after_its_function_is_over(X, path, port, pid, name, outside):
    wire = Wire()

    def answer():
        while True:
            wire.channel.sendall(wire.reply(2, 3.0))
            time.sleep(0.001)

    threading.Thread(target=answer, daemon=True).start()
    return 0.25


@ATTACKS.add("Returned", spoils_itself=True)
def replaces_the_workers_way_of_sending(X, path, port, pid, name, outside):
    wire = Wire()
    type(wire.server)._send = lambda self, index, body, arrays: wire.channel.sendall(wire.reply(index, 0.5))


@ATTACKS.add("Raised", "died", "protocol", spoils_itself=True)
def replaces_the_workers_way_of_packing_values(X, path, port, pid, name, outside):
    sys.modules["grading.sandbox.inside.answers"].Packer.value = lambda self, value, depth=0: value


@ATTACKS.add(spoils_itself=True)
def makes_the_workers_module_raise_at_every_step(X, path, port, pid, name, outside):
    sys.modules["grading.sandbox.inside.serving"].Packer = None


@ATTACKS.add(spoils_itself=True)
def forgets_the_submissions_functions(X, path, port, pid, name, outside):
    wire = Wire()
    wire.server._library.provided.clear()


@ATTACKS.add("timeout")
def calls_the_workers_main_loop_from_within(X, path, port, pid, name, outside):
    wire = Wire()
    wire.server.serve()


@ATTACKS.add("Returned")
def reads_the_requests_that_are_meant_for_the_worker(X, path, port, pid, name, outside):
    wire = Wire()
    wire.channel.settimeout(0.2)
    try:
        return wire.channel.recv(1 << 20).hex()
    except OSError:
        return 0.0

"""Programs that meddle with processes, the kernel and the network."""

# Each function here is the text of a hostile program: it is read, and run behind walls, but never called here.
# ruff: noqa
# mypy: ignore-errors

from __future__ import annotations

import ctypes
import glob
import os
import signal
import socket
import subprocess
import sys
import time

from tests.hostile.arena import UNSAFE, Attacks

NOWHERE = frozenset()


def system_call():
    """Calls that have no Python name, by their number on x86-64."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.uname().machine != "x86_64":
        raise OSError("other numbers")

    def call(*arguments):
        result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
        if result < 0:
            raise OSError(ctypes.get_errno(), "refused")
        return result

    return call


# Unless said otherwise, limits alone do not contain these.
ATTACKS = Attacks(
    "import ctypes, glob, os, signal, socket, subprocess, sys, time", system_call, escapes=UNSAFE
)


@ATTACKS.add("Raised")
def reads_the_environment_of_the_grader(X, path, port, pid, name, outside):
    return open(f"/proc/{pid}/environ").read()


@ATTACKS.add()
def reads_the_environment_of_every_process(X, path, port, pid, name, outside):
    return "".join(
        open(p, errors="replace").read() for p in glob.glob("/proc/[0-9]*/environ") if os.access(p, os.R_OK)
    )


@ATTACKS.add("Raised")
def reads_the_memory_of_the_grader(X, path, port, pid, name, outside):
    m = open(f"/proc/{pid}/mem", "rb")
    m.seek(4096)
    return m.read(16)


@ATTACKS.add()
def reads_the_file_descriptors_of_the_grader(X, path, port, pid, name, outside):
    return repr([os.readlink(p) for p in glob.glob(f"/proc/{pid}/fd/*")])


@ATTACKS.add("Raised")
def attaches_to_the_grader_as_a_debugger(X, path, port, pid, name, outside):
    call = system_call()
    call(101, 16, pid, 0, 0)
    return 1.0


@ATTACKS.add("Raised")
def attaches_to_its_parent_as_a_debugger(X, path, port, pid, name, outside):
    call = system_call()
    call(101, 16, os.getppid(), 0, 0)
    return 1.0


@ATTACKS.add("Raised")
def reads_the_memory_of_its_parent_by_process_vm_readv(X, path, port, pid, name, outside):
    call = system_call()
    b = (ctypes.c_char * 64)()
    i = (ctypes.c_void_p * 2)(ctypes.addressof(b), 64)
    r = (ctypes.c_void_p * 2)(0x400000, 64)
    call(310, os.getppid(), ctypes.byref(i), 1, ctypes.byref(r), 1, 0)
    return 1.0


@ATTACKS.add("Raised", escapes=NOWHERE, harms_its_user=True)
def signals_the_grader(X, path, port, pid, name, outside):
    os.kill(pid, signal.SIGTERM)
    return 1.0


@ATTACKS.add("Raised", harms_its_user=True)
def kills_its_parent(X, path, port, pid, name, outside):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.2)
    return 1.0


@ATTACKS.add("Raised", harms_its_user=True)
def kills_everybody(X, path, port, pid, name, outside):
    os.kill(-1, signal.SIGKILL)
    return 1.0


@ATTACKS.add("Raised", harms_its_user=True)
def has_the_kernel_signal_the_grader(X, path, port, pid, name, outside):
    import fcntl

    r, w = os.pipe()
    fcntl.fcntl(r, 8, pid)
    fcntl.fcntl(r, 10, 9)
    return 1.0


@ATTACKS.add("Raised")
def forks_and_leaves_a_process_behind(X, path, port, pid, name, outside):
    if not os.fork():
        os.setsid()
        time.sleep(30)
        os._exit(0)
    return 1.0


@ATTACKS.add("Raised")
def forks_twice_to_be_nobodys_child(X, path, port, pid, name, outside):
    if not os.fork():
        os.setsid()
        if not os.fork():
            time.sleep(30)
        os._exit(0)
    os.wait()
    return 1.0


@ATTACKS.add("Raised", harms_its_user=True)
def forks_without_end(X, path, port, pid, name, outside):
    for _ in range(200):
        if not os.fork():
            os.setsid()
            time.sleep(5)
            os._exit(0)
    return 1.0


@ATTACKS.add(escapes=NOWHERE, harms_its_user=True, spoils_itself=True)
def forks_more_quickly_than_it_is_ended(X, path, port, pid, name, outside):
    for _ in range(20):
        if not os.fork():
            os.setsid()
            while True:
                try:
                    if os.fork():
                        os._exit(0)
                except OSError:
                    pass
    return 1.0


@ATTACKS.add(escapes=NOWHERE, harms_its_user=True, spoils_itself=True)
def stops_whoever_comes_to_end_it(X, path, port, pid, name, outside):
    for _ in range(10):
        if not os.fork():
            os.setsid()
            while True:
                try:
                    os.kill(-1, signal.SIGSTOP)
                except OSError:
                    pass
    return 1.0


@ATTACKS.add("Raised")
def runs_a_program(X, path, port, pid, name, outside):
    return subprocess.run(["/bin/true"]).returncode


@ATTACKS.add("Raised")
def runs_a_shell(X, path, port, pid, name, outside):
    return os.popen("cat " + path).read()


@ATTACKS.add("Raised")
def becomes_another_program(X, path, port, pid, name, outside):
    os.execv("/bin/sleep", ["sleep", "30"])


@ATTACKS.add("Raised")
def uses_multiprocessing(X, path, port, pid, name, outside):
    import multiprocessing as m

    with m.get_context("fork").Pool(2) as pool:
        return sum(pool.map(abs, [1, 2]))


@ATTACKS.add("Raised", escapes=NOWHERE)
def becomes_root(X, path, port, pid, name, outside):
    os.setuid(0)
    return 1.0


@ATTACKS.add("Raised")
def makes_namespaces_of_its_own(X, path, port, pid, name, outside):
    call = system_call()
    call(272, 0x10000000)
    return 1.0


@ATTACKS.add("Raised", escapes=NOWHERE)
def mounts_a_file_system(X, path, port, pid, name, outside):
    call = system_call()
    call(165, b"none", b"/", b"tmpfs", 0, 0)
    return 1.0


@ATTACKS.add("Raised")
def uses_io_uring(X, path, port, pid, name, outside):
    call = system_call()
    call(425, 8, (ctypes.c_char * 256)())
    return 1.0


@ATTACKS.add("Raised", escapes=NOWHERE)
def loads_a_program_into_the_kernel(X, path, port, pid, name, outside):
    call = system_call()
    call(321, 0, (ctypes.c_char * 256)(), 128)
    return 1.0


@ATTACKS.add("Raised")
def adds_a_key_to_the_kernels_keyring(X, path, port, pid, name, outside):
    call = system_call()
    call(248, b"user", b"k", b"v", 1, -3)
    return 1.0


@ATTACKS.add("Raised", escapes=NOWHERE)
def raises_its_own_limits(X, path, port, pid, name, outside):
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    return 1.0


@ATTACKS.add("Raised")
def connects_to_a_server_on_this_machine(X, path, port, pid, name, outside):
    s = socket.create_connection(("127.0.0.1", port), 1)
    return s.recv(64).decode()


@ATTACKS.add("Raised")
def connects_to_an_abstract_socket(X, path, port, pid, name, outside):
    s = socket.socket(socket.AF_UNIX)
    s.connect("\0" + name)
    return s.recv(64).decode()


@ATTACKS.add("Raised")
def connects_to_a_socket_in_a_folder(X, path, port, pid, name, outside):
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.path.dirname(path) + "/socket")
    return s.recv(64).decode()


@ATTACKS.add("Raised")
def listens_on_a_port(X, path, port, pid, name, outside):
    s = socket.socket()
    s.bind(("", 0))
    s.listen()
    return 1.0


@ATTACKS.add("Raised")
def sends_a_datagram(X, path, port, pid, name, outside):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))
    return 1.0


@ATTACKS.add("Raised")
def asks_for_a_name(X, path, port, pid, name, outside):
    return socket.gethostbyname("localhost")


@ATTACKS.add("Raised")
def talks_to_the_kernel_by_netlink(X, path, port, pid, name, outside):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 0))
    return 1.0


@ATTACKS.add("Raised", "protocol", escapes=NOWHERE)
def passes_a_file_descriptor_to_the_grader(X, path, port, pid, name, outside):
    import array
    from gc import get_objects

    s = next(o for o in get_objects() if type(o).__name__ == "Server")._channel
    s.sendmsg([b"SGr1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
    return 1.0

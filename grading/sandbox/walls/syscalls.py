"""The system calls that student code may make: for computing, reading files, its own threads, and no more.

The filter is compiled here, outside, and loaded inside with one ``prctl``. Any call that is not listed fails with
EPERM, so that a library that asks for more than it needs continues without it.
"""

from __future__ import annotations

import errno
import functools
import importlib
import os
import tempfile
from typing import Any

from grading.sandbox.inside.libraries import found_by_name

_ALLOWED = """
    read readv pread64 write writev pwrite64 lseek close close_range fstat newfstatat stat lstat statx
    statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents64 getcwd chdir fchdir umask dup
    mkdir mkdirat unlink unlinkat rmdir rename renameat renameat2 ftruncate fsync fdatasync flock
    mmap mprotect munmap mremap madvise brk mincore membarrier
    futex set_robust_list get_robust_list rseq sched_yield sched_getaffinity arch_prctl set_tid_address
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack rt_sigpending alarm setitimer getitimer pause
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage sysinfo uname
    getrandom getpid gettid getppid getuid geteuid getgid getegid getpgrp getpgid getsid getgroups getrlimit
    poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 pipe pipe2
    recvfrom sendto shutdown getsockopt getsockname getpeername
    restart_syscall exit exit_group
"""

# F_DUPFD to F_SETFL, the locks, F_DUPFD_CLOEXEC. Not F_SETOWN and F_SETSIG, with which the kernel would signal other
# processes on the student's behalf.
_FCNTL = (*range(8), 1030)
_CLONE_THREAD = 0x10000
# What Python and the C library ask of a file descriptor: is it a terminal, how much can be read, do not inherit it.
_IOCTL = (0x5401, 0x541B, 0x5450, 0x5451, 0x5421)


class SeccompUnavailableError(Exception):
    """The library that compiles system call filters is missing."""


@functools.cache
def compiled_filter() -> bytes:
    """Compile the filter in the form that the kernel expects (an array of ``struct sock_filter``).

    Raises:
        SeccompUnavailableError: libseccomp, or its Python binding, is missing.
    """
    try:
        pyseccomp = _pyseccomp()
    except (ImportError, OSError, RuntimeError) as error:
        raise SeccompUnavailableError(f"libseccomp cannot be used: {error}") from error
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in _ALLOWED.split():
        _allow(pyseccomp, rules, name)
    _allow(pyseccomp, rules, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))
    for command in _FCNTL:
        _allow(pyseccomp, rules, "fcntl", pyseccomp.Arg(1, pyseccomp.EQ, command))
    for request in _IOCTL:
        _allow(pyseccomp, rules, "ioctl", pyseccomp.Arg(1, pyseccomp.EQ, request))
    # Reading one's own limits; with the third argument, the call would set new ones.
    own = pyseccomp.Arg(0, pyseccomp.EQ, 0), pyseccomp.Arg(2, pyseccomp.EQ, 0)
    _allow(pyseccomp, rules, "prlimit64", *own)
    # Landlock before its third version does not notice when an open for reading truncates a file.
    for flags in (os.O_WRONLY, os.O_RDWR):
        _allow_open(pyseccomp, rules, os.O_ACCMODE, flags)
    _allow_open(pyseccomp, rules, os.O_ACCMODE | os.O_TRUNC, os.O_RDONLY)
    # Flags in memory cannot be examined; the C library then falls back to clone and openat.
    for name in ("clone3", "openat2"):
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), name)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _pyseccomp() -> Any:
    """Import pyseccomp, and libseccomp with it, wherever that is."""
    try:
        with found_by_name():
            return importlib.import_module("pyseccomp")
    except OSError:
        return importlib.import_module("pyseccomp")


def _allow_open(pyseccomp: Any, rules: Any, mask: int, flags: int) -> None:
    _allow(pyseccomp, rules, "openat", pyseccomp.Arg(2, pyseccomp.MASKED_EQ, mask, flags))
    _allow(pyseccomp, rules, "open", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, mask, flags))


def _allow(pyseccomp: Any, rules: Any, name: str, *conditions: Any) -> None:
    try:
        number = pyseccomp.resolve_syscall(pyseccomp.system_arch(), name)
    except (OSError, ValueError):
        return
    # Names that do not exist on this processor get negative numbers; there is nothing to allow.
    if number >= 0:
        rules.add_rule(pyseccomp.ALLOW, name, *conditions)
